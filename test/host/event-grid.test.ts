import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type ObservedHost, startObserved } from "./sample-host.ts";

let host: ObservedHost;
beforeAll(async () => {
  host = await startObserved();
});
afterAll(() => host.stop());
beforeEach(() => seen());

const deliver = (
  body: unknown,
  headers: Record<string, string> = { "aeg-event-type": "Notification" },
  functionName = "onEvent",
): Promise<Response> =>
  fetch(`${host.url}/runtime/webhooks/EventGrid?functionName=${functionName}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const seen = async (): Promise<unknown> => (await fetch(`${host.url}/api/seenEvents`)).json();

const event = (subject: string): object => ({
  id: `id-${subject}`,
  subject,
  eventType: "Microsoft.KeyVault.SecretNearExpiry",
  eventTime: "2026-01-02T03:04:05.1234567Z",
  data: { Id: "https://v.vault.azure.net/secrets/s" },
  dataVersion: "1",
});

test("the validation handshake of the Event Grid schema", async () => {
  const response = await deliver([{ data: { validationCode: "C0DE", validationUrl: "https://x" } }], {
    "aeg-event-type": "SubscriptionValidation",
  });
  expect([response.status, await response.json()]).toEqual([200, { validationResponse: "C0DE" }]);
});

test("the validation handshake of a CloudEvent whose data is JSON within JSON", async () => {
  const data = JSON.stringify({ validationCode: "C0DE" });
  const response = await deliver({ data }, { "aeg-event-type": "subscriptionvalidation" });
  expect(await response.json()).toEqual({ validationResponse: "C0DE" });
});

test.each([
  ["eventgrid.azure.us", "eventgrid.azure.us"],
  ["evil.example", "eventgrid.azure.net"],
  [undefined, "eventgrid.azure.net"],
])("the CloudEvents handshake from %s allows %s", async (origin, allowed) => {
  const response = await fetch(`${host.url}/runtime/webhooks/eventgrid?functionName=onEvent`, {
    method: "OPTIONS",
    headers: origin === undefined ? {} : { "WebHook-Request-Origin": origin },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("webhook-allowed-origin")).toBe(allowed);
});

test("each event of a delivery is one run, with times left as text", async () => {
  expect((await deliver([event("a"), event("b")])).status).toBe(202);
  expect(await seen()).toEqual([event("a"), event("b")]);
});

test("a single CloudEvent is delivered too", async () => {
  const cloudEvent = { specversion: "1.0", type: "x", source: "/s", id: "1", data: { a: 1 } };
  const headers = {
    "aeg-event-type": "Notification",
    "content-type": "application/cloudevents+json; charset=utf-8",
  };
  expect((await deliver(cloudEvent, headers)).status).toBe(202);
  expect(await seen()).toEqual([cloudEvent]);
});

test("a function that takes batches gets one run with all", async () => {
  const headers = { "aeg-event-type": "Notification" };
  await deliver([event("a"), event("b")], headers, "onBatch");
  expect(await seen()).toEqual([[event("a"), event("b")]]);
});

test("one failing event fails the delivery, so that Event Grid sends all of it again", async () => {
  const response = await deliver([event("fine"), event("poison")]);
  expect(response.status).toBe(500);
  expect(await response.text()).toMatch(/onEvent/);
  expect(await seen()).toEqual([event("fine")]);
});

test("an unsubscription is accepted; anything else without a known event type is refused", async () => {
  expect((await deliver([], { "aeg-event-type": "Unsubscribe" })).status).toBe(202);
  expect((await deliver([event("a")], {})).status).toBe(400);
});

test.each(["{", '"text"', "7"])("a delivery of %s is an error that names the function", async (body) => {
  expect((await deliver(body)).status).toBe(500);
  expect(host.logged.at(-1)).toMatchObject({ level: "error", functionName: "onEvent" });
});

test.each(["nosuch", "ONEVENT", "echo"])("no function %s takes events", async (name) => {
  const response = await deliver([event("a")], undefined, name);
  expect([response.status, await response.text()]).toEqual([404, `cannot find function: '${name}'`]);
});
