import { expect, test } from "vitest";
import type { HostLogEntry } from "../../local/host/log.ts";
import { logFilter } from "../../local/host/log-filter.ts";
import { formatEntry } from "../../local/host/log-writer.ts";
import { startObserved } from "./sample-host.ts";

const at = Date.parse("2026-01-02T03:04:05.678Z");
const entry = (given: Partial<HostLogEntry>): HostLogEntry => ({
  level: "information",
  category: "Host.General",
  message: "said",
  ...given,
});

test("a run is one line with function, duration, instance and outcome", () => {
  const run = entry({
    category: "Function.f",
    message: "f succeeded",
    functionName: "f",
    durationInMs: 12,
    instanceId: "case-1",
    outcome: "succeeded",
  });
  expect(formatEntry(run, at)).toBe("2026-01-02T03:04:05.678Z info  f succeeded in 12 ms [case-1]");
});

test("what an app says carries its function's name", () => {
  const said = entry({ category: "Function.f.User", functionName: "f", level: "warning" });
  expect(formatEntry(said, at)).toBe("2026-01-02T03:04:05.678Z warn  f: said");
});

test("an error shows its stack, indented", () => {
  const error = new Error("kaput");
  error.stack = "Error: kaput\n    at there";
  const lines = formatEntry(entry({ level: "error", error }), at)
    .split("\n")
    .slice(1);
  expect(lines).toEqual(["    Error: kaput", "        at there"]);
});

test("text from outside cannot forge a line, steer the terminal or turn text around", () => {
  const message = "a\r\n2026-01-01T00:00:00.000Z info  forged\u001B[2J\u0000\u202E\u2028b";
  const [first, ...rest] = formatEntry(entry({ message, instanceId: "x\ny" }), at).split("\n");
  expect(first).toBe("2026-01-02T03:04:05.678Z info  a [x y]");
  expect(rest).toEqual([String.raw`    2026-01-01T00:00:00.000Z info  forged\u0000\u202e\u2028b`]);
});

test("the longest matching category decides about a level, default for the rest", () => {
  const passes = logFilter({
    Default: "warning",
    Function: "error",
    "Function.noisy": "none",
    "function.chatty.user": "debug",
  });
  const check = (category: string, level: HostLogEntry["level"]): boolean =>
    passes(entry({ category, level }));
  expect(check("Host.Startup", "warning")).toBe(true);
  expect(check("Host.Startup", "information")).toBe(false);
  expect(check("Function.f", "warning")).toBe(false);
  expect(check("Function.noisy", "critical")).toBe(false);
  expect(check("Function.chatty.User", "debug")).toBe(true);
  expect(check("Function.chatty", "warning")).toBe(false);
  expect(logFilter({})(entry({ level: "debug" }))).toBe(false);
});

test("what a function logs comes once, under its own name and level", async () => {
  await using host = await startObserved();
  await fetch(`${host.url}/api/logs`);
  const said = host.logged.map((it) => [it.level, it.category, it.message]);
  expect(said).toEqual([
    ["information", "Function.logs.User", "said something"],
    ["warning", "Function.logs.User", "said a warning"],
    ["information", "Function.logs", "logs succeeded"],
  ]);
});
