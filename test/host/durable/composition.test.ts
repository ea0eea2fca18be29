/* oxlint-disable require-yield -- an orchestration is a generator even when it waits for nothing */
import * as df from "durable-functions";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { at, type DurableHost, durableApp, shownEvents, PATIENTLY } from "./durable-host.ts";

/** Activities called Held end when a test lets them go. */
let held = Promise.withResolvers<void>();
let running = 0;
let mostRunning = 0;
const calls = new Map<string, number>();

const start = durableApp(() => {
  df.app.activity("Square", { handler: (n: number) => n * n });
  df.app.activity("Fails", {
    handler: (message: string) => {
      throw new Error(message);
    },
  });
  df.app.activity("Held", {
    handler: async () => {
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await held.promise;
      running -= 1;
      return "let go";
    },
  });
  df.app.activity("Flaky", {
    handler: ({ key, failures }: { key: string; failures: number }) => {
      const call = (calls.get(key) ?? 0) + 1;
      calls.set(key, call);
      if (call <= failures) throw new Error(`boom ${call}`);
      return `ok after ${call}`;
    },
  });

  df.app.orchestration("FanOut", function* (context) {
    const { n } = context.df.getInput<{ n: number }>();
    return yield context.df.Task.all(
      Array.from({ length: n }, (_, i) => context.df.callActivity("Square", i)),
    );
  });
  df.app.orchestration("Parallel", function* (context) {
    const { n } = context.df.getInput<{ n: number }>();
    yield context.df.Task.all(Array.from({ length: n }, () => context.df.callActivity("Held")));
    return n;
  });
  df.app.orchestration("First", function* (context) {
    const slow = context.df.callActivity("Held");
    const fast = context.df.callActivity("Square", 3);
    const winner: df.Task = yield context.df.Task.any([slow, fast]);
    context.df.setCustomStatus({ winner: winner === fast ? "fast" : "slow" });
    return winner.result;
  });
  df.app.orchestration("Nested", function* (context) {
    const { Task } = context.df;
    const square = (n: number) => context.df.callActivity("Square", n);
    const groups: unknown[] = yield Task.all([
      Task.all([square(1), square(2)]),
      Task.all([square(3), Task.all([square(4), square(5)])]),
    ]);
    return groups;
  });
  df.app.orchestration("EmptyAll", function* (context) {
    yield context.df.Task.all([]);
  });
  df.app.orchestration("OneFails", function* (context) {
    try {
      yield context.df.Task.all([
        context.df.callActivity("Held"),
        context.df.callActivity("Fails", "one of them"),
      ]);
      return "no failure";
    } catch (error) {
      context.df.setCustomStatus("caught");
      return {
        caught: error instanceof Error && error.message.includes("one of them"),
        next: yield context.df.callActivity("Square", 4),
      };
    }
  });
  df.app.orchestration("Retry", function* (context) {
    const { key, failures, attempts } = context.df.getInput<{
      key: string;
      failures: number;
      attempts: number;
    }>();
    const options = new df.RetryOptions(10, attempts);
    options.backoffCoefficient = 2;
    let first: unknown;
    try {
      first = yield context.df.callActivityWithRetry("Flaky", options, { key, failures });
    } catch (error) {
      first = error instanceof Error ? error.message.split(" \n ")[0] : "no error";
    }
    return { first, after: yield context.df.callActivity("Square", 6) };
  });
  df.app.orchestration("RetrySub", function* (context) {
    const options = new df.RetryOptions(10, 3);
    return yield context.df.callSubOrchestratorWithRetry("FlakyChild", options, context.df.getInput());
  });
  df.app.orchestration("FlakyChild", function* (context) {
    return yield context.df.callActivity("Flaky", context.df.getInput());
  });
  df.app.orchestration("RetryAll", function* (context) {
    const { keys } = context.df.getInput<{ keys: string[] }>();
    return yield context.df.Task.all(
      keys.map((key, index) =>
        context.df.callActivityWithRetry("Flaky", new df.RetryOptions(5, 5), {
          key,
          failures: index,
        }),
      ),
    );
  });

  df.app.orchestration("Child", function* (context) {
    return {
      got: context.df.getInput(),
      id: context.df.instanceId,
      parent: context.df.parentInstanceId,
      square: yield context.df.callActivity("Square", 5),
    };
  });
  df.app.orchestration("BadChild", function* () {
    throw new Error("child exploded");
  });
  df.app.orchestration("Parent", function* (context) {
    const unnamed: unknown = yield context.df.callSubOrchestrator("Child", "unnamed");
    const named: unknown = yield context.df.callSubOrchestrator(
      "Child",
      { deep: true },
      `${context.df.instanceId}-kid`,
    );
    let failed: string;
    try {
      yield context.df.callSubOrchestrator("BadChild");
      failed = "no failure";
    } catch (error) {
      failed = error instanceof Error ? error.message : "no error";
    }
    return { unnamed, named, failed };
  });
  df.app.orchestration("Batches", function* (context) {
    const { batches, size } = context.df.getInput<{ batches: number; size: number }>();
    const results: number[][] = yield context.df.Task.all(
      Array.from({ length: batches }, () => context.df.callSubOrchestrator("FanOut", { n: size })),
    );
    return results.reduce((sum, it) => sum + it.length, 0);
  });
  df.app.orchestration("SameId", function* (context) {
    return yield context.df.callSubOrchestrator("Child", 1, context.df.instanceId);
  });
});

let host: DurableHost;
beforeAll(async () => {
  host = await start();
});
afterAll(() => host.stop());
beforeEach(() => {
  held = Promise.withResolvers();
  running = 0;
  mostRunning = 0;
});

describe("Task.all and Task.any", () => {
  test("results of a fan-out come in the order of the calls", async () => {
    expect((await host.run("FanOut", { n: 5 })).output).toEqual([0, 1, 4, 9, 16]);
  });

  test("activities of a fan-out run at the same time, ten by default and no more", async () => {
    const id = await host.client.startNew("Parallel", { input: { n: 25 } });
    await expect.poll(() => running, PATIENTLY).toBe(10);
    held.resolve();
    await host.end(id);
    expect(mostRunning).toBe(10);
  });

  test("host.json bounds how many activities run at once", async () => {
    await host.stop();
    const hostJson = '{"version":"2.0","extensions":{"durableTask":{"maxConcurrentActivityFunctions":2}}}';
    await using narrow = await start({ hostJson });
    const id = await narrow.client.startNew("Parallel", { input: { n: 6 } });
    await expect.poll(() => running, PATIENTLY).toBe(2);
    held.resolve();
    await narrow.end(id);
    expect(mostRunning).toBe(2);
    await narrow.stop();
    host = await start();
  });

  test("Task.any gives the winner, and the instance waits for the loser before it ends", async () => {
    const id = await host.client.startNew("First");
    const early = await host.until(id, (it) => it.customStatus !== null);
    expect(early).toMatchObject({ runtimeStatus: "Running", customStatus: { winner: "fast" } });
    held.resolve();
    expect(await host.end(id)).toMatchObject({ runtimeStatus: "Completed", output: 9 });
  });

  test("groups within groups come to the shape in which they were made", async () => {
    expect((await host.run("Nested")).output).toEqual([
      [1, 4],
      [9, [16, 25]],
    ]);
  });

  test("Task.all of nothing fails the instance", async () => {
    const status = await host.run("EmptyAll");
    expect(status.runtimeStatus).toBe("Failed");
    expect(status.output).toContain("you must specify at least one Task");
  });

  test("a failure is caught at once, but nothing further is begun before all siblings are done", async () => {
    const id = await host.client.startNew("OneFails");
    const caught = await host.until(id, (it) => it.customStatus === "caught");
    expect(caught.runtimeStatus).toBe("Running");
    held.resolve();
    expect((await host.end(id)).output).toEqual({ caught: true, next: 16 });
  });
});

describe("retries by the host", () => {
  test("an activity that fails twice succeeds at the third of four attempts", async () => {
    const status = await host.run("Retry", { key: "third", failures: 2, attempts: 4 });
    expect(status.output).toEqual({ first: "ok after 3", after: 36 });
    expect(calls.get("third")).toBe(3);
  });

  test("after the last attempt the failure is thrown and the orchestration goes on past the dummy timer", async () => {
    const status = await host.run("Retry", { key: "never", failures: 99, attempts: 2 }, "retry-never");
    expect(status.output).toEqual({
      first: "Activity function 'Flaky' failed: boom 2",
      after: 36,
    });
    expect(calls.get("never")).toBe(2);
  });

  test("the dummy timer of no length stands in the history", async () => {
    const events = await shownEvents(host, "retry-never");
    const timers = events.filter((it) => it.EventType === "TimerCreated");
    const lengths = timers.map((it) => Date.parse(String(it["FireAt"])) - Date.parse(it.Timestamp));
    expect(lengths).toHaveLength(2);
    const [retry, dummy] = lengths;
    expect(retry).toBeGreaterThan(0);
    expect(dummy).toBeLessThanOrEqual(0);
  });

  test("a single attempt is one call, and the failure arrives", async () => {
    const status = await host.run("Retry", { key: "single", failures: 1, attempts: 1 });
    expect(status.output).toMatchObject({ first: "Activity function 'Flaky' failed: boom 1" });
    expect(calls.get("single")).toBe(1);
  });

  test("sub-orchestrations are retried too, each attempt an instance of its own", async () => {
    const status = await host.run("RetrySub", { key: "sub", failures: 2 });
    expect(status.output).toBe("ok after 3");
  });

  test("retrying siblings in a fan-out all come to their results", async () => {
    const status = await host.run("RetryAll", { keys: ["r0", "r1", "r2", "r3"] });
    expect(status.output).toEqual(["ok after 1", "ok after 2", "ok after 3", "ok after 4"]);
  });
});

describe("sub-orchestrations", () => {
  test("unnamed and named children know their parent, get their input and give their output", async () => {
    const { output } = await host.run("Parent", undefined, "the-parent");
    expect(output).toMatchObject({
      unnamed: { got: "unnamed", parent: "the-parent", square: 25 },
      named: { got: { deep: true }, id: "the-parent-kid", parent: "the-parent", square: 25 },
    });
  });

  test("an unnamed child is named after its parent's execution and the call's number", async () => {
    const { output } = await host.run("Parent");
    expect(at(output, "unnamed", "id")).toMatch(/^[0-9a-f]{32}:0$/);
  });

  test("a child's failure reaches the parent with the child's reason and details", async () => {
    const { output } = await host.run("Parent");
    expect(at(output, "failed")).toMatch(
      /^Orchestrator function 'BadChild' failed: child exploded \n Message: child exploded, StackTrace: /,
    );
  });

  test("children are instances of their own that can be asked for", async () => {
    await host.run("Parent", undefined, "asked");
    expect(await host.client.getStatus("asked-kid")).toMatchObject({
      name: "Child",
      runtimeStatus: "Completed",
    });
  });

  test("a fan-out by sub-orchestrations of a hundred comes to its sum", async () => {
    expect((await host.run("Batches", { batches: 3, size: 100 })).output).toBe(300);
  });

  test("a child that would take its parent's id is never begun, and the log says so", async () => {
    const id = await host.client.startNew("SameId", { instanceId: "same" });
    await host.inState(id, "Running");
    await host.quiet();
    expect(await host.client.getStatus(id)).toMatchObject({ runtimeStatus: "Running" });
    expect(host.logged.map((it) => it.message)).toContainEqual(
      expect.stringContaining("must be different than the instance ID of a parent"),
    );
  });
});
