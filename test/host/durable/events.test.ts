import * as df from "durable-functions";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { at, durableApp, fastForward, shownEvents, stoppedClock } from "./durable-host.ts";

const start = durableApp(() => {
  df.app.activity("Echo", { handler: (input: unknown) => input });
  df.app.orchestration("Two", function* (context) {
    const first: unknown = yield context.df.waitForExternalEvent("go");
    context.df.setCustomStatus({ got: 1 });
    const second: unknown = yield context.df.waitForExternalEvent("go");
    return [first, second];
  });
  df.app.orchestration("Decision", function* (context) {
    const deadline = new Date(context.df.currentUtcDateTime.getTime() + 3_600_000);
    const timeout = context.df.createTimer(deadline);
    const decision = context.df.waitForExternalEvent("decision");
    const winner: df.Task = yield context.df.Task.any([decision, timeout]);
    if (winner === timeout) return "nobody answered";
    timeout.cancel();
    return decision.result;
  });
  df.app.orchestration("Late", function* (context) {
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) seen.push(yield context.df.waitForExternalEvent("early"));
    return seen;
  });
  df.app.orchestration("Waiters", function* (context) {
    const one = context.df.waitForExternalEvent("same");
    const two = context.df.waitForExternalEvent("same");
    yield context.df.Task.all([one, two]);
    return { one: one.result, two: two.result };
  });
  df.app.orchestration("Named", function* (context) {
    return yield context.df.Task.all([
      context.df.waitForExternalEvent("a"),
      context.df.waitForExternalEvent("b"),
    ]);
  });

  df.app.orchestration("Again", function* (context) {
    const { i } = context.df.getInput<{ i: number }>();
    yield context.df.callActivity("Echo", i);
    if (i < 5) {
      context.df.continueAsNew({ i: i + 1 });
      return undefined;
    }
    return { i };
  });
  df.app.orchestration("AgainText", function* (context) {
    const input = context.df.getInput<string>();
    if (input.startsWith('"')) return input;
    yield context.df.callActivity("Echo", 1);
    context.df.continueAsNew("next");
    return undefined;
  });
  df.app.orchestration("Collect", function* (context) {
    const { seen } = context.df.getInput<{ seen: unknown[] }>();
    seen.push(yield context.df.waitForExternalEvent("item"));
    if (seen.length < 4) {
      context.df.continueAsNew({ seen });
      return undefined;
    }
    return seen;
  });
  df.app.orchestration("CollectSlowly", function* (context) {
    const { seen } = context.df.getInput<{ seen: unknown[] }>();
    seen.push(yield context.df.waitForExternalEvent("item"));
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
    if (seen.length < 3) {
      context.df.continueAsNew({ seen });
      return undefined;
    }
    return seen;
  });
  df.app.orchestration("StatusOverGenerations", function* (context) {
    const { i } = context.df.getInput<{ i: number }>();
    if (i === 0) {
      context.df.setCustomStatus("from the first");
      context.df.continueAsNew({ i: 1 });
      return undefined;
    }
    return yield context.df.waitForExternalEvent("end");
  });
  df.app.orchestration("ParentOfAgain", function* (context) {
    return yield context.df.callSubOrchestrator("Again", { i: 3 });
  });
});

describe("external events", () => {
  test("reach the waiter in the order in which they were raised", async () => {
    await using host = await start();
    const id = await host.client.startNew("Two");
    await host.client.raiseEvent(id, "go", { n: 1 });
    await host.until(id, (it) => it.customStatus !== null);
    await host.client.raiseEvent(id, "go", "two");
    expect((await host.end(id)).output).toEqual([{ n: 1 }, "two"]);
  });

  test("of another name or another case are no answer, and are not lost for those who wait for them", async () => {
    await using host = await start();
    const id = await host.client.startNew("Two");
    await host.client.raiseEvent(id, "other", 0);
    await host.client.raiseEvent(id, "go", "yes");
    await host.until(id, (it) => it.customStatus !== null);
    await host.client.raiseEvent(id, "GO", "wrong case");
    await host.quiet();
    expect(await host.client.getStatus(id)).toMatchObject({ runtimeStatus: "Running" });
    await host.client.raiseEvent(id, "go", "right case");
    expect((await host.end(id)).output).toEqual(["yes", "right case"]);
  });

  test("carry null as null", async () => {
    await using host = await start();
    const id = await host.client.startNew("Two");
    await host.client.raiseEvent(id, "go", null);
    await host.client.raiseEvent(id, "go", [1]);
    expect((await host.end(id)).output).toEqual([null, [1]]);
  });

  test("that come before anyone waits are kept, oldest first", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Late");
    for (const it of ["a", "b", "c"]) await host.client.raiseEvent(id, "early", it);
    const { status } = await fastForward(host, clock, id, 120_000);
    expect(status.output).toEqual(["a", "b", "c"]);
  });

  test("go to the newest of several waiters of one name", async () => {
    await using host = await start();
    const id = await host.client.startNew("Waiters");
    await host.inState(id, "Running");
    await host.client.raiseEvent(id, "same", "first raised");
    await host.quiet();
    await host.client.raiseEvent(id, "same", "second raised");
    expect((await host.end(id)).output).toEqual({ two: "first raised", one: "second raised" });
  });

  test("of different names fill Task.all whatever their order", async () => {
    await using host = await start();
    const id = await host.client.startNew("Named");
    await host.client.raiseEvent(id, "b", 2);
    await host.client.raiseEvent(id, "a", 1);
    expect((await host.end(id)).output).toEqual([1, 2]);
  });

  test("win against a deadline when they come in time", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Decision");
    await host.quiet();
    await clock.advance(1_800_000);
    await host.client.raiseEvent(id, "decision", { approve: true });
    expect((await host.end(id)).output).toEqual({ approve: true });
  });

  test("lose against a deadline when nobody answers", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Decision");
    const { status } = await fastForward(host, clock, id, 7_200_000);
    expect(status.output).toBe("nobody answered");
  });
});

describe("continue as new", () => {
  test("goes round with a new input each time and ends with the last", async () => {
    await using host = await start();
    const status = await host.run("Again", { i: 0 }, "again");
    expect(status).toMatchObject({ output: { i: 5 }, input: { i: 5 } });
  });

  test("begins each generation with an empty history", async () => {
    await using host = await start();
    await host.run("Again", { i: 0 }, "again");
    const historyEvents = await shownEvents(host, "again");
    expect(historyEvents.map((it) => it.EventType)).toEqual([
      "ExecutionStarted",
      "TaskCompleted",
      "ExecutionCompleted",
    ]);
    expect(historyEvents[0]?.["Generation"]).toBe(5);
  });

  test("with a bare text hands the text over in quotes", async () => {
    await using host = await start();
    expect((await host.run("AgainText", "first")).output).toBe('"next"');
  });

  test("keeps events that come one by one", async () => {
    await using host = await start();
    const id = await host.client.startNew("Collect", { input: { seen: [] } });
    for (let i = 0; i < 4; i++) {
      await host.client.raiseEvent(id, "item", i);
      await host.quiet();
    }
    expect((await host.end(id)).output).toEqual([0, 1, 2, 3]);
  });

  test("keeps events that come all at once", async () => {
    await using host = await start();
    const id = await host.client.startNew("Collect", { input: { seen: [] } });
    await Promise.all([0, 1, 2, 3].map((it) => host.client.raiseEvent(id, "item", it)));
    const { output } = await host.end(id);
    expect(
      z
        .array(z.number())
        .parse(output)
        .toSorted((one, other) => one - other),
    ).toEqual([0, 1, 2, 3]);
  });

  test("keeps events that were raised while the generation before was busy, in their order", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("CollectSlowly", { input: { seen: [] } });
    for (const it of ["a", "b", "c"]) await host.client.raiseEvent(id, "item", it);
    const { status } = await fastForward(host, clock, id, 600_000);
    expect(status.output).toEqual(["a", "b", "c"]);
  });

  test("keeps the custom status into the first episode of the next generation", async () => {
    await using host = await start();
    const id = await host.client.startNew("StatusOverGenerations", { input: { i: 0 } });
    await host.until(id, (it) => at(it.input, "i") === 1);
    await host.quiet();
    expect(await host.client.getStatus(id)).toMatchObject({ customStatus: "from the first" });
    await host.client.raiseEvent(id, "end", "done");
    expect((await host.end(id)).output).toBe("done");
  });

  test("in a child still gives its last output to the parent", async () => {
    await using host = await start();
    expect((await host.run("ParentOfAgain")).output).toEqual({ i: 5 });
  });
});
