import * as df from "durable-functions";
import { describe, expect, test } from "vitest";

import { at, durableApp, fastForward, shownEvents, stoppedClock } from "./durable-host.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** What the real host was seen to be early by, and what this one takes from it. */
const EARLY = 250;

const start = durableApp(() => {
  df.app.activity("Look", { handler: () => ({ found: false }) });
  df.app.activity("Echo", { handler: (input: unknown) => input });
  df.app.orchestration("Sleep", function* (context) {
    const { ms } = context.df.getInput<{ ms: number }>();
    const before = context.df.currentUtcDateTime.getTime();
    yield context.df.createTimer(new Date(before + ms));
    return { slept: context.df.currentUtcDateTime.getTime() - before };
  });
  df.app.orchestration("UntilDeadline", function* (context) {
    const deadline = context.df.currentUtcDateTime.getTime() + 10 * SECOND;
    let rounds = 0;
    while (context.df.currentUtcDateTime.getTime() < deadline && rounds < 100) {
      rounds += 1;
      yield context.df.createTimer(new Date(deadline));
    }
    return { rounds };
  });
  df.app.orchestration("Watch", function* (context) {
    const rounds = 72;
    for (let i = 0; i < rounds; i++) {
      yield context.df.callActivity("Look", { i });
      const now = context.df.currentUtcDateTime.getTime();
      yield context.df.createTimer(new Date(now + HOUR));
    }
    return { rounds };
  });
  df.app.orchestration("Uncancelled", function* (context) {
    const now = context.df.currentUtcDateTime.getTime();
    const timer = context.df.createTimer(new Date(now + 30 * SECOND));
    yield context.df.Task.any([timer, context.df.callActivity("Echo", 1)]);
    return "early";
  });
  df.app.orchestration("Cancelled", function* (context) {
    const now = context.df.currentUtcDateTime.getTime();
    const timer = context.df.createTimer(new Date(now + 30 * SECOND));
    const winner: df.Task = yield context.df.Task.any([context.df.callActivity("Echo", 1), timer]);
    timer.cancel();
    return winner === timer ? "timer" : "activity";
  });
  df.app.orchestration("Several", function* (context) {
    const now = context.df.currentUtcDateTime.getTime();
    const order: string[] = [];
    const timers = { third: 9, first: 2, second: 5 };
    const tasks = Object.entries(timers).map(([name, seconds]) => ({
      name,
      task: context.df.createTimer(new Date(now + seconds * SECOND)),
    }));
    while (tasks.length > 0) {
      const winner: df.Task = yield context.df.Task.any(tasks.map((it) => it.task));
      const fired = tasks.findIndex((it) => it.task === winner);
      order.push(...tasks.splice(fired, 1).map((it) => it.name));
    }
    return order;
  });
});

describe("durable timers", () => {
  test("fire a quarter of a second early, and the orchestration's time then lies before the deadline", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Sleep", { input: { ms: 60 * SECOND } });
    const { status, elapsedInMs } = await fastForward(host, clock, id, DAY);
    expect(status.output).toEqual({ slept: 60 * SECOND - EARLY });
    expect(elapsedInMs).toBe(60 * SECOND - EARLY);
  });

  test("do not fire before that", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Sleep", { input: { ms: 60 * SECOND } });
    await host.quiet();
    await clock.advance(60 * SECOND - EARLY - 1);
    await host.quiet();
    expect(await host.client.getStatus(id)).toMatchObject({ runtimeStatus: "Running" });
    await clock.advance(1);
    expect(await host.end(id)).toMatchObject({ runtimeStatus: "Completed" });
  });

  test("a loop that waits until now is past the deadline goes round more than once, and does end", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("UntilDeadline");
    const { status } = await fastForward(host, clock, id, DAY);
    const rounds = at(status.output, "rounds");
    expect(rounds).toBeGreaterThan(1);
    expect(rounds).toBeLessThan(20);
  });

  test("a timer already due fires at once", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Sleep", { input: { ms: -5 * SECOND } });
    const { status, elapsedInMs } = await fastForward(host, clock, id, DAY);
    expect(status.output).toEqual({ slept: 0 });
    expect(elapsedInMs).toBe(0);
  });

  test("a watch of 72 hours runs through on a moved clock in a moment", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Watch");
    const { status, elapsedInMs } = await fastForward(host, clock, id, 4 * DAY);
    expect(status).toMatchObject({ runtimeStatus: "Completed", output: { rounds: 72 } });
    expect(elapsedInMs).toBe(72 * (HOUR - EARLY));
  });

  test("a timer of thirty days is waited out in parts of three and ends when it should", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Sleep", {
      input: { ms: 30 * DAY },
      instanceId: "thirty",
    });
    const { status, elapsedInMs } = await fastForward(host, clock, id, 40 * DAY);
    expect(status.runtimeStatus).toBe("Completed");
    expect(elapsedInMs).toBe(30 * DAY);
    const parts = (await shownEvents(host, "thirty")).filter((it) => it.EventType === "TimerCreated").length;
    expect(parts).toBeGreaterThan(9);
  });

  test("a timer of five days is one timer", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Sleep", { input: { ms: 5 * DAY } });
    const { status } = await fastForward(host, clock, id, 6 * DAY);
    expect(status.output).toEqual({ slept: 5 * DAY - EARLY });
  });

  test("several timers fire in the order of their times", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Several");
    const { status } = await fastForward(host, clock, id, DAY);
    expect(status.output).toEqual(["first", "second", "third"]);
  });

  test("an uncancelled timer keeps the instance running after its code has returned", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Uncancelled");
    await host.quiet();
    await clock.advance(20 * SECOND);
    await host.quiet();
    expect(await host.client.getStatus(id)).toMatchObject({ runtimeStatus: "Running", output: null });
    await clock.advance(10 * SECOND);
    expect(await host.end(id)).toMatchObject({ runtimeStatus: "Completed", output: "early" });
  });

  test("a cancelled timer lets the instance end at once", async () => {
    const clock = stoppedClock();
    await using host = await start({ clock });
    const id = await host.client.startNew("Cancelled");
    const { status, elapsedInMs } = await fastForward(host, clock, id, DAY);
    expect(status).toMatchObject({ runtimeStatus: "Completed", output: "activity" });
    expect(elapsedInMs).toBe(0);
  });

  test("on the machine's own clock a timer of a second and a half is over before it should be", async () => {
    await using host = await start();
    const status = await host.run("Sleep", { ms: 1_500 });
    expect(at(status.output, "slept")).toBeGreaterThanOrEqual(1_500 - EARLY);
  });
});
