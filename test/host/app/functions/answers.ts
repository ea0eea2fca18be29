import { app, type HttpRequest, output, trigger } from "@azure/functions";

/** What a handler returns, TypeScript or not: apps in JavaScript return anything. */
const answers: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  empty: () => ({}),
  status: () => ({ status: 418, body: "teapot" }),
  "text-status": () => ({ status: "201", body: "x" }),
  json: () => ({ jsonBody: { a: 1, n: null } }),
  problem: () => ({ jsonBody: { a: 1 }, headers: { "content-type": "application/problem+json" } }),
  bytes: () => ({ body: new Uint8Array([0, 1, 2, 255]) }),
  headers: () => ({ headers: { "X-One": "1", "Retry-After": "7" }, body: "h" }),
  cookies: () => ({
    cookies: [
      { name: "a", value: "b", maxAge: 60, httpOnly: true, secure: true, sameSite: "Strict" },
      { name: "c", value: "d e", expires: new Date(0.5 * 86_400_000), domain: "x.test" },
    ],
  }),
  202: () => ({ status: 202, headers: { Location: "/elsewhere" } }),
  204: () => ({ status: 204 }),
  304: () => ({ status: 304, headers: { ETag: '"x"' } }),
  throw: () => {
    throw new Error("kaput <b>");
  },
  "throw-text": () => {
    // oxlint-disable-next-line no-throw-literal -- apps do throw anything, and the host has to live with it
    throw "just text";
  },
  text: () => "a bare string",
  number: () => 42,
  cyclic: () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    return { jsonBody: cyclic };
  },
  unicode: () => ({ jsonBody: { s: "žluťoučký 🐎" } }),
  "own-nosniff": () => ({ headers: { "x-content-type-options": "mine" } }),
};

app.generic("answer", {
  trigger: trigger.http({ route: "answer/{kind}", methods: ["GET"] }),
  return: output.http({}),
  handler: (request: HttpRequest) => answers[request.params["kind"] ?? ""]?.(),
});

app.http("logs", {
  methods: ["GET"],
  handler: (_request, context) => {
    context.log("said %s", "something");
    context.warn("said a warning");
    context.debug("said a detail");
    return { body: "ok" };
  },
});
