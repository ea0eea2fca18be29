import { copyFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as df from "durable-functions";
import { expect, test } from "vitest";

import { durableApp } from "./durable-host.ts";

interface Step {
  readonly step: string;
  readonly fails?: number;
}

/** Called as an activity begins and as it ends: the moments between two commits of the store. */
let atMoment: () => void = () => undefined;
const made = new Map<string, number>();

const start = durableApp(() => {
  df.app.activity("Do", {
    handler: ({ step, fails = 0 }: Step) => {
      atMoment();
      const times = (made.get(step) ?? 0) + 1;
      made.set(step, times);
      if (times <= fails) throw new Error(`${step} fails`);
      return step;
    },
  });
  df.app.orchestration("Everything", function* (context) {
    const { round, seen } = context.df.getInput<{ round: number; seen: string[] }>();
    const retry = new df.RetryOptions(1, 8);
    const soon = new Date(context.df.currentUtcDateTime.getTime() + 2);
    const wide: unknown[] = yield context.df.Task.all([
      context.df.callActivity("Do", { step: `${round}-a` }),
      context.df.callActivityWithRetry("Do", retry, { step: `${round}-b`, fails: 2 }),
      context.df.callSubOrchestrator("Child", { round }, `${context.df.instanceId}-kid-${round}`),
      context.df.createTimer(soon),
    ]);
    seen.push(...wide.filter((it) => typeof it === "string"));
    const event: unknown = yield context.df.waitForExternalEvent(`go ${round}`);
    seen.push(`event ${JSON.stringify(event)}`);
    if (round < 2) {
      context.df.continueAsNew({ round: round + 1, seen });
      return undefined;
    }
    return seen;
  });
  df.app.orchestration("Child", function* (context) {
    const { round } = context.df.getInput<{ round: number }>();
    yield context.df.callActivity("Do", { step: `${round}-c` });
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 1));
    return yield context.df.callActivity("Do", { step: `${round}-d` });
  });
});

test("a copy of the store taken at any moment between commits ends as the original did", async () => {
  const folder = await mkdtemp(join(tmpdir(), "durable-snapshots-"));
  const store = join(folder, "hub.db");
  const copies: string[] = [];
  const copy = (): void => {
    const to = join(folder, `copy-${copies.length}.db`);
    copyFileSync(store, to);
    copyFileSync(`${store}-wal`, `${to}-wal`);
    copies.push(to);
  };
  const expected = [0, 1, 2].flatMap((round) => [`${round}-a`, `${round}-b`, `${round}-d`, `event ${round}`]);
  try {
    {
      await using host = await start({ store });
      atMoment = copy;
      await host.client.startNew("Everything", { instanceId: "it", input: { round: 0, seen: [] } });
      copy();
      for (const round of [0, 1, 2]) {
        await host.client.raiseEvent("it", `go ${round}`, round);
        copy();
      }
      expect((await host.end("it")).output).toEqual(expected);
      atMoment = () => undefined;
    }
    expect(copies.length).toBeGreaterThan(15);
    for (const [index, from] of copies.entries()) {
      made.clear();
      await using host = await start({ store: from });
      // Raised once more, whether the copy has them or not: an event nobody waits for does no harm.
      for (const round of [0, 1, 2]) await host.client.raiseEvent("it", `go ${round}`, round);
      expect([index, (await host.end("it")).output]).toEqual([index, expected]);
    }
  } finally {
    atMoment = () => undefined;
    await rm(folder, { recursive: true, force: true });
  }
});
