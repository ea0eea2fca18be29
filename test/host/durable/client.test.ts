import { HttpRequest } from "@azure/functions";
import * as df from "durable-functions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type DurableHost, durableApp, fastForward, stoppedClock } from "./durable-host.ts";

const start = durableApp(() => {
  df.app.activity("Echo", { handler: (input: unknown) => input });
  df.app.activity("Fails", {
    handler: () => {
      throw new Error("bad things");
    },
  });
  df.app.orchestration("Simple", function* (context) {
    return yield context.df.callActivity("Echo", context.df.getInput());
  });
  df.app.orchestration("Waits", function* (context) {
    return yield context.df.waitForExternalEvent("go");
  });
  df.app.orchestration("Fails-orchestration", function* (context) {
    yield context.df.callActivity("Fails", 1);
  });
  df.app.orchestration("Steps", function* (context) {
    for (let i = 1; i <= 3; i++) {
      yield context.df.waitForExternalEvent("step");
      context.df.setCustomStatus({ i });
    }
    return "through";
  });
});

let host: DurableHost;
beforeAll(async () => {
  host = await start();
});
afterAll(() => host.stop());

const request = (): HttpRequest => new HttpRequest({ method: "GET", url: `${host.url}/api/x` });

const running = async (instanceId: string, name = "Waits"): Promise<string> => {
  await host.client.startNew(name, { instanceId });
  await host.inState(instanceId, "Running");
  return instanceId;
};

describe("starting", () => {
  test("without an id gives one of 32 hexadecimal digits", async () => {
    expect(await host.client.startNew("Simple")).toMatch(/^[0-9a-f]{32}$/);
  });

  test("an id that runs is refused with 409 and what state it is in", async () => {
    const id = await running("twice");
    await expect(host.client.startNew("Simple", { instanceId: id })).rejects.toThrow(
      'The operation failed with an unexpected status code: 409. Details: {"Message":"An Orchestration instance with the status Running already exists."}',
    );
  });

  test("an id that has ended is begun anew", async () => {
    await host.run("Simple", { round: 1 }, "anew");
    expect((await host.run("Simple", { round: 2 }, "anew")).output).toEqual({ round: 2 });
  });

  test("twenty starts of one id at once begin exactly one", async () => {
    const starts = await Promise.allSettled(
      Array.from({ length: 20 }, () => host.client.startNew("Waits", { instanceId: "race" })),
    );
    expect(starts.filter((it) => it.status === "fulfilled")).toHaveLength(1);
  });

  test("ids are taken as they come: with @, long, with a space, in another script", async () => {
    for (const instanceId of ["@at", "x".repeat(300), "a b", "žluť"]) {
      expect(await host.client.startNew("Simple", { instanceId })).toBe(instanceId);
      await host.end(instanceId);
    }
  });

  test("an id with a slash is not found, and one with a hash is cut there, because the SDK does not encode", async () => {
    await expect(host.client.startNew("Simple", { instanceId: "a/b" })).rejects.toThrow("404");
    await expect(host.client.startNew("Simple", { instanceId: "a%2Fb" })).rejects.toThrow("404");
    expect(await host.client.startNew("Simple", { instanceId: "cut#off" })).toBe("cut");
  });
});

describe("reading status", () => {
  test("of an unknown instance throws", async () => {
    await expect(host.client.getStatus("nope")).rejects.toThrow(
      "could not find any data associated with the instanceId provided: nope",
    );
  });

  test("tells input, output, times in whole seconds and custom status", async () => {
    const clock = stoppedClock();
    await host.stop();
    await using other = await start({ clock });
    const id = await other.client.startNew("Simple", { input: { a: 1 }, instanceId: "told" });
    await other.end(id);
    const shown: unknown = await (await other.webhook("GET", "instances/told")).json();
    expect(shown).toEqual({
      name: "Simple",
      instanceId: "told",
      runtimeStatus: "Completed",
      input: { a: 1 },
      customStatus: null,
      output: { a: 1 },
      createdTime: "2026-03-01T12:00:00Z",
      lastUpdatedTime: "2026-03-01T12:00:00Z",
    });
    await other.stop();
    host = await start();
  });

  test("by state lists only instances of that state", async () => {
    const id = await running("to-terminate");
    await host.client.terminate(id, "x");
    await host.end(id);
    await host.run("Simple", 1, "completed");
    const found = await host.client.getStatusBy({
      runtimeStatus: [df.OrchestrationRuntimeStatus.Terminated],
    });
    expect(found.map((it) => it.instanceId)).toEqual(["to-terminate"]);
  });

  test("by time of creation lists only instances created then", async () => {
    const clock = stoppedClock();
    await host.stop();
    await using other = await start({ clock });
    await other.run("Simple", 1, "before");
    await clock.advance(60_000);
    const between = new Date(clock.now() - 1);
    await other.run("Simple", 1, "after");
    const later = await other.client.getStatusBy({ createdTimeFrom: between });
    expect(later.map((it) => it.instanceId)).toEqual(["after"]);
    const earlier = await other.client.getStatusBy({ createdTimeTo: between });
    expect(earlier.map((it) => it.instanceId)).toEqual(["before"]);
    await other.stop();
    host = await start();
  });

  test("of all goes through as many pages as there are", async () => {
    const ids = Array.from({ length: 230 }, (_, i) => `page-${String(i).padStart(3, "0")}`);
    await Promise.all(ids.map((instanceId) => host.client.startNew("Simple", { instanceId, input: 1 })));
    const all = (await host.client.getStatusAll()).map((it) => it.instanceId);
    expect(all.filter((it) => it.startsWith("page-"))).toEqual(ids);
  });
});

describe("ending, pausing and going on", () => {
  test("terminating ends with the reason as output", async () => {
    const id = await running("terminated");
    await host.client.terminate(id, "enough");
    expect(await host.end(id)).toMatchObject({ runtimeStatus: "Terminated", output: "enough" });
  });

  test("raising to or terminating an ended instance is swallowed; an unknown one throws", async () => {
    await host.run("Simple", 1, "ended");
    await host.client.raiseEvent("ended", "go", 1);
    await host.client.terminate("ended", "again");
    await expect(host.client.raiseEvent("nope", "go", 1)).rejects.toThrow(
      "No instance with ID 'nope' found.",
    );
    await expect(host.client.terminate("nope", "x")).rejects.toThrow("No instance with ID 'nope' found.");
  });

  test("a suspended instance takes nothing in and goes on with all of it when resumed", async () => {
    const id = await running("paused", "Steps");
    await host.client.suspend(id, "hold");
    await host.inState(id, "Suspended");
    for (let i = 0; i < 3; i++) await host.client.raiseEvent(id, "step", i);
    await host.quiet();
    expect(await host.client.getStatus(id)).toMatchObject({ runtimeStatus: "Suspended", output: null });
    await host.client.resume(id, "go on");
    expect(await host.end(id)).toMatchObject({ runtimeStatus: "Completed", output: "through" });
  });

  test("a suspended instance can be terminated", async () => {
    const id = await running("paused-and-ended");
    await host.client.suspend(id, "hold");
    await host.inState(id, "Suspended");
    await host.client.terminate(id, "enough");
    expect(await host.end(id)).toMatchObject({ runtimeStatus: "Terminated" });
  });

  test("terminating a parent leaves its children running", async () => {
    await host.stop();
    const clock = stoppedClock();
    await using other = await start({ clock });
    await other.client.startNew("Waits", { instanceId: "lone" });
    await other.inState("lone", "Running");
    await other.client.raiseEvent("lone", "go", "alive");
    const { status } = await fastForward(other, clock, "lone", 1_000);
    expect(status.output).toBe("alive");
    await other.stop();
    host = await start();
  });

  test("rewinding a completed instance is refused with its state, a failed one with a clear word", async () => {
    await host.run("Simple", 1, "whole");
    await expect(host.client.rewind("whole", "x")).rejects.toThrow(
      'This orchestration has status Completed, but only orchestrations in the "Failed" state can be rewound.',
    );
    await host.run("Fails-orchestration", undefined, "broken");
    await expect(host.client.rewind("broken", "x")).rejects.toThrow("not supported by the embedded host");
    await expect(host.client.rewind("nope", "x")).rejects.toThrow("No instance with ID 'nope' found.");
  });
});

describe("purging", () => {
  test("removes an instance and everything known of it; a second time there is nothing", async () => {
    await host.run("Simple", 1, "purged");
    expect(await host.client.purgeInstanceHistory("purged")).toEqual({ instancesDeleted: 1 });
    await expect(host.client.getStatus("purged")).rejects.toThrow("404");
    expect(await host.client.purgeInstanceHistory("purged")).toEqual({ instancesDeleted: 0 });
  });

  test("by filter removes what has ended and leaves what runs", async () => {
    await host.run("Simple", 1, "filter-ended");
    await running("filter-running");
    const before = await host.client.getStatusAll();
    const { instancesDeleted } = await host.client.purgeInstanceHistoryBy({
      createdTimeFrom: new Date(0),
    });
    const after = await host.client.getStatusAll();
    expect(instancesDeleted).toBe(before.length - after.length);
    const left = after.map((it) => it.instanceId);
    expect(left).toContain("filter-running");
    expect(left).not.toContain("filter-ended");
  });

  test("by filter with nothing to find removes nothing", async () => {
    expect(
      await host.client.purgeInstanceHistoryBy({
        createdTimeFrom: new Date("2001-01-01"),
        createdTimeTo: new Date("2001-01-02"),
      }),
    ).toEqual({ instancesDeleted: 0 });
  });

  test("by filter can be told which states", async () => {
    await host.run("Simple", 1, "state-completed");
    await host.run("Fails-orchestration", undefined, "state-failed");
    await host.client.purgeInstanceHistoryBy({
      createdTimeFrom: new Date(0),
      runtimeStatus: [df.OrchestrationRuntimeStatus.Failed],
    });
    const left = (await host.client.getStatusAll()).map((it) => it.instanceId);
    expect(left).toContain("state-completed");
    expect(left).not.toContain("state-failed");
  });
});

describe("answers made for callers", () => {
  test("the management links of an instance carry hub, connection and key, in the extension's order", () => {
    const links = host.client.createHttpManagementPayload("some-id");
    const query = `taskHub=TestHubName&connection=Storage&code=`;
    expect(Object.keys(links)).toEqual([
      "id",
      "statusQueryGetUri",
      "sendEventPostUri",
      "terminatePostUri",
      "rewindPostUri",
      "purgeHistoryDeleteUri",
      "restartPostUri",
      "suspendPostUri",
      "resumePostUri",
    ]);
    expect(links.terminatePostUri).toContain(
      `${host.url}/runtime/webhooks/durabletask/instances/some-id/terminate?reason={text}&${query}`,
    );
  });

  test("waiting for completion answers 200 with the output", async () => {
    await host.client.startNew("Simple", { instanceId: "waited", input: { a: 1 } });
    const response = await host.client.waitForCompletionOrCreateCheckStatusResponse(request(), "waited", {
      timeoutInMilliseconds: 50_000,
      retryIntervalInMilliseconds: 10,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ a: 1 });
  });

  test("waiting for one that failed answers 500 with its status", async () => {
    await host.client.startNew("Fails-orchestration", { instanceId: "waited-failed" });
    const response = await host.client.waitForCompletionOrCreateCheckStatusResponse(
      request(),
      "waited-failed",
      { timeoutInMilliseconds: 50_000, retryIntervalInMilliseconds: 10 },
    );
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ runtimeStatus: "Failed", name: "Fails-orchestration" });
  });

  test("waiting in vain answers 202 with links and Retry-After", async () => {
    const id = await running("waited-in-vain");
    const response = await host.client.waitForCompletionOrCreateCheckStatusResponse(request(), id, {
      timeoutInMilliseconds: 30,
      retryIntervalInMilliseconds: 10,
    });
    expect(response.status).toBe(202);
    expect(response.headers.get("retry-after")).toBe("10");
    expect(response.headers.get("location")).toContain(`/instances/${id}?taskHub=`);
  });
});
