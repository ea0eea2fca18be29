import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

const root = resolve(import.meta.dirname, "../..");
const Ready = z.object({
  api: z.url(),
  tenant: z.url(),
  env: z.string(),
  pids: z.object({ host: z.number(), tenant: z.number(), storage: z.number() }),
  callers: z.object({
    playbook: z.object({ token: z.string() }),
    responder: z.object({ token: z.string() }),
    approver: z.object({ token: z.string() }),
    reader: z.object({ token: z.string() }),
  }),
});
type Ready = z.infer<typeof Ready>;
const Opened = z.object({ caseId: z.string() });

interface Started {
  readonly child: ChildProcess;
  readonly ready: Ready;
}

/** `npm start -- --json` in a folder of its own, so that a developer's kept state is left alone. */
async function start(folder: string, ...args: readonly string[]): Promise<Started> {
  const child = spawn(
    process.execPath,
    [
      join(root, "local/start.ts"),
      "--json",
      "--scenario",
      "small",
      "--delays",
      "0",
      "--folder",
      folder,
      ...args,
    ],
    { stdio: ["ignore", "pipe", "inherit"], cwd: root },
  );
  const [line] = await once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(60_000) });
  return { child, ready: Ready.parse(JSON.parse(String(line))) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function end({ child }: Started, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
  return child.exitCode;
}

describe("npm start", () => {
  let folder: string;
  const running = new Set<Started>();
  const begin = async (...args: readonly string[]) => {
    const started = await start(folder, ...args);
    running.add(started);
    return started;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tourniquet-start-"));
  });
  afterAll(async () => {
    for (const it of running) {
      if (it.child.exitCode === null && it.child.signalCode === null) await end(it, "SIGKILL");
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test("a case opened before a stop is there after the next start, and nothing is left running in between", async () => {
    const first = await begin();
    const headers = {
      authorization: `Bearer ${first.ready.callers.responder.token}`,
      "content-type": "application/json",
    };
    const opened = await fetch(`${first.ready.api}/cases`, {
      method: "POST",
      headers,
      body: JSON.stringify({
        subjects: ["7b1f9f0e-9c44-4c4e-8f43-0d6f6f1e2a11"],
        mode: "observe",
        reason: "Nobody has this id; the case says so and ends.",
      }),
    });
    expect(opened.status).toBe(202);
    const { caseId } = Opened.parse(await opened.json());

    expect(await end(first, "SIGTERM")).toBe(0);
    for (const pid of Object.values(first.ready.pids)) expect(isAlive(pid)).toBe(false);

    const second = await begin();
    const found = await fetch(`${second.ready.api}/cases/${caseId}`, {
      headers: { authorization: `Bearer ${second.ready.callers.reader.token}` },
    });
    expect(found.status).toBe(200);
    expect(await end(second, "SIGINT")).toBe(0);
  }, 120_000);

  test("one that is killed is up again at the same place, and ends with its parent even when that is killed", async () => {
    const started = await begin();
    const { api, pids } = started.ready;
    process.kill(pids.host, "SIGKILL");
    await expect
      .poll(async () => (await fetch(`${api}/health`).catch(() => null))?.status, {
        timeout: 60_000,
        interval: 200,
      })
      .toBe(200);
    await end(started, "SIGKILL");
    await expect
      .poll(() => [pids.tenant, pids.storage].some(isAlive), { timeout: 20_000, interval: 200 })
      .toBe(false);
    await expect
      .poll(async () => (await fetch(`${api}/health`).catch(() => null)) === null, {
        timeout: 20_000,
        interval: 200,
      })
      .toBe(true);
  }, 150_000);

  test("a call without a token is refused, and one without the role too", async () => {
    const started = await begin();
    const bare = await fetch(`${started.ready.api}/cases`);
    expect(bare.status).toBe(401);
    const wrong = await fetch(`${started.ready.api}/cases`, {
      headers: { authorization: `Bearer ${started.ready.callers.playbook.token}` },
    });
    expect(wrong.status).toBe(403);
    expect(await end(started, "SIGTERM")).toBe(0);
  }, 120_000);
});
