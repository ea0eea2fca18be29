/* oxlint-disable require-yield -- an orchestration is a generator even when it waits for nothing */
import * as df from "durable-functions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { at, type DurableHost, durableApp, shownEvents } from "./durable-host.ts";

const start = durableApp(() => {
  df.app.activity("Square", { handler: (n: number) => n * n });
  df.app.orchestration("FanOut", function* (context) {
    return yield context.df.Task.all([1, 2, 3].map((n) => context.df.callActivity("Square", n)));
  });
  df.app.orchestration("Give", function* (context) {
    return { input: context.df.getInput() };
  });
  df.app.orchestration("Waits", function* (context) {
    return yield context.df.waitForExternalEvent("go");
  });
  df.app.orchestration("Broken", function* () {
    throw new Error("broken");
  });
});

let host: DurableHost;
beforeAll(async () => {
  host = await start();
});
afterAll(() => host.stop());

const jsonBody = (value: unknown): RequestInit => ({
  body: JSON.stringify(value),
  headers: { "content-type": "application/json" },
});

async function running(instanceId: string): Promise<void> {
  await host.client.startNew("Waits", { instanceId });
  await host.inState(instanceId, "Running");
}

describe("the management webhooks", () => {
  test("start an orchestration with 202, its links but none to rewind, Location and Retry-After", async () => {
    const response = await host.webhook("POST", "orchestrators/Give/web", jsonBody({ k: 1 }));
    expect(response.status).toBe(202);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(response.headers.get("retry-after")).toBe("10");
    const links = z.record(z.string(), z.string()).parse(await response.json());
    expect(Object.keys(links)).toEqual([
      "id",
      "statusQueryGetUri",
      "sendEventPostUri",
      "terminatePostUri",
      "purgeHistoryDeleteUri",
      "restartPostUri",
      "suspendPostUri",
      "resumePostUri",
    ]);
    expect(response.headers.get("location")).toBe(links["statusQueryGetUri"]);
    expect((await host.end("web")).output).toEqual({ input: { k: 1 } });
  });

  test("start and wait when told a timeout and an interval", async () => {
    const response = await host.webhook(
      "POST",
      "orchestrators/Give?timeout=50&pollingInterval=1",
      jsonBody(7),
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ input: 7 });
  });

  test("answer 202 with the links when the wait was in vain", async () => {
    const response = await host.webhook("POST", "orchestrators/Waits?timeout=0.05&pollingInterval=0.01");
    expect(response.status).toBe(202);
  });

  test("start without a body with no input, which is null", async () => {
    await host.webhook("POST", "orchestrators/Give/bodiless");
    expect(await host.end("bodiless")).toMatchObject({ input: null, output: { input: null } });
  });

  test("refuse a start with malformed JSON", async () => {
    const response = await host.webhook("POST", "orchestrators/Give/bad", { body: '{"a":' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ Message: "Invalid JSON content" });
    expect((await host.webhook("GET", "instances/bad")).status).toBe(404);
  });

  test("refuse an id with characters a key cannot hold", async () => {
    const response = await host.webhook("POST", "orchestrators/Give/a%23b");
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("must not contain");
  });

  test("answer 202 with Location and Retry-After for what runs, 200 for what has ended", async () => {
    await running("status");
    const under = await host.webhook("GET", "instances/status");
    expect(under.status).toBe(202);
    expect(under.headers.get("retry-after")).toBe("5");
    expect(under.headers.get("location")).toContain("/instances/status");
    await host.webhook("POST", "instances/status/raiseEvent/go", jsonBody("ok"));
    await host.end("status");
    const ended = await host.webhook("GET", "instances/status");
    expect(ended.status).toBe(200);
    expect(ended.headers.get("location")).toBeNull();
  });

  test("answer 500 for a failed instance only when asked to", async () => {
    await host.run("Broken", undefined, "broken");
    expect((await host.webhook("GET", "instances/broken")).status).toBe(200);
    const asked = await host.webhook("GET", "instances/broken?returnInternalServerErrorOnFailure=true");
    expect(asked.status).toBe(500);
  });

  test("answer 404 with an empty body for what is not there", async () => {
    for (const [method, path] of [
      ["GET", "instances/nope"],
      ["DELETE", "instances/nope"],
      ["POST", "instances/nope/terminate"],
      ["POST", "instances/nope/suspend"],
      ["POST", "instances/nope/rewind"],
      ["PUT", "instances/nope"],
      ["GET", "orchestrators/Give"],
      ["GET", "nothing"],
      ["POST", "instances/a/b/c/d"],
    ] as const) {
      const response = await host.webhook(method, path);
      expect([path, response.status, await response.text()]).toEqual([path, 404, ""]);
    }
  });

  test("answer 410 for an ended instance that is raised to, terminated, suspended or resumed", async () => {
    await host.run("Give", 1, "over");
    for (const operation of ["raiseEvent/x", "terminate", "suspend", "resume"]) {
      const response = await host.webhook("POST", `instances/over/${operation}`, jsonBody({}));
      expect([operation, response.status, await response.text()]).toEqual([operation, 410, ""]);
    }
  });

  test("refuse an event that is not JSON, by type and by content; an unknown id comes first", async () => {
    await running("events");
    const text = { headers: { "content-type": "text/plain" }, body: "bad" };
    const malformed = { headers: { "content-type": "application/json" }, body: "{bad" };
    expect((await host.webhook("POST", "instances/events/raiseEvent/go", text)).status).toBe(400);
    expect((await host.webhook("POST", "instances/events/raiseEvent/go", malformed)).status).toBe(400);
    const nothing = { headers: { "content-type": "application/json" } };
    expect((await host.webhook("POST", "instances/events/raiseEvent/go", nothing)).status).toBe(400);
    expect((await host.webhook("POST", "instances/nope/raiseEvent/go", malformed)).status).toBe(404);
    expect((await host.webhook("POST", "instances/nope/raiseEvent/go", text)).status).toBe(404);
    await host.client.terminate("events", "done");
  });

  test("refuse to suspend what is suspended and to resume what is not", async () => {
    await running("states");
    expect((await host.webhook("POST", "instances/states/resume")).status).toBe(500);
    expect((await host.webhook("POST", "instances/states/suspend?reason=r")).status).toBe(202);
    await host.inState("states", "Suspended");
    expect((await host.webhook("POST", "instances/states/suspend")).status).toBe(500);
    await host.client.terminate("states", "done");
  });

  test("restart an instance under a new id or its own, with the same input", async () => {
    await host.run("Give", { n: 1 }, "restarted");
    const anew = await host.webhook("POST", "instances/restarted/restart");
    expect(anew.status).toBe(202);
    const id = String(at(await anew.json(), "id"));
    expect(id).not.toBe("restarted");
    expect((await host.end(id)).output).toEqual({ input: { n: 1 } });
    const same = await host.webhook("POST", "instances/restarted/restart?restartWithNewInstanceId=false");
    expect(at(await same.json(), "id")).toBe("restarted");
    expect((await host.webhook("POST", "instances/nope/restart")).status).toBe(400);
  });

  test("purge one instance, and by filter only with a time to begin from", async () => {
    await host.run("Give", 1, "to-purge");
    const purged = await host.webhook("DELETE", "instances/to-purge");
    expect([purged.status, await purged.json()]).toEqual([200, { instancesDeleted: 1 }]);
    const unbounded = await host.webhook("DELETE", "instances");
    expect(unbounded.status).toBe(400);
    expect(await unbounded.json()).toBe("Please provide value for 'createdTimeFrom' parameter.");
  });
});

describe("lists", () => {
  test("come in pages of the size asked for, with a token for the next", async () => {
    for (const it of ["l1", "l2", "l3"]) await host.run("Give", it, it);
    const first = await host.webhook("GET", "instances?top=2&instanceIdPrefix=l");
    expect(await first.json()).toMatchObject([{ instanceId: "l1" }, { instanceId: "l2" }]);
    const token = first.headers.get("x-ms-continuation-token") ?? "";
    expect(token).not.toBe("");
    const second = await host.webhook("GET", "instances?top=2&instanceIdPrefix=l", {
      headers: { "x-ms-continuation-token": token },
    });
    expect(await second.json()).toMatchObject([{ instanceId: "l3" }]);
    expect(second.headers.get("x-ms-continuation-token")).toBeNull();
  });

  test("leave inputs out when told to, and filter by several states", async () => {
    await host.run("Give", "secret", "quiet");
    await host.run("Broken", undefined, "loud");
    const response = await host.webhook("GET", "instances/?runtimeStatus=Failed,Completed&showInput=false");
    const all = z
      .array(z.looseObject({ input: z.unknown(), runtimeStatus: z.string() }))
      .parse(await response.json());
    expect(all.every((it) => it.input === null)).toBe(true);
    expect(new Set(all.map((it) => it.runtimeStatus))).toEqual(new Set(["Completed", "Failed"]));
  });
});

describe("histories", () => {
  test("show calls folded into their results and episodes left out", async () => {
    await host.run("FanOut", undefined, "fan");
    const events = await shownEvents(host, "fan", "&showHistoryOutput=true");
    expect(events.map((it) => it.EventType)).toEqual([
      "ExecutionStarted",
      "TaskCompleted",
      "TaskCompleted",
      "TaskCompleted",
      "ExecutionCompleted",
    ]);
    expect([...new Set(events.flatMap((it) => Object.keys(it)))].toSorted()).toEqual([
      "Correlation",
      "EventType",
      "FailureDetails",
      "FunctionName",
      "GenerateNewTrace",
      "Generation",
      "Input",
      "OrchestrationStatus",
      "ParentTraceContext",
      "Result",
      "ScheduledStartTime",
      "ScheduledTime",
      "Timestamp",
    ]);
    expect(events[1]).toMatchObject({ FunctionName: "Square", Result: 1, Input: "[1]" });
  });

  test("show no outputs and no inputs unless asked", async () => {
    await host.run("FanOut", undefined, "bare");
    const events = await shownEvents(host, "bare", "&showInput=false");
    expect(events.some((it) => "Result" in it || "Input" in it)).toBe(false);
  });

  test("show a call that is still open on its own", async () => {
    await running("open");
    const events = await shownEvents(host, "open");
    expect(events.map((it) => it.EventType)).toEqual(["ExecutionStarted"]);
  });

  test("are not shown for an instance that has not begun", async () => {
    await host.client.startNew("NoSuchOrchestrator", { instanceId: "pending" });
    const response = await host.webhook("GET", "instances/pending?showHistory=true");
    expect(await response.json()).not.toHaveProperty("historyEvents");
  });
});
