import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { Driver, type ShownStatus } from "./driver.ts";
import { type HostProcess, startHostProcess } from "./host-process.ts";
import { type Job, jobs } from "./workload.ts";

/** Whatever ran when the host died may run again: as many as the host runs at once. */
const ACTIVITIES_AT_ONCE = 10;

const END_LIMIT_IN_MS = 60_000;

export interface RoundOptions {
  readonly name: string;
  readonly kills: number;
  /** A number from 0 up to 1, the same sequence for the same seed. */
  readonly random: () => number;
}

/** Kills the host again and again on one store, lets it end in peace, and says what is not as without the kills. */
export async function crashRound({ name, kills, random }: RoundOptions): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "host-crash-"));
  const logFile = join(folder, "effects.log");
  const storeFile = join(folder, "hub.db");
  await writeFile(logFile, "");
  const driver = new Driver();
  const started: Job[] = [];
  try {
    for (let kill = 0; kill < kills; kill++) {
      const host = startHostProcess(storeFile, logFile);
      const added = jobs(`${name}-${kill}`);
      for (const it of added) driver.add(it);
      started.push(...added);
      const problem = await killSometime(host, driver, random);
      if (problem !== undefined) return [`${name}, kill ${kill}: ${problem}`];
    }
    return await finish(name, kills, { storeFile, logFile, driver, started });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Mostly while it works; now and then already while it starts. */
async function killSometime(
  host: HostProcess,
  driver: Driver,
  random: () => number,
): Promise<string | undefined> {
  const whileStarting = random() < 0.1;
  const afterMs = random() * (whileStarting ? 600 : 250);
  if (!whileStarting) {
    const url = await host.ready;
    if (url === undefined) return `the host did not start: ${host.log()}`;
    void driver.deliver(url).catch(() => undefined);
  }
  await delay(afterMs);
  host.kill("SIGKILL");
  const { code, signal } = await host.ended;
  return signal === "SIGKILL" ? undefined : `the host ended by itself with code ${code}: ${host.log()}`;
}

interface Round {
  readonly storeFile: string;
  readonly logFile: string;
  readonly driver: Driver;
  readonly started: readonly Job[];
}

async function finish(
  name: string,
  kills: number,
  { storeFile, logFile, driver, started }: Round,
): Promise<readonly string[]> {
  const host = startHostProcess(storeFile, logFile);
  try {
    const url = await host.ready;
    if (url === undefined) return [`${name}: the last host did not start: ${host.log()}`];
    await driver.deliver(url);
    const failures: string[] = [];
    for (const job of started) {
      const end = await driver.end(url, job.id, END_LIMIT_IN_MS);
      failures.push(...differences(job, end));
    }
    const effects = (await readFile(logFile, "utf8")).split("\n").filter((it) => it !== "");
    failures.push(...effectDifferences(name, kills, started, effects));
    host.kill("SIGTERM");
    const { code } = await host.ended;
    if (code !== 0) failures.push(`${name}: a host told to stop ended with code ${code}`);
    return failures;
  } finally {
    host.kill("SIGKILL");
    await host.ended;
  }
}

function differences(job: Job, end: ShownStatus | undefined): readonly string[] {
  if (end === undefined) return [`${job.id} did not end`];
  if (end.runtimeStatus !== "Completed")
    return [`${job.id} ended ${end.runtimeStatus}: ${JSON.stringify(end.output)}`];
  const found: string[] = [];
  const expected = JSON.stringify({ steps: job.expected });
  if (JSON.stringify(end.output) !== expected)
    found.push(`${job.id} gave ${JSON.stringify(end.output)}, not ${expected}`);
  for (const [kind, count] of Object.entries(job.history ?? {})) {
    const held = end.historyEvents?.filter((it) => it.EventType === kind).length;
    if (held !== count) found.push(`${job.id} has ${held} ${kind} in its history, not ${count}`);
  }
  return found;
}

/** Every effect happened, in its order, and no more often than kills explain. */
function effectDifferences(
  name: string,
  kills: number,
  started: readonly Job[],
  effects: readonly string[],
): readonly string[] {
  const found: string[] = [];
  const times = new Map<string, number>();
  for (const it of effects) times.set(it, (times.get(it) ?? 0) + 1);
  let repeated = 0;
  for (const { instance, step, atLeast } of started.flatMap((it) => it.effects)) {
    const happened = times.get(`${instance} ${step}`) ?? 0;
    if (happened < atLeast)
      found.push(`${instance}: step ${step} happened ${happened} times, not ${atLeast}`);
    repeated += Math.max(0, happened - atLeast);
    times.delete(`${instance} ${step}`);
  }
  for (const it of times.keys()) found.push(`${name}: '${it}' happened and nobody asked for it`);
  if (repeated > kills * ACTIVITIES_AT_ONCE)
    found.push(`${name}: ${repeated} activities ran again after ${kills} kills`);
  for (const instance of started.flatMap((it) => it.inOrder)) {
    const steps = effects.filter((it) => it.startsWith(`${instance} `)).map((it) => Number(it.split(" ")[1]));
    if (steps.some((step, index) => step < (steps[index - 1] ?? 0)))
      found.push(`${instance}: a step that was over ran again: ${steps.join(" ")}`);
  }
  return found;
}
