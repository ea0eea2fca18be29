import { app } from "@azure/functions";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HostOptions } from "../../local/host/host.ts";
import { type ObservedHost, startObserved } from "./sample-host.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "host-app-"));
  symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes an app folder; text by path. */
function writeApp(files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const packageJson = '{"type":"module","main":"src/*.js"}';
const hostJson = '{"version":"2.0"}';
const oneFunction = (name: string): string =>
  `import { app } from "@azure/functions"; app.get("${name}", { handler: () => ({ body: "${name}" }) });`;

const textOf = async (host: ObservedHost, path: string): Promise<string> =>
  (await fetch(`${host.url}${path}`)).text();

describe("an app folder that is none is refused", () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ["no host.json", { "package.json": packageJson }, /host\.json/],
    ["no package.json", { "host.json": hostJson }, /package\.json/],
    ["no main", { "host.json": hostJson, "package.json": "{}" }, /"main"/],
    [
      "a main that names no file",
      { "host.json": hostJson, "package.json": packageJson },
      /src\/\*\.js.*no file/,
    ],
    ["a package.json that is no JSON", { "host.json": hostJson, "package.json": "{" }, /package\.json/],
  ])("%s", async (_what, files, message) => {
    await expect(startObserved({ app: writeApp(files) })).rejects.toMatchObject({
      code: "APP_INVALID",
      message: expect.stringMatching(message),
    });
  });

  test("a folder that does not exist", async () => {
    const missing = join(folder, "nowhere");
    await expect(startObserved({ app: missing })).rejects.toMatchObject({ code: "APP_INVALID" });
  });
});

test.each([
  ["{", /not JSON/],
  ['{"version":"1.0"}', /version/],
  ['{"version":"2.0","extensions":{"http":{"maxConcurrentRequests":"many"}}}', /maxConcurrentRequests/],
  ['{"version":"2.0","extensions":{"durableTask":{"hubName":"a-b"}}}', /hubName/],
  ['{"version":"2.0","logging":{"logLevel":{"default":"Loud"}}}', /logLevel/],
  ['{"version":"2.0","functionTimeout":"soon"}', /functionTimeout/],
])("host.json %s is refused, naming the place", async (text, message) => {
  await expect(startObserved({ app: () => undefined, hostJson: text })).rejects.toMatchObject({
    code: "HOST_JSON_INVALID",
    message: expect.stringMatching(message),
  });
});

test("settings of host.json that do nothing here are each said once, with the reason", async () => {
  const text = JSON.stringify({
    version: "2.0",
    extensionBundle: { id: "x", version: "[4.*, 5.0.0)" },
    extensions: {
      http: { routePrefix: "x", hsts: { isEnabled: true } },
      durableTask: { storageProvider: { partitionCount: 4 }, surprise: 1 },
      queues: { batchSize: 1 },
    },
  });
  await using host = await startObserved({ app: () => undefined, hostJson: text });
  expect(host.messages().filter((it) => it.startsWith("host.json:"))).toEqual([
    expect.stringMatching(/^host\.json: extensionBundle is ignored: .+/),
    expect.stringMatching(/^host\.json: extensions\.http\.hsts is ignored: .+/),
    expect.stringMatching(/^host\.json: extensions\.durableTask\.storageProvider is ignored: .+/),
    "host.json: extensions.durableTask.surprise is ignored: not known to this host",
    "host.json: extensions.queues is ignored: not known to this host",
  ]);
});

test("the environment overrides host.json as in the real host", async () => {
  await using host = await startObserved({
    app: registered(() => app.get("here", { handler: () => ({ body: "yes" }) })),
    environment: { AzureFunctionsJobHost__extensions__http__routePrefix: "prefix" },
  });
  expect(await textOf(host, "/prefix/here")).toBe("yes");
});

test("the hub's name may come from a setting", async () => {
  const withHub = (environment: NodeJS.ProcessEnv): Promise<ObservedHost> =>
    startObserved({
      app: () => undefined,
      hostJson: '{"version":"2.0","extensions":{"durableTask":{"hubName":"%HUB%"}}}',
      environment,
    });
  await using host = await withHub({ HUB: "FromSetting" });
  expect(await textOf(host, "/admin/host/status")).toMatch(/"id":"fromsetting"/);
  await expect(withHub({})).rejects.toMatchObject({ code: "HOST_JSON_INVALID" });
});

test("names that differ only in case refuse the start and are both named", async () => {
  const start = startObserved({
    app: registered(() => {
      app.get("Twice", () => ({}));
      app.timer("tWICE", { schedule: "0 0 0 1 1 *", handler: () => undefined });
    }),
  });
  await expect(start).rejects.toMatchObject({
    code: "DUPLICATE_FUNCTION",
    message: expect.stringMatching(/"Twice" and "tWICE"/),
  });
});

test("functions in error are named with the reason, and the others run", async () => {
  await using host = await startObserved({
    app: registered(() => {
      app.get("fine", { route: "same", handler: () => ({ body: "fine" }) });
      app.get("taken", { route: "/SAME/", handler: () => ({}) });
      app.get("reserved", { route: "administration", handler: () => ({}) });
      app.get("odd", { route: "{x:nosuch}", handler: () => ({}) });
      app.get("1st", { handler: () => ({}) });
    }),
  });
  const errors = host.logged.filter((it) => it.level === "error").map((it) => it.message);
  expect(errors).toEqual([
    expect.stringMatching(/'1st' .*not a valid function name/),
    expect.stringMatching(/'taken' .*"fine"/),
    expect.stringMatching(/'reserved' .*built-in/),
    expect.stringMatching(/'odd' .*nosuch/),
  ]);
  expect(await textOf(host, "/api/same")).toBe("fine");
  const status = await (await fetch(`${host.url}/admin/host/status`)).json();
  expect(status).toMatchObject({ errors: expect.arrayContaining([expect.stringMatching(/odd/)]) });
});

test("triggers, bindings and retry policies that do nothing here are said by function", async () => {
  await using host = await startObserved({
    app: registered(() => {
      app.storageQueue("onQueue", { queueName: "q", connection: "C", handler: () => undefined });
      app.generic("retried", {
        trigger: { type: "eventGridTrigger", name: "event" },
        retry: { strategy: "fixedDelay", maxRetryCount: 2, delayInterval: 1 },
        extraInputs: [{ type: "blob", name: "blob" }],
        handler: () => undefined,
      });
    }),
  });
  expect(host.messages()).toEqual([
    expect.stringMatching(/^onQueue: nothing fires a queueTrigger/),
    expect.stringMatching(/^retried: its retry policy is ignored/),
    expect.stringMatching(/^retried: its blob in binding does nothing/),
  ]);
});

describe("a function file that fails to load", () => {
  const files = {
    "host.json": hostJson,
    "package.json": packageJson,
    "src/a-good.js": oneFunction("good"),
    "src/b-half.js": `${oneFunction("half")} throw new Error("kaput");`,
    "src/c-syntax.js": "this is no code",
    "src/d-fine.js": oneFunction("fine"),
  };

  test("is named, contributes no function, and the others are loaded", async () => {
    await using host = await startObserved({ app: writeApp(files) });
    const errors = host.logged.filter((it) => it.level === "error").map((it) => it.message);
    expect(errors).toEqual([
      expect.stringMatching(/"src\/b-half\.js": kaput/),
      expect.stringMatching(/"src\/c-syntax\.js"/),
    ]);
    expect(host.functions.map((it) => it.name)).toEqual(["good", "fine"]);
    expect(await textOf(host, "/api/fine")).toBe("fine");
  });

  test("stops the start when the app asks for that", async () => {
    const environment = { FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR: "true" };
    await expect(startObserved({ app: writeApp(files), environment })).rejects.toMatchObject({
      code: "ENTRY_POINT_FAILED",
      message: expect.stringMatching(/b-half\.js/),
    });
  });
});

describe("local.settings.json", () => {
  const files = { "host.json": hostJson, "package.json": packageJson, "src/a.js": oneFunction("a") };
  const withSettings = (settings: string): string => writeApp({ ...files, "local.settings.json": settings });

  test("goes into the environment, but what is set there wins", async () => {
    const environment: NodeJS.ProcessEnv = { SET: "outside" };
    const settings =
      '{"IsEncrypted":false,"Values":{"SET":"file","NEW":"file"},"Host":{"CORS":"*"},"Typo":1}';
    await using host = await startObserved({ app: withSettings(settings), environment });
    expect(environment).toMatchObject({
      SET: "outside",
      NEW: "file",
      WEBSITE_HOSTNAME: new URL(host.url).host,
    });
    expect(host.messages()).toEqual([
      "local.settings.json: Host.CORS is ignored",
      "local.settings.json: Typo is ignored",
    ]);
  });

  test.each(["{", '{"IsEncrypted":true}', '{"Values":{"A":{"secret":"s3cret"}}}'])(
    "%s is refused without showing a value",
    async (text) => {
      const start = startObserved({ app: withSettings(text) });
      await expect(start).rejects.toMatchObject({
        code: "LOCAL_SETTINGS_INVALID",
        message: expect.not.stringMatching(/s3cret/),
      });
    },
  );
});

test("a port in use is said by number", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await expect(startObserved({ app: () => undefined, port })).rejects.toMatchObject({
    code: "ADDRESS_IN_USE",
    message: expect.stringContaining(String(port)),
  });
  other.close();
});

test("a second app beside a running one is refused, and may have the process after it", async () => {
  const second = registered(() => app.get("second", () => ({ body: "second" })));
  const first = await startObserved({ app: registered(() => app.get("first", () => ({}))) });
  await expect(startObserved({ app: second })).rejects.toMatchObject({ code: "PROCESS_TAKEN" });
  await first.stop();
  await using host = await startObserved({ app: second });
  expect(await textOf(host, "/api/second")).toBe("second");
});

describe("limits", () => {
  const slow = Promise.withResolvers<void>();
  const limited = (limits: object, environment: NodeJS.ProcessEnv = {}): Partial<HostOptions> => ({
    app: limitedApp,
    environment,
    hostJson: JSON.stringify({ version: "2.0", extensions: { http: limits } }),
  });
  let running = 0;
  let most = 0;
  function limitedApp(): void {
    app.http("measure", {
      methods: ["POST"],
      handler: async (request) => ({ body: String((await request.text()).length) }),
    });
    app.http("slow", {
      methods: ["GET"],
      handler: async () => {
        most = Math.max(most, ++running);
        await slow.promise;
        running--;
        return {};
      },
    });
    app.get("endless", () => new Promise(() => undefined));
  }

  test("a body over the limit is refused with 413 and the function's name in the log", async () => {
    const environment = { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "1000" };
    await using host = await startObserved(limited({}, environment));
    const send = (size: number): Promise<Response> =>
      fetch(`${host.url}/api/measure`, { method: "POST", body: "x".repeat(size) });
    expect((await send(1000)).status).toBe(200);
    expect((await send(1001)).status).toBe(413);
    const stream = new Blob(["x".repeat(5000)]).stream();
    const chunked = { method: "POST", body: stream, duplex: "half" } as const;
    expect((await fetch(`${host.url}/api/measure`, chunked)).status).toBe(413);
    expect(host.logged.at(-1)).toMatchObject({ level: "error", functionName: "measure" });
    expect((await send(10)).status).toBe(200);
  });

  test("no more requests run at once than allowed, and those over the queue get 429", async () => {
    const limits = { maxConcurrentRequests: 2, maxOutstandingRequests: 4 };
    await using host = await startObserved(limited(limits));
    const statuses: number[] = [];
    const all = Array.from({ length: 6 }, async () => {
      const { status } = await fetch(`${host.url}/api/slow`);
      statuses.push(status);
      if (statuses.length === 2) slow.resolve();
    });
    await Promise.all(all);
    expect(most).toBe(2);
    // Every slot was given back.
    expect((await fetch(`${host.url}/api/slow`)).status).toBe(200);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 429, 429]);
  });

  test("a function that runs longer than functionTimeout is given up on", async () => {
    const brief = '{"version":"2.0","functionTimeout":"00:00:00.050"}';
    await using host = await startObserved({ ...limited({}), hostJson: brief });
    expect((await fetch(`${host.url}/api/endless`)).status).toBe(500);
    expect(host.logged.at(-1)?.error?.message).toMatch(/Timeout .*endless/);
  });
});

/** A start function that is an app of its own, even when its text equals another's. */
function registered(register: () => void): () => void {
  return () => register();
}
