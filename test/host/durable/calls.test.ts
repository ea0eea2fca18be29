/* oxlint-disable require-yield -- an orchestration is a generator even when it waits for nothing */
import * as df from "durable-functions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type DurableHost, durableApp } from "./durable-host.ts";

const start = durableApp(() => {
  df.app.activity("Echo", { handler: (input: unknown) => input });
  df.app.activity("Nothing", { handler: () => undefined });
  df.app.activity("Seen", {
    handler: (input: unknown) => ({ type: typeof input, value: input ?? String(input) }),
  });
  df.app.activity("Value", { handler: ({ v }: { v: unknown }) => v });
  df.app.activity("Cyclic", {
    handler: () => {
      const it: Record<string, unknown> = {};
      it["it"] = it;
      return it;
    },
  });
  df.app.activity("BigInt", { handler: () => ({ n: 1n }) });
  df.app.activity("WhoAmI", {
    handler: (_: unknown, context) => ({ name: context.functionName }),
  });
  df.app.orchestration("CallEcho", function* (context) {
    return yield context.df.callActivity("Echo", context.df.getInput());
  });
  df.app.orchestration("Call", function* (context) {
    const { name, input } = context.df.getInput<{ name: string; input?: unknown }>();
    return yield context.df.callActivity(name, input);
  });
  df.app.orchestration("CallWithout", function* (context) {
    return yield context.df.callActivity("Seen");
  });
  df.app.orchestration("MyInput", function* (context) {
    const input: unknown = context.df.getInput();
    return { type: typeof input, isNull: input === null, isDefault: input === undefined, input };
  });
  df.app.orchestration("Dated", function* (context) {
    const input = context.df.getInput<{ Timestamp: unknown; nested: { when: unknown } }>();
    return { isDate: input.Timestamp instanceof Date, nested: typeof input.nested.when };
  });
  df.app.orchestration("Values", function* (context) {
    const seen: unknown[] = [];
    for (const v of context.df.getInput<unknown[]>())
      seen.push(yield context.df.callActivity("Value", { v }));
    return seen;
  });
  df.app.orchestration("Guids", function* (context) {
    const one = context.df.newGuid("a");
    const two = context.df.newGuid("a");
    yield context.df.callActivity("Echo", 1);
    return { differ: one !== two, length: one.length, one };
  });
  df.app.orchestration("ReturnsNothing", function* () {});
  df.app.orchestration("Replays", function* (context) {
    const replaying: boolean[] = [];
    replaying.push(context.df.isReplaying);
    yield context.df.callActivity("Echo", 1);
    replaying.push(context.df.isReplaying);
    yield context.df.callActivity("Echo", 2);
    replaying.push(context.df.isReplaying);
    return replaying;
  });
  df.app.orchestration("Versioned", function* (context) {
    return { version: context.df.version ?? null };
  });
});

let host: DurableHost;
beforeAll(async () => {
  host = await start();
});
afterAll(() => host.stop());

const output = async (name: string, input?: unknown): Promise<unknown> =>
  (await host.run(name, input)).output;

describe("what activities get and give", () => {
  test("an object goes through an orchestration and an activity unchanged", async () => {
    const input = { a: [1, "x", null], deep: { b: { c: "žluťoučký 🐎" } } };
    expect(await output("CallEcho", input)).toEqual(input);
  });

  test.each([
    ["text stays text", "text", "text"],
    ["text that looks like a number stays text", "42", "42"],
    ["text that looks like JSON stays text", '{"a":1}', '{"a":1}'],
    ["zero stays a number", 0, 0],
    ["an empty array stays an array", [], []],
    ["a bare false arrives as the text False", false, "False"],
    ["a bare true arrives as the text True", true, "True"],
    ["a boolean within an object stays a boolean", { f: false }, { f: false }],
  ])("%s", async (_, input, expected) => {
    expect(await output("CallEcho", input)).toEqual(expected);
  });

  test("a bare null arrives as undefined", async () => {
    expect(await output("Call", { name: "Seen", input: null })).toEqual({
      type: "undefined",
      value: "undefined",
    });
  });

  test("an activity called without input gets undefined", async () => {
    expect(await output("CallWithout")).toEqual({ type: "undefined", value: "undefined" });
  });

  test("results keep their types, also bare booleans, and undefined comes back as null", async () => {
    const values = [true, false, 1.5, 0, "", "x", null, [false], { f: false }];
    expect(await output("Values", values)).toEqual(values);
    expect(await output("Call", { name: "Nothing" })).toBeNull();
  });

  test("a result with a cycle fails the activity with Node's own message", async () => {
    const status = await host.run("Call", { name: "Cyclic" });
    expect(status.runtimeStatus).toBe("Failed");
    expect(status.output).toContain(
      "Activity function 'Cyclic' failed: Converting circular structure to JSON",
    );
  });

  test("a result JSON cannot hold fails the activity, and the host stays up", async () => {
    const status = await host.run("Call", { name: "BigInt" });
    expect(status.output).toContain("Activity function 'BigInt' failed: Do not know how to serialize");
    expect(await output("CallEcho", { still: "here" })).toEqual({ still: "here" });
  });

  test("names of activities match without regard to case", async () => {
    expect(await output("Call", { name: "whoami" })).toEqual({ name: "WhoAmI" });
  });
});

describe("what orchestrators get and give", () => {
  test("no input is the empty text, so that a default for undefined is never taken", async () => {
    const status = await host.run("MyInput");
    expect(status.output).toMatchObject({ type: "string", input: "", isDefault: false });
    expect(status.input).toBe("");
  });

  test("text that looks like a number stays text", async () => {
    expect(await output("MyInput", "12")).toMatchObject({ type: "string", input: "12" });
  });

  test("null stays null", async () => {
    expect(await output("MyInput", null)).toMatchObject({ isNull: true });
  });

  test("a key spelled Timestamp becomes a Date, others do not", async () => {
    const when = "2026-01-02T03:04:05Z";
    expect(await output("Dated", { Timestamp: when, nested: { when } })).toEqual({
      isDate: true,
      nested: "string",
    });
  });

  test("nothing returned is output null", async () => {
    const status = await host.run("ReturnsNothing");
    expect(status).toMatchObject({ runtimeStatus: "Completed", output: null });
  });

  test("new GUIDs differ from each other and stay the same over replays", async () => {
    const guids = await output("Guids");
    expect(guids).toMatchObject({ differ: true, length: 36 });
  });

  test("only the newest stretch of code runs without replaying", async () => {
    expect(await output("Replays")).toEqual([true, true, false]);
  });

  test("a version given at the start is seen, none is null", async () => {
    const id = await host.client.startNew("Versioned", { version: "2.1" });
    expect((await host.end(id)).output).toEqual({ version: "2.1" });
    expect(await output("Versioned")).toEqual({ version: null });
  });

  test("a version from host.json counts where the start names none", async () => {
    await host.stop();
    const hostJson = '{"version":"2.0","extensions":{"durableTask":{"defaultVersion":"7"}}}';
    await using versioned = await start({ hostJson });
    expect((await versioned.run("Versioned")).output).toEqual({ version: "7" });
    const id = await versioned.client.startNew("Versioned", { version: "8" });
    expect((await versioned.end(id)).output).toEqual({ version: "8" });
    await versioned.stop();
    host = await start();
  });
});
