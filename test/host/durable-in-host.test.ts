import { app } from "@azure/functions";
import * as df from "durable-functions";
import { expect, test } from "vitest";
import { manualClock } from "../../local/host/clock.ts";
import type { HostLogEntry } from "../../local/host/log.ts";
import { type ObservedHost, startObserved } from "./sample-host.ts";

function durableApp(): void {
  df.app.activity("double", {
    handler: ({ n }: { n: number }, context) => {
      context.log(`doubling ${n}`);
      return { n: n * 2 };
    },
  });
  df.app.orchestration("talkative", function* (context) {
    context.log("begins");
    const first: { n: number } = yield context.df.callActivity("double", { n: 1 });
    context.log(`has ${first.n}`);
    const second: { n: number } = yield context.df.callActivity("double", first);
    context.log("ends");
    return second;
  });
  df.app.orchestration("waits", function* (context) {
    const now = context.df.currentUtcDateTime.getTime();
    yield context.df.createTimer(new Date(now + 72 * 3_600_000));
    return { done: true };
  });
  df.app.orchestration("fails", function* (context) {
    yield context.df.callActivity("double", { n: 1 });
    throw new Error("kaput");
  });
  app.http("start", {
    route: "start/{name}/{id}",
    methods: ["POST"],
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) => {
      const client = df.getClient(context);
      await client.startNew(request.params["name"] ?? "", { instanceId: request.params["id"] ?? "" });
      return client.createCheckStatusResponse(request, request.params["id"] ?? "");
    },
  });
}

const hostJson = '{"version":"2.0","extensions":{"durableTask":{"hubName":"LogHub"}}}';
const hosted = (options = {}): Promise<ObservedHost> =>
  startObserved({ app: durableApp, hostJson, ...options });

/** Asks for an instance's status until it has ended. */
async function ended(host: ObservedHost, id: string): Promise<unknown> {
  for (;;) {
    const url = `${host.url}/runtime/webhooks/durabletask/instances/${id}`;
    const status: unknown = await (await fetch(url)).json();
    if (["Completed", "Failed"].includes(Object(status).runtimeStatus)) return status;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const runLines = (host: ObservedHost): HostLogEntry[] =>
  host.logged.filter((it) => it.outcome !== undefined && it.category.startsWith("Function."));

const start = (host: ObservedHost, name: string, id: string): Promise<Response> =>
  fetch(`${host.url}/api/start/${name}/${id}`, { method: "POST" });

test("an HTTP function starts an orchestration, and its links lead to this host", async () => {
  await using host = await hosted();
  const response = await start(host, "talkative", "one");
  const location = response.headers.get("location") ?? "";
  expect(response.status).toBe(202);
  expect(location.startsWith(`${host.url}/runtime/webhooks/durabletask/instances/one`)).toBe(true);
  expect(await ended(host, "one")).toMatchObject({ runtimeStatus: "Completed", output: { n: 4 } });
});

test("what an orchestrator logs is logged once, however often it is replayed", async () => {
  await using host = await hosted();
  await start(host, "talkative", "one");
  await ended(host, "one");
  const said = host.logged.filter((it) => it.category.endsWith(".User")).map((it) => it.message);
  expect(said).toEqual(["begins", "doubling 1", "has 2", "doubling 2", "ends"]);
});

test("each run of an activity or orchestrator is a line with its instance", async () => {
  await using host = await hosted();
  await start(host, "talkative", "one");
  await ended(host, "one");
  const runs = runLines(host).filter((it) => it.functionName !== "start");
  expect(runs.map((it) => [it.functionName, it.instanceId, it.outcome])).toEqual([
    ["talkative", "one", "succeeded"],
    ["double", "one", "succeeded"],
    ["talkative", "one", "succeeded"],
    ["double", "one", "succeeded"],
    ["talkative", "one", "succeeded"],
  ]);
});

test("an orchestrator that throws is named in the log, and the host goes on", async () => {
  await using host = await hosted();
  await start(host, "fails", "bad");
  expect(await ended(host, "bad")).toMatchObject({ runtimeStatus: "Failed" });
  const failed = runLines(host).filter((it) => it.outcome === "failed");
  expect(failed).toEqual([
    expect.objectContaining({ functionName: "fails", instanceId: "bad", level: "error" }),
  ]);
  expect(failed[0]?.error?.stack).toBe("Error: kaput");
  await start(host, "talkative", "good");
  expect(await ended(host, "good")).toMatchObject({ runtimeStatus: "Completed" });
});

test("a wait of 72 hours is over when the clock says so", async () => {
  const clock = manualClock(Date.parse("2026-01-01T00:00:00Z"));
  await using host = await hosted({ clock });
  await start(host, "waits", "long");
  while (clock.nextTimerAt() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  await clock.advance(72 * 3_600_000 - 60_000);
  const url = `${host.url}/runtime/webhooks/durabletask/instances/long`;
  expect(await (await fetch(url)).json()).toMatchObject({ runtimeStatus: "Running" });
  await clock.advance(60_000);
  expect(await ended(host, "long")).toMatchObject({ output: { done: true } });
});
