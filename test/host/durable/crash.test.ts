import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { type HostProcess, startHostProcess } from "../../../local/faults/host-crash/host-process.ts";
import { campaign } from "../../../local/faults/host-crash.ts";
import { at } from "./durable-host.ts";

let folder: string;
let store: string;
let effects: string;
const hosts: HostProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "durable-crash-"));
  store = join(folder, "hub.db");
  effects = join(folder, "effects.log");
  await writeFile(effects, "");
});
afterEach(async () => {
  for (const it of hosts.splice(0)) {
    it.kill("SIGKILL");
    await it.ended;
  }
  await rm(folder, { recursive: true, force: true });
});

function startProcess(): HostProcess {
  const host = startHostProcess(store, effects);
  hosts.push(host);
  return host;
}

const started = (url: string, orchestrator: string, id: string): Promise<Response> =>
  fetch(`${url}/runtime/webhooks/durabletask/orchestrators/${orchestrator}/${id}`, { method: "POST" });

async function statusOf(url: string, id: string): Promise<unknown> {
  return (await fetch(`${url}/runtime/webhooks/durabletask/instances/${id}`)).json();
}

async function ended(url: string, id: string): Promise<unknown> {
  for (let round = 0; round < 4_000; round++) {
    const status = await statusOf(url, id);
    if (at(status, "runtimeStatus") === "Completed") return status;
    await delay(25);
  }
  throw new Error(`${id} did not end`);
}

/** Processes are started a dozen times, on machines that may be slow. */
const LIMIT_IN_MS = 240_000;

describe("a host process that is killed", { timeout: LIMIT_IN_MS }, () => {
  test("twelve times at moments drawn from a seed ends every instance as without it", async () => {
    const { points, failures } = await campaign.run({ seed: 3, points: 12, report: () => undefined });
    expect(failures).toEqual([]);
    expect(points).toBe(12);
  });

  test("leaves a store that the next one takes at once, and no living one shares", async () => {
    const first = startProcess();
    expect(await first.ready).toBeDefined();
    const second = startProcess();
    expect(await second.ready).toBeUndefined();
    expect((await second.ended).code).toBe(1);
    expect(second.log()).toContain("STORE_IN_USE");
    first.kill("SIGKILL");
    await first.ended;
    expect(await startProcess().ready).toBeDefined();
  });

  test("by its own activity again and again gives that one up, and its neighbours come through", async () => {
    let url = await startProcess().ready;
    await started(url ?? "", "Poisoned", "poisoned");
    let crashes = 0;
    for (;;) {
      const host = hosts.at(-1);
      const gone = host?.ended.then(() => "gone");
      const through = ended(url ?? "", "poisoned").then(
        () => "through",
        () => "gone",
      );
      if ((await Promise.race([gone, through])) === "through") break;
      crashes += 1;
      expect(crashes).toBeLessThanOrEqual(10);
      const next = startProcess();
      // It may be dead again before it has said that it is there.
      url = await next.ready;
      while (url === undefined && crashes < 11) {
        crashes += 1;
        url = await startProcess().ready;
      }
    }
    const status = await statusOf(url ?? "", "poisoned");
    expect(at(status, "output")).toEqual({
      failure:
        "Activity function 'Killer' failed: the host stopped 10 times while running it; it is not started again",
      steps: [1, 2, 3],
    });
    const lines = (await readFile(effects, "utf8")).trim().split("\n");
    expect(lines.filter((it) => it === "poisoned 0")).toHaveLength(10);
  });
});
