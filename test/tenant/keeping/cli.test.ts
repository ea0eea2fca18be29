import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetch, ProxyAgent } from "undici";
import { z } from "zod";

const CLI = fileURLToPath(new URL("../../../local/tenant/cli.ts", import.meta.url));
const Ready = z.object({
  env: z.string(),
  port: z.number(),
  proxyUrl: z.string(),
  ca: z.string(),
  tenant: z.string(),
  pid: z.number(),
});

let folder: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tourniquet-cli-"));
});
afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function spawnCli(...options: string[]): ChildProcess {
  const child = spawn(process.execPath, [CLI, "--folder", folder, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  return child;
}

async function start(...options: string[]) {
  const child = spawnCli("--json", ...options);
  if (!child.stdout) throw new Error("no output");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  return { child, ready: Ready.parse(JSON.parse(String(first.value))) };
}

async function ended(child: ChildProcess): Promise<{ code: unknown; errors: string }> {
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    errors += String(chunk);
  });
  const [code] = await once(child, "exit");
  return { code, errors };
}

/** The variables of the shell file, read as a shell would for values without odd characters. */
function variables(file: string): Record<string, string> {
  return Object.fromEntries(
    [...readFileSync(file, "utf8").matchAll(/^export (\w+)='([^']*)'$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
}

async function disableSomebody(
  { proxyUrl, ca, env }: z.infer<typeof Ready>,
  enabled: boolean | undefined,
): Promise<unknown> {
  const { AZURE_TENANT_ID = "", AZURE_CLIENT_ID = "", AZURE_CLIENT_SECRET = "" } = variables(env);
  const dispatcher = new ProxyAgent({ uri: proxyUrl, requestTls: { ca: readFileSync(ca, "utf8") } });
  const token = await fetch(`https://login.microsoftonline.com/${AZURE_TENANT_ID}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: AZURE_CLIENT_ID,
      client_secret: AZURE_CLIENT_SECRET,
      scope: "https://graph.microsoft.com/.default",
    }),
    dispatcher,
  });
  const { access_token } = z.object({ access_token: z.string() }).parse(await token.json());
  const url = "https://graph.microsoft.com/v1.0/servicePrincipals";
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  const list = await fetch(`${url}?$filter=displayName eq 'deploy-pipeline'`, { headers, dispatcher });
  const { value } = z.object({ value: z.array(z.object({ id: z.string() })) }).parse(await list.json());
  const one = `${url}/${value[0]?.id ?? ""}`;
  if (enabled !== undefined) {
    const patched = await fetch(one, {
      method: "PATCH",
      headers,
      body: JSON.stringify({ accountEnabled: enabled }),
      dispatcher,
    });
    expect(patched.status).toBe(204);
  }
  const shown = await fetch(one, { headers, dispatcher });
  const principal = z.object({ accountEnabled: z.boolean() }).parse(await shown.json());
  await dispatcher.destroy();
  return principal.accountEnabled;
}

test.each(["SIGINT", "SIGTERM"] as const)("%s ends it with exit code 0", async (signal) => {
  const { child } = await start();
  const end = ended(child);

  child.kill(signal);

  expect((await end).code).toBe(0);
});

test("killed -9 right after an answer, the next start is where it was, at the same port", async () => {
  const first = await start("--delays", "0");
  expect(await disableSomebody(first.ready, false)).toBe(false);
  const end = ended(first.child);
  first.child.kill("SIGKILL");
  await end;

  const second = await start();

  expect(second.ready.port).toBe(first.ready.port);
  expect(second.ready.tenant).toBe(first.ready.tenant);
  expect(await disableSomebody(second.ready, undefined)).toBe(false);
});

test("another scenario than the one kept needs --fresh, and says so", async () => {
  const { child } = await start();
  child.kill("SIGTERM");
  await ended(child);

  const refused = await ended(spawnCli("--scenario", "war-story"));
  const scaled = await ended(spawnCli("--scale", "apps=10"));
  const { ready } = await start("--scenario", "war-story", "--fresh");

  expect(refused.code).toBe(1);
  expect(refused.errors).toContain("--fresh");
  expect([scaled.code, scaled.errors]).toEqual([1, expect.stringContaining("--fresh")]);
  expect(ready.tenant).toMatch(/^[0-9a-f-]{36}$/);
});

test("a scenario file with mistakes ends it, with every mistake in one message", async () => {
  const refused = await ended(
    spawnCli("--scenario", fileURLToPath(new URL("../../../package.json", import.meta.url))),
  );

  expect(refused.code).toBe(1);
  expect(refused.errors).toContain("cannot be played");
  expect(refused.errors).toContain("describes:");
});
