import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Caller } from "./callers.ts";
import { environmentFor } from "./environment.ts";
import { forget, keptSource } from "./keeping/origin.ts";
import { AZURE_DELAYS, scaledDelays } from "./runtime.ts";
import { parseSize, SizeError } from "./scenario/generate/size.ts";
import { readScenario, scenarioNamesHere } from "./scenario/find.ts";
import { ScenarioError } from "./scenario/problems.ts";
import { startTenant, type TenantHandle } from "./start.ts";

const USAGE = `npm run tenant -- [options]

  --scenario NAME or FILE.json   ${scenarioNamesHere().join(", ")}; small unless given
  --port N                       of the proxy; the last one, or a free one, unless given
  --fresh                        forget what was kept and begin the scenario anew
  --scale apps=N,assignments=N,secrets=N
                                 that many more objects, for size
  --delays FACTOR                Azure's propagation and ingestion delays times that; 1 unless given, 0 for none
  --latency                      answer as slowly as Azure does
  --throttle FACTOR              throttle at the published limits times that; off unless given
  --folder FOLDER                where it is kept; .tourniquet/tenant unless given
  --json                         one JSON line when ready, and nothing else
`;

const { values } = parseArgs({
  options: {
    scenario: { type: "string" },
    port: { type: "string" },
    fresh: { type: "boolean", default: false },
    scale: { type: "string" },
    delays: { type: "string" },
    latency: { type: "boolean", default: false },
    throttle: { type: "string" },
    folder: { type: "string", default: join(".tourniquet", "tenant") },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const folder = resolve(values.folder);
  if (values.fresh) forget(folder);
  const kept = keptSource(folder);
  if (kept !== undefined && values.scenario !== undefined && kept !== values.scenario) {
    throw new CommandLineError(
      `The tenant kept in ${folder} plays ${kept}. Add --fresh to begin ${values.scenario} instead.`,
    );
  }
  for (const option of ["scale", "delays"] as const) {
    // They decide what everything kept so far means, so they cannot change under it.
    if (kept !== undefined && values[option] !== undefined) {
      throw new CommandLineError(
        `--${option} is settled when a tenant begins. Add --fresh to begin ${kept} anew with it.`,
      );
    }
  }
  // A scenario that cannot be read should say so before anything is written.
  if (kept === undefined) readScenario(values.scenario ?? "small");
  const tenant = await startTenant({
    stateFolder: folder,
    delays: scaledDelays(AZURE_DELAYS, numberOf("--delays", values.delays ?? "1")),
    latency: values.latency ? "azure" : "none",
    ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
    ...(values.port === undefined ? {} : { port: numberOf("--port", values.port) }),
    ...(values.throttle === undefined ? {} : { throttling: numberOf("--throttle", values.throttle) }),
    ...(values.scale === undefined ? {} : { generate: parseSize(values.scale) }),
  });
  const stop = () => {
    tenant.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const files = writeShellFiles(tenant, folder);
  if (values.json) console.log(JSON.stringify(readyLine(tenant, files)));
  else console.log(readyText(tenant, files));
}

/** What was typed cannot be done; the message is for whoever typed it. */
class CommandLineError extends Error {
  override readonly name = "CommandLineError";
  readonly code = "COMMAND_LINE";
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new CommandLineError(`${option} needs a number, not "${text}"`);
  return value;
}

interface ShellFiles {
  readonly sh: string;
  readonly ps1: string;
}

/** For a person's shell: the environment, and a folder of its own for `az`, so that nobody's real sign-in is touched. */
function writeShellFiles(tenant: TenantHandle, folder: string): ShellFiles {
  const azFolder = join(folder, "az");
  if (!existsSync(azFolder)) mkdirSync(azFolder, { recursive: true, mode: 0o700 });
  const variables = Object.entries({ ...environmentFor(tenant), AZURE_CONFIG_DIR: azFolder });
  const files = { sh: join(folder, "env.sh"), ps1: join(folder, "env.ps1") };
  const sh = variables.map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`,
  );
  const ps1 = variables.map(([name, value]) => `$env:${name} = '${value.replaceAll("'", "''")}'\n`);
  writeFileSync(files.sh, sh.join(""), { mode: 0o600 });
  writeFileSync(files.ps1, ps1.join(""), { mode: 0o600 });
  return files;
}

function readyLine(tenant: TenantHandle, files: ShellFiles) {
  return {
    env: files.sh,
    port: tenant.port,
    proxyUrl: tenant.proxyUrl,
    ca: tenant.caFile,
    identityEndpoint: tenant.identityEndpoint,
    tenant: tenant.tenant.id,
    scenario: tenant.scenario.name,
    subscriptions: [...tenant.state.azure.subscriptions.values()].map(({ id, displayName }) => ({
      id,
      displayName,
    })),
    suspect: tenant.scenario.truth?.suspect ?? null,
    settings: tenant.productSettings(),
    callers: Object.fromEntries(
      Object.entries(tenant.callers).map(([name, caller]: [string, Caller]) => [
        name,
        { objectId: caller.objectId, appId: caller.appId, token: caller.token() },
      ]),
    ),
    pid: process.pid,
  };
}

function readyText(tenant: TenantHandle, files: ShellFiles): string {
  const { suspect } = tenant.scenario.truth ?? {};
  const source = process.platform === "win32" ? `. ${files.ps1}` : `. ${files.sh}`;
  return `The stand-in tenant is up: ${tenant.scenario.name} (${tenant.tenant.displayName}, ${tenant.tenant.id})
  ${tenant.scenario.describes}

In another shell:
  ${source}
  az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID"
  az monitor activity-log list --offset 7d --query "[].{at:eventTimestamp,what:operationName.value,who:caller}" -o table
  az ad sp show --id ${suspect?.appId ?? suspect?.objectId ?? "ID"}

Proxy ${tenant.proxyUrl}, kept in ${values.folder}. Ctrl-C stops it; the next start goes on where it was (--fresh begins anew).`;
}

if (values.help) {
  process.stdout.write(USAGE);
} else {
  await main().catch((error: unknown) => {
    const isMistake =
      error instanceof ScenarioError || error instanceof SizeError || error instanceof CommandLineError;
    console.error(isMistake ? error.message : error);
    process.exitCode = 1;
  });
}
