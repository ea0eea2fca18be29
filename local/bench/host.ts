import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { app } from "@azure/functions";
import * as df from "durable-functions";

import { type RunningHost, startHost } from "../host/host.ts";
import type { Bench, BenchRow } from "./bench.ts";

const ACTIVITIES = 1_000;
const STEPS = 100;
const BATCH = 100;
const STARTS = 30;

export const bench: Bench = {
  name: "host",
  describes: "the embedded host: activities and episodes, on the store in memory and the one on disk",
  run,
};

/** When an activity called First began, by the id of its instance. */
const firstActivityAt = new Map<string, number>();

function register(): void {
  df.app.activity("Square", { handler: (n: number) => n * n });
  df.app.activity("First", {
    handler: ({ instance }: { instance: string }) => {
      firstActivityAt.set(instance, performance.now());
      return {};
    },
  });
  df.app.orchestration("FanOut", function* (context) {
    const { n } = context.df.getInput<{ n: number }>();
    const results: number[] = yield context.df.Task.all(
      Array.from({ length: n }, (_, i) => context.df.callActivity("Square", i)),
    );
    return { n: results.length };
  });
  df.app.orchestration("Batches", function* (context) {
    const { batches } = context.df.getInput<{ batches: number }>();
    const results: { n: number }[] = yield context.df.Task.all(
      Array.from({ length: batches }, () => context.df.callSubOrchestrator("FanOut", { n: BATCH })),
    );
    return { n: results.reduce((sum, it) => sum + it.n, 0) };
  });
  df.app.orchestration("Sequence", function* (context) {
    const { n } = context.df.getInput<{ n: number }>();
    for (let i = 0; i < n; i++) yield context.df.callActivity("Square", i);
    return { n };
  });
  df.app.orchestration("One", function* (context) {
    yield context.df.callActivity("First", { instance: context.df.instanceId });
  });
  app.http("begin", {
    methods: ["POST"],
    route: "begin/{name}/{id}",
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) => {
      const { name = "", id: instanceId = "" } = request.params;
      await df.getClient(context).startNew(name, { instanceId, input: await request.json() });
      return { status: 202 };
    },
  });
}

async function run(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-host-"));
  try {
    // Once unmeasured, so that neither store pays for the code being compiled.
    await measureOn(":memory:");
    const memory = await measureOn(":memory:");
    const disk = await measureOn(join(folder, "hub.db"));
    return [
      ...rows("in memory", memory),
      ...rows("on disk", disk),
      ratio("activities a second", memory.activitiesPerSecond, disk.activitiesPerSecond),
      ratio("steps in sequence a second", memory.stepsPerSecond, disk.stepsPerSecond),
      ratio("start to first activity", disk.startToFirstInMs, memory.startToFirstInMs),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Figures {
  readonly activitiesPerSecond: number;
  readonly stepsPerSecond: number;
  readonly episodesOfHundred: number;
  readonly episodesOfThousand: number;
  readonly startToFirstInMs: number;
  readonly memoryInMb: number;
}

async function measureOn(store: string): Promise<Figures> {
  let episodes = 0;
  const host = await startHost({
    app: register,
    store,
    log: ({ category }) => {
      if (category === "Function.FanOut" || category === "Function.Batches") episodes += 1;
    },
  });
  try {
    const inBatches = await timed(() => runToEnd(host, "Batches", "wide", { batches: ACTIVITIES / BATCH }));
    const episodesOfThousand = episodes;
    episodes = 0;
    await runToEnd(host, "FanOut", "hundred", { n: BATCH });
    const episodesOfHundred = episodes;
    const inSequence = await timed(() => runToEnd(host, "Sequence", "long", { n: STEPS }));
    const startToFirstInMs = await startToFirst(host);
    return {
      activitiesPerSecond: ACTIVITIES / inBatches,
      stepsPerSecond: STEPS / inSequence,
      episodesOfHundred,
      episodesOfThousand,
      startToFirstInMs,
      memoryInMb: process.memoryUsage().rss / 2 ** 20,
    };
  } finally {
    await host.stop();
  }
}

/** The median, from the moment the HTTP request that starts an orchestration is sent. */
async function startToFirst(host: RunningHost): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const id = `first-${i}`;
    const sentAt = performance.now();
    await runToEnd(host, "One", id, {});
    times.push((firstActivityAt.get(id) ?? Number.NaN) - sentAt);
  }
  return times.toSorted((one, other) => one - other)[Math.floor(STARTS / 2)] ?? Number.NaN;
}

async function runToEnd(host: RunningHost, name: string, id: string, input: unknown): Promise<void> {
  const begun = await fetch(`${host.url}/api/begin/${name}/${id}`, {
    method: "POST",
    body: JSON.stringify(input),
  });
  if (begun.status !== 202) throw new Error(`starting ${name} answered ${begun.status}`);
  for (;;) {
    const status = await fetch(`${host.url}/runtime/webhooks/durabletask/instances/${id}`);
    const text = await status.text();
    if (status.status === 200) {
      if (text.includes('"Completed"')) return;
      throw new Error(`${name} did not complete: ${text}`);
    }
    await delay(2);
  }
}

/** Seconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

function rows(where: string, figures: Figures): BenchRow[] {
  const wide = `${ACTIVITIES} in ${ACTIVITIES / BATCH} sub-orchestrations of ${BATCH}`;
  return [
    {
      measure: `activities, ${where}`,
      value: figures.activitiesPerSecond,
      unit: "per second",
      note: wide,
    },
    { measure: `steps in sequence, ${where}`, value: figures.stepsPerSecond, unit: "per second" },
    {
      measure: `episodes of a fan-out of ${BATCH}, ${where}`,
      value: figures.episodesOfHundred,
      unit: "episodes",
    },
    {
      measure: `episodes of a fan-out of ${ACTIVITIES}, ${where}`,
      value: figures.episodesOfThousand,
      unit: "episodes",
      note: wide,
    },
    {
      measure: `HTTP start to first activity, ${where}`,
      value: figures.startToFirstInMs,
      unit: "ms",
      note: "median",
    },
    {
      measure: `memory of the process, ${where}`,
      value: figures.memoryInMb,
      unit: "MB",
      note: "host, app and this bench",
    },
  ];
}

function ratio(measure: string, better: number, worse: number): BenchRow {
  return { measure: `disk costs, ${measure}`, value: better / worse, unit: "times memory" };
}
