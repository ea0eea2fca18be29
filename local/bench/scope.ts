import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { azureAs } from "../../src/azure/azure.ts";
import type { Subject } from "../../src/case/subject.ts";
import { resolveSubjects } from "../../src/scope/resolve/resolve.ts";
import { takeScope } from "../../src/scope/take-scope.ts";
import { PRODUCT } from "../tenant/scenario/product.ts";
import { startTenant } from "../tenant/start.ts";
import { alwaysAfter } from "../tenant/weather/latency.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { longestChain, spanOf } from "./measure/chain.ts";
import type { TakeWish } from "./scope/take-process.ts";

const LATENCY_IN_MS = 250;
const SECRETS = 60;
const GROUPS = 40;
const ASSIGNMENTS = 300;
const VAULTS = 80;
const SECRETS_A_VAULT = 25;

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** One principal with much of everything. */
function bigScenario(): object {
  const groups = numbered(GROUPS, (index) => ({
    name: `group-${index}`,
    // Chains of ten, so that most are transitive.
    members: index % 10 === 0 ? ["servicePrincipal.big"] : [`group.group-${index - 1}`],
  }));
  return {
    name: "big",
    describes:
      "One principal with 60 credentials, 40 groups, 300 role assignments and 2,000 secrets in reach.",
    tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
    directory: {
      applications: [
        {
          name: "big",
          secrets: numbered(SECRETS, (index) => ({ name: `secret-${index}`, start: "-100d", end: "+100d" })),
        },
      ],
      groups,
    },
    azure: {
      subscriptions: [{ name: "prod" }],
      resourceGroups: numbered(ASSIGNMENTS, (index) => ({ name: `rg-${index}` })),
      resources: numbered(VAULTS, (index) => ({
        type: "Microsoft.KeyVault/vaults",
        name: `kv-${index}`,
        resourceGroup: `rg-${index}`,
        properties: {
          tenantId: "{{tenant.id}}",
          sku: { family: "A", name: "standard" },
          vaultUri: `https://kv-${index}.vault.azure.net/`,
          enableRbacAuthorization: true,
          accessPolicies: [],
        },
      })),
      roleAssignments: numbered(ASSIGNMENTS, (index) => ({
        principal: index % 2 === 0 ? "servicePrincipal.big" : `group.group-${index % GROUPS}`,
        role: index < VAULTS ? "Key Vault Secrets User" : "Contributor",
        scope: `prod/rg-${index}`,
      })),
    },
    vaults: Object.fromEntries(
      numbered(VAULTS, (vault) => [
        `kv-${vault}`,
        {
          secrets: Object.fromEntries(
            numbered(SECRETS_A_VAULT, (index) => [`secret-${index}`, { versions: [{}] }]),
          ),
        },
      ]),
    ),
    history: [
      {
        what: "sign-in",
        at: "-10d",
        every: "12h",
        who: "servicePrincipal.big",
        from: "198.51.100.20",
        secret: "big.secret-0",
      },
    ],
  };
}

async function run(): Promise<readonly BenchRow[]> {
  await using tenant = await startTenant({
    scenario: bigScenario(),
    latency: alwaysAfter(LATENCY_IN_MS),
  });
  using entered = new DisposableStack();
  entered.use(tenant.enterProcess());
  const azure = azureAs(tenant.names.guid("clientId", PRODUCT.reader));
  const window = { from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date().toISOString() };
  const workspaceIds = [...tenant.state.logs.workspaces.keys()];
  const subject: Subject = {
    kind: "guid",
    value: tenant.names.guid("servicePrincipal", "big"),
    role: "suspect",
    seenAt: "bench",
  };
  const take = async () => {
    const resolution = await resolveSubjects(azure, [subject], {
      protectedIds: new Set(),
      window,
      workspaceIds,
    });
    tenant.requests.clear();
    const began = performance.now();
    const { scope } = await takeScope(azure, { caseId: "bench", resolution, window, workspaceIds });
    return {
      scope,
      inMs: performance.now() - began,
      entries: [...tenant.requests.entries],
      total: tenant.requests.total,
    };
  };
  // The first brings the tokens and warms up the stand-in's query parser.
  await take();
  const { scope, inMs, entries, total } = await take();
  const alone = await takenAlone(tenant.env(), {
    readerClientId: tenant.names.guid("clientId", PRODUCT.reader),
    subject,
    window,
    workspaceIds,
  });
  const [principal] = scope.principals;
  const chain = longestChain(entries.map(spanOf));
  return [
    { measure: "credentials", value: principal?.passwords.length ?? 0, unit: "" },
    { measure: "groups", value: principal?.groups.length ?? 0, unit: "" },
    { measure: "role assignments", value: principal?.roleAssignments.length ?? 0, unit: "" },
    {
      measure: "secrets in reach",
      value: scope.reach.filter(({ kind }) => kind === "vault-secret").length,
      unit: "",
    },
    { measure: "requests", value: total, unit: "" },
    { measure: "longest chain of requests that waited for one another", value: chain, unit: "requests" },
    { measure: `wall time at ${LATENCY_IN_MS} ms a request`, value: inMs, unit: "ms" },
    { measure: "wall time over chain × latency", value: inMs / (chain * LATENCY_IN_MS), unit: "ratio" },
    {
      measure: "memory at most, of a process that only takes the scope",
      value: alone.maxRssInMiB,
      unit: "MiB",
      note: `${alone.reach} things in reach`,
    },
  ];
}

const Alone = z.object({ maxRssInMiB: z.number(), reach: z.number() });

/** The same scope once more in a process of its own, whose memory holds nothing of the stand-in. */
async function takenAlone(env: Readonly<Record<string, string>>, wish: TakeWish) {
  const program = join(import.meta.dirname, "scope/take-process.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(wish)], {
    env: { ...process.env, ...env },
    timeout: 120_000,
  });
  return Alone.parse(JSON.parse(stdout));
}

export const bench: Bench = {
  name: "scope",
  describes: "the scope of one large principal, from the stand-in's request log",
  run,
};
