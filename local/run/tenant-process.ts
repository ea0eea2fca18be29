import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { environmentFor } from "../tenant/environment.ts";
import { AZURE_DELAYS, scaledDelays } from "../tenant/runtime.ts";
import { type Adversary, startAdversary } from "../tenant/adversary.ts";
import { startTenant, type TenantHandle } from "../tenant/start.ts";
import { alwaysAfter } from "../tenant/weather/latency.ts";
import { accessFacts } from "./access-facts.ts";
import { credentialsHeld } from "./credentials-held.ts";
import type {
  TenantAnswer,
  TenantHit,
  TenantQuestion,
  TenantReady,
  TenantWeather,
  TenantWish,
} from "./tenant-talk.ts";

/**
 * The stand-in tenant as a process of its own, which talks to whoever started it over Node's channel: when it is ready,
 * and what it has seen. Ends with its parent.
 */
const wish: TenantWish = JSON.parse(process.argv[2] ?? "{}");
const tenant = await startTenant({
  stateFolder: wish.folder,
  scenario: wish.scenario,
  delays: scaledDelays(AZURE_DELAYS, wish.delays),
  latency: wish.latencyInMs === undefined ? "none" : alwaysAfter(wish.latencyInMs),
  ...(wish.tokenLifetimes === undefined ? {} : { tokenLifetimes: wish.tokenLifetimes }),
});
let adversary: Adversary | undefined;
const envFile = join(wish.folder, "env.sh");
writeFileSync(
  envFile,
  Object.entries(environmentFor(tenant))
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`)
    .join(""),
  { mode: 0o600 },
);
say(ready(tenant));

process.on("message", (question: TenantQuestion | TenantWeather) => {
  switch (question.ask) {
    case "weather": {
      const { id, rule } = question;
      tenant.faults.clear();
      if (rule !== null) {
        const { hit } = tenant.faults.add(rule);
        void hit.then(({ method, url }) =>
          say({ kind: "hit", id, operation: `${method} ${url.host}${url.pathname}` }),
        );
      }
      say({ kind: "answer", id, seen: null });
      return;
    }
    case "seen":
    case "requests":
    case "credentials":
      say({
        kind: "answer",
        id: question.id,
        seen: {
          access: accessFacts(tenant),
          truth: tenant.scenario.truth ?? null,
          ...(question.ask === "credentials" ? { credentials: credentialsHeld(tenant) } : {}),
          requests: tenant.requests.byService(),
          asked: tenant.requests.asked(),
          ...(question.ask === "requests" ? { log: tenant.requests.entries } : {}),
          refused: tenant.refused.map(({ host }) => host),
          defects: tenant.defects.map(String),
          adversary:
            adversary === undefined
              ? null
              : {
                  lastSuccess: adversary.lastSuccess(),
                  attempts: adversary.attempts.length,
                  lastRound: lastRoundOf(adversary),
                },
        },
      });
      return;
    case "attack": {
      const { attack } = tenant.scenario;
      if (attack !== undefined) adversary ??= startAdversary(tenant, attack);
      say({ kind: "answer", id: question.id, seen: null });
      return;
    }
    case "re-enable": {
      const { servicePrincipals } = tenant.state.directory;
      const suspect = servicePrincipals.get(tenant.scenario.truth?.suspect.objectId ?? "");
      if (suspect) servicePrincipals.put({ ...suspect, accountEnabled: true }, tenant.tenant.clock.now());
      say({ kind: "answer", id: question.id, seen: null });
      return;
    }
    case "old-secrets":
      for (const { secrets } of tenant.state.vaults.vaults.values()) {
        for (const { versions } of secrets.values()) for (const version of versions) version.enabled = true;
      }
      say({ kind: "answer", id: question.id, seen: null });
      return;
    case "calm":
      void adversary?.stop().then(() => say({ kind: "answer", id: question.id, seen: null }));
      return;
    default:
      question satisfies never;
  }
});
process.on("disconnect", () => void stop());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop());

function lastRoundOf({ attempts }: Adversary) {
  const round = attempts.slice(-(tenant.scenario.attack?.capabilities.length ?? 0));
  return round
    .filter(({ succeeded }) => succeeded)
    .map(({ capability, withOldToken }) => ({ capability, withOldToken }));
}

async function stop(): Promise<void> {
  await adversary?.stop();
  await tenant.stop();
  process.exit(0);
}

function say(message: TenantReady | TenantAnswer | TenantHit): void {
  process.send?.(message);
}

function ready(handle: TenantHandle): TenantReady {
  const { callers } = handle;
  return {
    kind: "ready",
    proxyUrl: handle.proxyUrl,
    envFile,
    env: handle.env(),
    alert: handle.scenario.alert?.body ?? null,
    product: handle.productSettings(),
    callers: {
      playbook: { token: callers.playbook.token() },
      responder: { token: callers.responder.token() },
      approver: { token: callers.approver.token() },
      reader: { token: callers.reader.token() },
    },
    unwelcome: {
      expired: callers.responder.token({ lifetimeInS: -60 }),
      forAnother: callers.responder.token({ resource: "https://management.azure.com" }),
    },
  };
}
