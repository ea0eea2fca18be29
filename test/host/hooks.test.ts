import { app, type PostInvocationContext } from "@azure/functions";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ObservedHost, startObserved } from "./sample-host.ts";

const order: string[] = [];
let post: (context: PostInvocationContext) => void = () => undefined;

function hookedApp(): void {
  app.hook.appStart((context) => {
    context.hookData["started"] = true;
    order.push("appStart");
  });
  app.hook.appTerminate((context) => void order.push(`appTerminate ${String(context.hookData["started"])}`));
  app.hook.preInvocation((context) => {
    order.push(`pre ${context.invocationContext.functionName}`);
    context.hookData["from"] = "pre";
    if (context.invocationContext.functionName === "refused") throw new Error("refused by a hook");
    if (context.invocationContext.functionName === "replaced")
      context.functionHandler = () => ({ body: "another handler" });
  });
  app.hook.preInvocation(() => void order.push("second pre")).dispose();
  app.hook.postInvocation((context) => {
    order.push(`post ${String(context.hookData["from"])}`);
    post(context);
  });
  app.hook.log((context) => {
    if (context.category === "user") context.message = context.message.replace(/hunter2/, "[redacted]");
  });
  app.get("plain", (_request, context) => {
    context.log("password hunter2");
    return { body: "plain" };
  });
  app.get("replaced", () => ({ body: "never" }));
  app.get("refused", () => ({ body: "never" }));
  app.get("throws", () => {
    throw new Error("kaput");
  });
}

let host: ObservedHost;
beforeAll(async () => {
  host = await startObserved({ app: hookedApp });
});
afterAll(() => host.stop());

const get = async (name: string): Promise<[number, string]> => {
  const response = await fetch(`${host.url}/api/${name}`);
  return [response.status, await response.text()];
};

test("hooks run in order around an invocation and share its data", async () => {
  order.length = 0;
  expect(await get("plain")).toEqual([200, "plain"]);
  expect(order).toEqual(["pre plain", "post pre"]);
});

test("a hook may replace the handler, the result and the error", async () => {
  expect(await get("replaced")).toEqual([200, "another handler"]);
  post = (context) => void (context.result = { status: 201, body: "another result" });
  expect(await get("plain")).toEqual([201, "another result"]);
  post = (context) => {
    context.error = null;
    context.result = { body: "healed" };
  };
  expect(await get("throws")).toEqual([200, "healed"]);
  post = (context) => void (context.error = new Error("spoilt"));
  expect(await get("plain")).toEqual([500, ""]);
  post = () => undefined;
});

test("a hook that throws fails the invocation, which says so", async () => {
  expect(await get("refused")).toEqual([500, ""]);
  expect(host.logged.at(-1)?.error?.message).toBe("refused by a hook");
});

test("a log hook may change what is logged", async () => {
  await get("plain");
  expect(host.messages()).toContain("password [redacted]");
  expect(host.messages().join()).not.toMatch(/hunter2/);
});

test("start and terminate hooks run once with each start", async () => {
  order.length = 0;
  await host.stop();
  host = await startObserved({ app: hookedApp });
  expect(order).toEqual(["appTerminate true", "appStart"]);
});
