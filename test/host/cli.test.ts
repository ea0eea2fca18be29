import { build } from "esbuild";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HostProcess, runHost, startHostProcess } from "./host-process.ts";
import { sampleApp } from "./sample-host.ts";

const stranger = fileURLToPath(new URL("./stranger", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "host-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a stranger's app in CommonJS", () => {
  let host: HostProcess;
  beforeAll(async () => {
    host = await startHostProcess(stranger, "--store", ":memory:");
  });
  afterAll(async () => {
    await host.end("SIGKILL");
  });
  const post = (path: string): Promise<Response> =>
    fetch(`${host.url}${path}`, { method: "POST", body: "three" });

  test("announces itself in one JSON line", () => {
    expect(host.functions).toEqual(["stream", "escape", "hello"]);
    expect(new URL(host.url).hostname).toBe("127.0.0.1");
    expect(host.pid).toBeGreaterThan(0);
  });

  test("runs with its own folder as working directory, its hooks, and no route prefix", async () => {
    expect(await (await fetch(`${host.url}/ann`)).json()).toEqual({
      hello: "ann",
      started: true,
      hooked: "yes",
      notes: "read from the working directory",
      host: new URL(host.url).host,
    });
    expect(await (await fetch(`${host.url}/`)).json()).toMatchObject({ hello: "nobody" });
  });

  test("may stream its bodies", async () => {
    const response = await post("/stream");
    expect([response.status, response.headers.get("x-stream")]).toEqual([201, "yes"]);
    expect(await response.text()).toBe("one two three");
    expect((await post("/stream/throw")).status).toBe(500);
    expect((await post("/stream/nothing")).status).toBe(204);
  });

  test("does not take the host down with a promise nobody waits for", async () => {
    expect((await fetch(`${host.url}/escape`)).status).toBe(200);
    expect((await fetch(`${host.url}/ann`)).status).toBe(200);
    expect(host.log()).toMatch(/error .*unhandledRejection[^]*nobody waits for me/);
  });
});

test.each(["SIGTERM", "SIGINT"] as const)("%s ends the host with 0 and tells the app", async (signal) => {
  await using host = await startHostProcess(stranger, "--store", ":memory:");
  expect(await host.end(signal)).toBe(0);
  expect(host.log()).toMatch(/the app said goodbye/);
});

test("a host told to stop while its app is still loading ends with 0 too", async () => {
  const app = join(folder, "slow");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), '{"main":"main.mjs"}');
  writeFileSync(join(app, "host.json"), '{"version":"2.0"}');
  // Told by itself, so that it surely comes in the middle of loading.
  const loading = 'process.kill(process.pid, "SIGTERM"); await new Promise((done) => setTimeout(done, 50));';
  writeFileSync(join(app, "main.mjs"), loading);
  expect(await runHost("--app", app, "--port", "0", "--store", ":memory:")).toMatchObject({ code: 0 });
});

test("an app bundled into one ES module runs", async () => {
  const app = join(folder, "bundle");
  mkdirSync(app);
  await build({
    stdin: {
      contents: ["echo", "routes", "events", "timers"].map((it) => `import "./${it}.ts";`).join(""),
      resolveDir: join(sampleApp, "functions"),
    },
    outfile: join(app, "main.js"),
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    external: ["@azure/functions-core"],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  writeFileSync(join(app, "package.json"), '{"type":"module","main":"main.js"}');
  writeFileSync(join(app, "host.json"), '{"version":"2.0"}');

  await using host = await startHostProcess(app);
  const response = await fetch(`${host.url}/api/echo/ann`);
  expect(await response.json()).toMatchObject({ params: { name: "ann" } });
  expect(await host.end("SIGTERM")).toBe(0);
  // State goes where git does not look.
  expect(readFileSync(join(app, ".tourniquet/host/.gitignore"), "utf8")).toBe("*\n");
});

test("a store of one's own choosing leaves the app folder alone", async () => {
  const app = join(folder, "plain");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), '{"main":"main.cjs"}');
  writeFileSync(join(app, "host.json"), '{"version":"2.0"}');
  const timer = 'require("@azure/functions").app.timer("t", { schedule: "0 0 0 1 1 *", handler() {} })';
  writeFileSync(join(app, "main.cjs"), timer.replace("@azure/functions", packagePath("@azure/functions")));
  const store = join(folder, "state", "hub.db");
  await using host = await startHostProcess(app, "--store", store);
  await host.end("SIGTERM");
  expect(existsSync(join(app, ".tourniquet"))).toBe(false);
  expect(JSON.parse(readFileSync(`${store}.timers.json`, "utf8"))).toMatchObject({ timers: { t: {} } });
});

test("without an app, or with one that cannot run, it says why and ends with 1", async () => {
  expect(await runHost()).toMatchObject({ code: 1, text: expect.stringMatching(/--app is missing/) });
  expect(await runHost("--app", folder)).toMatchObject({
    code: 1,
    text: expect.stringMatching(/^APP_INVALID: .*host\.json/),
  });
  expect(await runHost("--app", stranger, "--port", "many")).toMatchObject({ code: 1 });
  expect(await runHost("--help")).toMatchObject({ code: 0, text: expect.stringMatching(/--store/) });
});

function packagePath(name: string): string {
  return fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url)).replaceAll("\\", "/");
}
