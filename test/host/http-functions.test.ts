import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RawResponse, rawRequest } from "./raw-request.ts";
import { type ObservedHost, startObserved } from "./sample-host.ts";

let host: ObservedHost;
beforeAll(async () => {
  host = await startObserved();
});
afterAll(() => host.stop());

type Given = Parameters<typeof rawRequest>[3];
const ask = (method: string, path: string, given?: Given): Promise<RawResponse> =>
  rawRequest(host.url, method, path, given);
const get = (path: string): Promise<RawResponse> => ask("GET", path);
const json = async (response: Promise<RawResponse>): Promise<Record<string, unknown>> =>
  JSON.parse((await response).body.toString());

/** What the real host answers when it has no function for a request: nothing at all. */
const isEmpty404 = async (response: Promise<RawResponse>): Promise<void> => {
  const { status, body, headers } = await response;
  expect({ status, text: body.toString(), type: headers["content-type"] }).toEqual({
    status: 404,
    text: "",
    type: undefined,
  });
};

describe("what a handler gets", () => {
  test.each(["GET", "DELETE", "OPTIONS"])("a %s without a body", async (method) => {
    expect(await json(ask(method, "/api/echo/ann?x=1&y=a%20b"))).toMatchObject({
      method,
      path: "/api/echo/ann",
      params: { name: "ann" },
      query: { x: "1", y: "a b" },
      type: null,
      length: 0,
    });
  });

  test.each(["POST", "PUT", "PATCH"])("the body of a %s, byte for byte", async (method) => {
    const body = new Uint8Array([0, 255, 10, 13, 7]);
    const headers = { "content-type": "application/x-thing", "X-Custom": "v" };
    expect(await json(ask(method, "/api/echo", { headers, body }))).toMatchObject({
      method,
      type: "application/x-thing",
      custom: "v",
      length: 5,
      first: [0, 255, 10, 13],
    });
  });

  test("repeated query keys joined by a comma, whatever their case", async () => {
    const { query } = await json(get("/api/echo?x=1&y=0&X=2&x=3"));
    expect(query).toEqual({ x: "1,2,3", y: "0" });
  });

  test("a plus as a space in the query and as a plus in the path", async () => {
    expect(await json(get("/api/echo/a+b?q=a+b"))).toMatchObject({
      params: { name: "a+b" },
      query: { q: "a b" },
    });
  });

  test("route parameters decoded, but for an encoded slash", async () => {
    expect(await json(get("/api/echo/a%2Fb%20c"))).toMatchObject({
      path: "/api/echo/a%2Fb%20c",
      params: { name: "a%2Fb c" },
    });
    expect(await json(get("/api/echo/%C5%BElu%C5%A5"))).toMatchObject({ params: { name: "žluť" } });
  });

  test("bytes that are no UTF-8 still encoded", async () => {
    expect(await json(get("/api/echo/%ff%20"))).toMatchObject({ params: { name: "%ff%20" } });
  });

  test("cookies", async () => {
    const headers = { cookie: "a=b; c=d" };
    expect(await json(ask("GET", "/api/echo", { headers }))).toMatchObject({ cookie: "a=b; c=d" });
  });

  test("a body of two megabytes", async () => {
    const body = "x".repeat(2_000_000);
    expect(await json(ask("POST", "/api/echo", { body }))).toMatchObject({ length: 2_000_000 });
  });

  test("JSON with a byte order mark", async () => {
    expect(await json(ask("POST", "/api/json", { body: '\uFEFF{"a":1}' }))).toEqual({
      got: { a: 1 },
    });
  });

  test.each(['{"a":', ""])("an error for JSON that is none: %j", async (body) => {
    const response = await ask("POST", "/api/json", { body });
    expect([response.status, response.body.length]).toEqual([500, 0]);
  });
});

describe("which function answers", () => {
  test("an optional parameter may be left out, with or without a slash", async () => {
    expect(await json(get("/api/echo"))).toMatchObject({ params: {}, path: "/api/echo" });
    expect(await json(get("/api/echo/"))).toMatchObject({ params: {}, path: "/api/echo/" });
    expect(await json(get("/api/echo/ann/"))).toMatchObject({ params: { name: "ann" } });
  });

  test("paths match without regard to case", async () => {
    expect(await json(get("/API/Echo/Ann"))).toMatchObject({
      path: "/API/Echo/Ann",
      params: { name: "Ann" },
    });
  });

  test("dot segments are resolved first", async () => {
    expect(await json(get("/api/rest/../echo/ann"))).toMatchObject({ path: "/api/echo/ann" });
  });

  test.each(["/api/nothing", "/echo/ann", "/api", "//api/echo/ann", "/api//echo/ann"])(
    "none for %s",
    async (path) => isEmpty404(get(path)),
  );

  test.each(["POST", "DELETE", "HEAD", "OPTIONS"])(
    "none for %s on a GET route: 404 and not 405",
    async (method) => isEmpty404(ask(method, "/api/getonly")),
  );

  test("a literal segment before a parameter", async () => {
    expect((await get("/api/item/special")).body.toString()).toBe("literal");
    expect(await json(get("/api/item/other"))).toEqual({ id: "other" });
    expect(await json(get("/api/item/a/b"))).toEqual({ id: "a", version: "b" });
  });

  test("constraints decide between a value and 404", async () => {
    const id = "7c1e8e0e-0000-4000-8000-000000000001";
    expect(await json(get(`/api/guid/${id}`))).toEqual({ id });
    await isEmpty404(get("/api/guid/nope"));
    expect(await json(get("/api/int/7"))).toEqual({ n: "7" });
    await isEmpty404(get("/api/int/0"));
    await isEmpty404(get("/api/int/x"));
    expect(await json(get("/api/alpha/abc/xyz"))).toEqual({ a: "abc", b: "xyz" });
    await isEmpty404(get("/api/alpha/ab1/xyz"));
    await isEmpty404(get("/api/alpha/abc/x"));
    expect(await json(get("/api/code/123-ABC"))).toEqual({ code: "123-ABC" });
    await isEmpty404(get("/api/code/1234-abc"));
  });

  test("a catch-all takes the rest, encoded slashes and all, or nothing", async () => {
    expect(await json(get("/api/rest/a/b/c.txt"))).toEqual({ path: "a/b/c.txt" });
    expect(await json(get("/api/rest/a%20b/c%2Fd"))).toEqual({ path: "a b/c%2Fd" });
    expect(await json(get("/api/rest"))).toEqual({});
  });

  test("parameters within one segment and defaults", async () => {
    expect(await json(get("/api/file/a.b.txt"))).toEqual({ name: "a.b", extension: "txt" });
    expect(await json(get("/api/paged"))).toEqual({ page: "1" });
    expect(await json(get("/api/paged/3"))).toEqual({ page: "3" });
  });

  test("a function without a route answers under its name", async () => {
    expect((await get("/api/noRoute")).body.toString()).toBe("default route");
  });

  test("function keys are not asked for, nor is a wrong one refused", async () => {
    expect((await get("/api/keyed")).status).toBe(200);
    expect((await get("/api/keyed?code=wrong")).status).toBe(200);
  });
});

describe("what a caller gets", () => {
  const answer = (kind: string): Promise<RawResponse> => get(`/api/answer/${kind}`);
  const summary = async (kind: string): Promise<unknown> => {
    const { status, headers, body } = await answer(kind);
    return { status, type: headers["content-type"], text: body.toString() };
  };

  test.each(["undefined", "null"])("204 when a handler returns %s", async (kind) => {
    expect(await summary(kind)).toEqual({ status: 204, type: undefined, text: "" });
  });

  test("200 without a type when it returns an empty object", async () => {
    expect(await summary("empty")).toEqual({ status: 200, type: undefined, text: "" });
  });

  test("the status and text it gives, the status as text too", async () => {
    const type = "text/plain;charset=UTF-8";
    expect(await summary("status")).toEqual({ status: 418, type, text: "teapot" });
    expect(await summary("text-status")).toEqual({ status: 201, type, text: "x" });
  });

  test("JSON, under its own type or the one given", async () => {
    expect(await summary("json")).toEqual({
      status: 200,
      type: "application/json",
      text: '{"a":1,"n":null}',
    });
    expect(await summary("problem")).toMatchObject({ type: "application/problem+json" });
    expect(await summary("unicode")).toMatchObject({ text: '{"s":"žluťoučký 🐎"}' });
  });

  test("bytes untouched and without a type", async () => {
    const { headers, body } = await answer("bytes");
    expect([...body]).toEqual([0, 1, 2, 255]);
    expect(headers["content-type"]).toBeUndefined();
  });

  test("headers", async () => {
    const { headers } = await answer("headers");
    expect(headers).toMatchObject({ "x-one": "1", "retry-after": "7" });
  });

  test("cookies as ASP.NET Core writes them", async () => {
    expect((await answer("cookies")).headers["set-cookie"]).toEqual([
      "a=b; max-age=60; path=/; secure; samesite=strict; httponly",
      "c=d%20e; expires=Thu, 01 Jan 1970 12:00:00 GMT; domain=x.test; path=/",
    ]);
  });

  test("statuses that carry no body", async () => {
    const accepted = await answer("202");
    expect([accepted.status, accepted.headers["location"]]).toEqual([202, "/elsewhere"]);
    expect((await answer("204")).status).toBe(204);
    const notModified = await answer("304");
    expect([notModified.status, notModified.headers["etag"]]).toEqual([304, '"x"']);
  });

  test.each(["throw", "throw-text", "text", "number", "cyclic"])(
    "an empty 500 that tells nothing when a handler fails: %s",
    async (kind) => {
      expect(await summary(kind)).toEqual({ status: 500, type: undefined, text: "" });
    },
  );

  test("the headers host.json adds to every response, unless the function sets them", async () => {
    expect((await answer("json")).headers["x-content-type-options"]).toBe("nosniff");
    expect((await answer("own-nosniff")).headers["x-content-type-options"]).toBe("mine");
  });

  test("the head of a response alone for HEAD", async () => {
    const { status, headers, body } = await ask("HEAD", "/api/echo/ann");
    expect([status, headers["content-type"], body.length]).toEqual([200, "application/json", 0]);
  });
});

test("a request that no function answers is explained in the log, though not to the caller", async () => {
  await isEmpty404(ask("POST", "/api/getonly"));
  expect(host.messages().at(-1)).toBe("No function takes POST /api/getonly: getOnly takes GET");
  await isEmpty404(get("/api/nothing"));
  expect(host.messages().at(-1)).toBe("No function has a route for GET /api/nothing");
});

test("a failing function is named in the log with its reason, and the host goes on", async () => {
  await get("/api/answer/throw");
  const failure = host.logged.findLast((it) => it.outcome === "failed");
  expect(failure).toMatchObject({ functionName: "answer", category: "Function.answer" });
  expect(failure?.error?.message).toBe("kaput <b>");
  expect((await get("/api/getonly")).status).toBe(200);
});
