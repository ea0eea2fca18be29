/* oxlint-disable require-yield -- an orchestration is a generator even when it waits for nothing */
import * as df from "durable-functions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { at, type DurableHost, durableApp, PATIENTLY } from "./durable-host.ts";

let flips = 0;

const start = durableApp(() => {
  df.app.activity("Echo", { handler: (input: unknown) => input });
  df.app.activity("Square", { handler: (n: number) => n * n });
  df.app.activity("Fails", {
    handler: () => {
      throw new TypeError("bad things");
    },
  });
  df.app.entity("Counter", () => undefined);

  df.app.orchestration("FailActivity", function* (context) {
    yield context.df.callActivity("Fails", 1);
  });
  df.app.orchestration("CatchActivity", function* (context) {
    try {
      yield context.df.callActivity("Fails", 1);
    } catch (error) {
      return error instanceof Error
        ? { name: error.name, message: error.message }
        : { name: "none", message: "" };
    }
    return undefined;
  });
  df.app.orchestration("Throws", function* (context) {
    context.df.setCustomStatus("about to");
    yield context.df.callActivity("Echo", 1);
    throw new TypeError("kaput");
  });
  df.app.orchestration("ThrowsFirst", function* () {
    throw new Error("at once");
  });
  df.app.orchestration("ThrowsEmpty", function* () {
    throw new Error("");
  });
  df.app.orchestration("StatusTooBig", function* (context) {
    context.df.setCustomStatus("z".repeat(20_000));
    yield context.df.callActivity("Echo", 1);
    return 1;
  });
  df.app.orchestration("StatusJustFits", function* (context) {
    context.df.setCustomStatus("z".repeat(8_190));
    yield context.df.callActivity("Echo", 1);
    return 1;
  });
  df.app.orchestration("StatusOnce", function* (context) {
    if (!context.df.isReplaying) context.df.setCustomStatus("only while not replaying");
    yield context.df.waitForExternalEvent("go");
    yield context.df.waitForExternalEvent("go");
  });
  df.app.orchestration("OtherName", function* (context) {
    flips += 1;
    if (flips % 2 === 1) yield context.df.callActivity("Echo", 1);
    else yield context.df.callActivity("Square", 1);
    yield context.df.callActivity("Echo", 2);
  });
  df.app.orchestration("OtherKind", function* (context) {
    flips += 1;
    if (flips % 2 === 1) yield context.df.callActivity("Echo", 1);
    else yield context.df.createTimer(new Date(0));
    yield context.df.callActivity("Echo", 2);
  });
  df.app.orchestration("Forgets", function* (context) {
    flips += 1;
    if (flips % 2 === 1) yield context.df.callActivity("Echo", 1);
    yield context.df.waitForExternalEvent("never");
  });
  df.app.orchestration("YieldsRubbish", function* (): Generator<df.Task> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the mistake under test
    yield "not a task" as unknown as df.Task;
  });
  df.app.orchestration("CyclicOutput", function* () {
    const it: Record<string, unknown> = {};
    it["it"] = it;
    return it;
  });
  df.app.orchestration("UnknownActivity", function* (context) {
    yield context.df.callActivity("NoSuchActivity", 1);
  });
  df.app.orchestration("UnknownChild", function* (context) {
    yield context.df.callSubOrchestrator("NoSuchOrchestrator", 1);
  });
  df.app.orchestration("CallsEntity", function* (context) {
    yield context.df.callActivity("Echo", 1);
    yield context.df.callEntity(new df.EntityId("Counter", "one"), "add", 1);
  });
  df.app.orchestration("CallsHttp", function* (context) {
    yield context.df.callHttp({ method: "GET", url: "http://127.0.0.1:1/" });
  });
  df.app.orchestration("KidThenWait", function* (context) {
    return yield context.df.callSubOrchestrator("Waits", null, `${context.df.instanceId}-kid`);
  });
  df.app.orchestration("Waits", function* (context) {
    return yield context.df.waitForExternalEvent("never");
  });
});

let host: DurableHost;
beforeAll(async () => {
  host = await start();
});
afterAll(() => host.stop());

describe("failures", () => {
  test("an activity's failure fails an orchestration that does not catch it, with both names", async () => {
    const status = await host.run("FailActivity");
    expect(status.runtimeStatus).toBe("Failed");
    expect(status.output).toMatch(
      /^Orchestrator function 'FailActivity' failed: Activity function 'Fails' failed: bad things \n \{"\$type":"System\.Exception/,
    );
  });

  test("a caught failure is a plain Error whose message carries a serialised exception and a stack", async () => {
    const { output } = await host.run("CatchActivity");
    expect(at(output, "name")).toBe("Error");
    const [reason, details = ""] = String(at(output, "message")).split(" \n ");
    expect(reason).toBe("Activity function 'Fails' failed: bad things");
    const inner = at(JSON.parse(details), "InnerException");
    expect(at(inner, "RemoteMessage")).toBe("bad things");
    expect(at(inner, "RemoteStackTrace")).toMatch(/^TypeError: bad things\n {4}at /);
  });

  test("an orchestrator that throws fails with its message and keeps its custom status", async () => {
    expect(await host.run("Throws")).toMatchObject({
      runtimeStatus: "Failed",
      output: "Orchestrator function 'Throws' failed: kaput",
      customStatus: "about to",
    });
  });

  test("an orchestrator that throws at once fails too", async () => {
    expect((await host.run("ThrowsFirst")).output).toBe(
      "Orchestrator function 'ThrowsFirst' failed: at once",
    );
  });

  test("an error without a message is taken for none, and the instance stays Running", async () => {
    const id = await host.client.startNew("ThrowsEmpty");
    await host.inState(id, "Running");
    await host.quiet();
    expect(await host.client.getStatus(id)).toMatchObject({ runtimeStatus: "Running" });
  });

  test("an output with a cycle fails the orchestration and names it", async () => {
    const status = await host.run("CyclicOutput");
    expect(status.runtimeStatus).toBe("Failed");
    expect(status.output).toContain("Orchestrator function 'CyclicOutput' failed: Converting circular");
  });

  test("yielding something that is no task fails with the SDK's explanation", async () => {
    const status = await host.run("YieldsRubbish");
    expect(status.output).toContain("Durable Functions programming constraint violation");
  });
});

describe("custom status", () => {
  test("over 16 KB of UTF-16 fails the instance and says both sizes", async () => {
    expect(await host.run("StatusTooBig")).toMatchObject({
      runtimeStatus: "Failed",
      customStatus: null,
      output:
        "Orchestrator function 'StatusTooBig' failed: The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload size is 39 KB.",
    });
  });

  test("of just under 16 KB is kept", async () => {
    const status = await host.run("StatusJustFits");
    expect(status).toMatchObject({ runtimeStatus: "Completed" });
    expect(status.customStatus).toHaveLength(8_190);
  });

  test("that is only set while not replaying is gone after the next episode", async () => {
    const id = await host.client.startNew("StatusOnce");
    await host.until(id, (it) => it.customStatus === "only while not replaying");
    await host.client.raiseEvent(id, "go", 1);
    await host.until(id, (it) => it.customStatus === null);
    await host.client.raiseEvent(id, "go", 2);
    await host.end(id);
  });
});

describe("code that is not deterministic", () => {
  test("calling another activity than before fails the instance and names both", async () => {
    flips = 0;
    expect(await host.run("OtherName")).toMatchObject({
      runtimeStatus: "Failed",
      output:
        "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task with sequence number 0 named 'Echo', but the current orchestration replay instead scheduled an activity task named 'Square' with this sequence number.  Was a change made to the orchestrator code after this instance had already started running?",
    });
  });

  test("setting a timer where an activity was called fails the instance and names the kind", async () => {
    flips = 0;
    const status = await host.run("OtherKind");
    expect(status.output).toContain(
      "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task with sequence number 0 named 'Echo', but the current orchestration replay instead produced a CreateTimerOrchestratorAction action",
    );
  });

  test("not making a call made before fails the instance", async () => {
    flips = 0;
    const status = await host.run("Forgets");
    expect(status.output).toContain("but the current replay execution hasn't (yet?) scheduled this task");
  });

  test("terminating a child on its own makes its parent fail as if it were not deterministic", async () => {
    const id = await host.client.startNew("KidThenWait", { instanceId: "kw" });
    await untilStarted("kw-kid");
    await host.client.terminate("kw-kid", "only the kid");
    const status = await host.end(id);
    expect(status.runtimeStatus).toBe("Failed");
    expect(status.output).toBe(
      "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled a sub-orchestration task with sequence ID 0 and name 'Waits' (version '', instance ID 'kw-kid'), but the current replay execution hasn't (yet?) scheduled this task. Was a change made to the orchestrator code after this instance had already started running?",
    );
  });
});

/** A child is there only once its parent's first episode is committed. */
async function untilStarted(instanceId: string): Promise<void> {
  await expect.poll(() => host.client.getStatus(instanceId).catch(() => undefined), PATIENTLY).toBeDefined();
  await host.inState(instanceId, "Running");
}

describe("what does not exist", () => {
  test("an unknown orchestrator is accepted and never runs; the log says so", async () => {
    const id = await host.client.startNew("NoSuchOrchestrator", { instanceId: "unknown" });
    await host.quiet();
    expect(await host.client.getStatus(id)).toMatchObject({ runtimeStatus: "Pending" });
    expect(host.logged.map((it) => it.message)).toContainEqual(
      expect.stringContaining("no orchestrator function of this name"),
    );
  });

  test("an instance of an unknown orchestrator can be terminated", async () => {
    const id = await host.client.startNew("NoSuchOrchestrator", { instanceId: "unknown-2" });
    await host.client.terminate(id, "no use");
    expect(await host.end(id)).toMatchObject({ runtimeStatus: "Terminated", output: "no use" });
  });

  test.each([
    ["activity", "UnknownActivity", "is not an activity function"],
    ["sub-orchestration", "UnknownChild", "is not an orchestrator function"],
  ])(
    "calling an unknown %s leaves the instance Running for ever; the log says so once",
    async (_, name, said) => {
      const id = await host.client.startNew(name);
      await host.inState(id, "Running");
      await host.quiet();
      expect(await host.client.getStatus(id)).toMatchObject({ runtimeStatus: "Running" });
      const warnings = host.logged.filter(
        (it) => it.instanceId === id && it.message.includes(said) && it.level === "warning",
      );
      expect(warnings).toHaveLength(1);
    },
  );

  test("entities fail the instance with a clear word, also behind earlier calls", async () => {
    expect(await host.run("CallsEntity")).toMatchObject({
      runtimeStatus: "Failed",
      output:
        "Orchestrator function 'CallsEntity' failed: calling an entity (callEntity) is not supported by the embedded host",
    });
  });

  test("durable HTTP fails the instance with a clear word", async () => {
    expect((await host.run("CallsHttp")).output).toContain("callHttp");
  });

  test("the entity API answers 501", async () => {
    const response = await host.webhook("GET", "entities/Counter/one");
    expect(response.status).toBe(501);
    expect(await response.text()).toContain("not supported");
  });
});
