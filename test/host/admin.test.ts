import { afterAll, beforeAll, expect, test } from "vitest";
import { type ObservedHost, startObserved } from "./sample-host.ts";

let host: ObservedHost;
beforeAll(async () => {
  host = await startObserved({
    environment: { "AzureWebJobs.getOnly.Disabled": "true", AzureWebJobs_never_Disabled: "0" },
  });
});
afterAll(() => host.stop());

const run = (name: string, body = "{}", type = "application/json"): Promise<Response> =>
  fetch(`${host.url}/admin/functions/${name}`, {
    method: "POST",
    headers: { "content-type": type, "x-functions-key": "anything" },
    body,
  });
const get = (path: string): Promise<Response> => fetch(`${host.url}${path}`);

test("the status says that the host runs", async () => {
  const response = await get("/admin/host/status");
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  const status: unknown = await response.json();
  expect(Object.keys(Object(status))).toEqual([
    "id",
    "state",
    "version",
    "versionDetails",
    "platformVersion",
    "instanceId",
    "computerName",
    "processUptime",
    "functionAppContentEditingState",
  ]);
});

test("a ping is answered with nothing and not cached", async () => {
  const response = await get("/admin/host/ping");
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(response.headers.get("cache-control")).toBe("no-store,no-cache");
});

test("the list of functions names all, with bindings and where to call them", async () => {
  const functions: unknown = await (await get("/admin/functions")).json();
  const find = (name: string): unknown =>
    Array.isArray(functions) ? functions.find((it: unknown) => Object(it).name === name) : undefined;
  expect(find("echo")).toMatchObject({
    invoke_url_template: `${host.url}/api/echo/{name?}`,
    isDisabled: false,
    config: { bindings: [{ type: "httpTrigger" }, { type: "http", direction: "out" }] },
  });
  expect(find("never")).toMatchObject({ invoke_url_template: null, isDisabled: false });
  expect(find("getOnly")).toMatchObject({ isDisabled: true });
});

test("a timer runs now, its schedule notwithstanding, whatever the case of its name", async () => {
  const response = await run("NEVER", '{"input":"x"}');
  expect([response.status, await response.text()]).toEqual([202, ""]);
  await host.settled();
  expect(await (await get("/api/firedTimers")).json()).toEqual([
    { schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false },
  ]);
});

test("an Event Grid function runs with the input it is given", async () => {
  const input = JSON.stringify({ subject: "by hand" });
  expect((await run("onEvent", JSON.stringify({ input }))).status).toBe(202);
  await host.settled();
  expect(await (await get("/api/seenEvents")).json()).toEqual([{ subject: "by hand" }]);
});

test("an HTTP function runs with the input as its body", async () => {
  expect((await run("parseJson", '{"input":{"a":1}}')).status).toBe(202);
  await host.settled();
  expect(host.logged.findLast((it) => it.functionName === "parseJson")).toMatchObject({
    outcome: "succeeded",
  });
});

test("bad calls are refused", async () => {
  expect((await run("nosuch")).status).toBe(404);
  expect((await run("never", "{")).status).toBe(400);
  expect((await run("never", "")).status).toBe(400);
  expect((await run("never", "x", "text/plain")).status).toBe(415);
  expect((await get("/admin/nosuch")).status).toBe(404);
  expect((await get("/admin/functions/nosuch")).status).toBe(404);
});

test("a function switched off by its setting does not answer", async () => {
  expect((await get("/api/getonly")).status).toBe(404);
});
