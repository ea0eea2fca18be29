import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as df from "durable-functions";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { durableApp, fastForward, stoppedClock, PATIENTLY } from "./durable-host.ts";

const HOUR = 3_600_000;

let performed: string[] = [];
/** Activities called Held end only when this is settled. */
let held = Promise.withResolvers<void>();

const start = durableApp(() => {
  df.app.activity("Do", {
    handler: ({ step }: { step: string }) => {
      performed.push(step);
      return { step };
    },
  });
  df.app.activity("Held", {
    handler: async ({ step }: { step: string }) => {
      performed.push(step);
      await held.promise;
      return { step };
    },
  });
  df.app.orchestration("Stages", function* (context) {
    yield context.df.callActivity("Do", { step: "one" });
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + HOUR));
    yield context.df.callActivity("Do", { step: "two" });
    const answer: unknown = yield context.df.waitForExternalEvent("answer");
    yield context.df.callActivity("Do", { step: "three" });
    return { answer };
  });
  df.app.orchestration("Holds", function* (context) {
    return yield context.df.callActivity("Held", { step: "held" });
  });
  df.app.orchestration("ParentOfStages", function* (context) {
    return yield context.df.callSubOrchestrator("Stages", null, `${context.df.instanceId}-kid`);
  });
  df.app.orchestration("Rounds", function* (context) {
    const { i } = context.df.getInput<{ i: number }>();
    yield context.df.callActivity("Do", { step: `round ${i}` });
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + HOUR));
    if (i < 3) {
      context.df.continueAsNew({ i: i + 1 });
      return undefined;
    }
    return { i };
  });
});

let folder: string;
let store: string;
beforeEach(async () => {
  performed = [];
  held = Promise.withResolvers();
  folder = await mkdtemp(join(tmpdir(), "durable-restart-"));
  store = join(folder, "hub.db");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a host that is stopped and started again", () => {
  test("goes on with every instance where it was, and repeats nothing", async () => {
    const clock = stoppedClock();
    {
      await using host = await start({ store, clock });
      await host.client.startNew("Stages", { instanceId: "stages" });
      await host.quiet();
    }
    {
      await using host = await start({ store, clock });
      await host.quiet();
      await clock.advance(HOUR);
      await host.quiet();
    }
    expect(performed).toEqual(["one", "two"]);
    {
      await using host = await start({ store, clock });
      await host.client.raiseEvent("stages", "answer", { yes: true });
      expect((await host.end("stages")).output).toEqual({ answer: { yes: true } });
    }
    expect(performed).toEqual(["one", "two", "three"]);
  });

  test("fires the timers that fell due while it was away", async () => {
    const clock = stoppedClock();
    {
      await using host = await start({ store, clock });
      await host.client.startNew("Rounds", { instanceId: "rounds", input: { i: 1 } });
      await host.quiet();
    }
    await clock.advance(10 * HOUR);
    await using host = await start({ store, clock });
    const { status } = await fastForward(host, clock, "rounds", 4 * HOUR);
    expect(status.output).toEqual({ i: 3 });
    expect(performed).toEqual(["round 1", "round 2", "round 3"]);
  });

  test("keeps events that were raised before the stop", async () => {
    const clock = stoppedClock();
    {
      await using host = await start({ store, clock });
      await host.client.startNew("Stages", { instanceId: "early" });
      await host.client.raiseEvent("early", "answer", "kept");
      await host.quiet();
    }
    await using host = await start({ store, clock });
    const { status } = await fastForward(host, clock, "early", 2 * HOUR);
    expect(status.output).toEqual({ answer: "kept" });
  });

  test("still tells a parent what its child came to", async () => {
    const clock = stoppedClock();
    {
      await using host = await start({ store, clock });
      await host.client.startNew("ParentOfStages", { instanceId: "p" });
      await host.quiet();
    }
    await using host = await start({ store, clock });
    await host.client.raiseEvent("p-kid", "answer", 1);
    const { status } = await fastForward(host, clock, "p", 2 * HOUR);
    expect(status.output).toEqual({ answer: 1 });
  });

  test("keeps what has ended, with history, until it is purged", async () => {
    {
      await using host = await start({ store });
      await host.client.startNew("Holds", { instanceId: "done" });
      held.resolve();
      await host.end("done");
    }
    {
      await using host = await start({ store });
      expect(await host.client.getStatus("done")).toMatchObject({ output: { step: "held" } });
      await host.client.purgeInstanceHistory("done");
    }
    await using host = await start({ store });
    await expect(host.client.getStatus("done")).rejects.toThrow("404");
  });

  test("keeps its management key, so that links given out stay good", async () => {
    const linkOf = async (): Promise<string> => {
      await using host = await start({ store });
      const link = host.client.createHttpManagementPayload("x").statusQueryGetUri;
      return new URL(link).searchParams.get("code") ?? "";
    };
    const first = await linkOf();
    expect(first.length).toBeGreaterThan(20);
    expect(await linkOf()).toBe(first);
  });

  test("waits for an activity that runs when it is stopped, and takes its result in", async () => {
    {
      await using host = await start({ store });
      await host.client.startNew("Holds", { instanceId: "held" });
      await expect.poll(() => performed, PATIENTLY).toEqual(["held"]);
      const stopped = host.stop();
      held.resolve();
      await stopped;
    }
    await using host = await start({ store });
    expect((await host.end("held")).output).toEqual({ step: "held" });
    expect(performed).toEqual(["held"]);
  });
});
