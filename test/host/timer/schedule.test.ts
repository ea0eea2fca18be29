import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSchedule } from "../../../local/host/timer/schedule.ts";
import { parseTimeSpan } from "../../../local/host/timer/time-span.ts";

/** The first occurrences of a schedule after an instant. */
function occurrences(schedule: string, from: string, count = 3, timeZone = "UTC"): string[] {
  const parsed = parseSchedule(schedule, timeZone);
  const found: string[] = [];
  let at: number | undefined = Date.parse(from);
  while (found.length < count && at !== undefined) {
    at = parsed?.nextAfter(at);
    if (at !== undefined) found.push(new Date(at).toISOString().replace(".000Z", "Z"));
  }
  return found;
}

describe("NCRONTAB", () => {
  test("has seconds first", () => {
    expect(occurrences("*/20 * * * * *", "2026-01-01T00:00:00Z")).toEqual([
      "2026-01-01T00:00:20Z",
      "2026-01-01T00:00:40Z",
      "2026-01-01T00:01:00Z",
    ]);
  });

  test("with five fields fires at second 0", () => {
    expect(occurrences("*/5 * * * *", "2026-01-01T00:00:01Z", 1)).toEqual(["2026-01-01T00:05:00Z"]);
  });

  test("wants day of month and day of week to fit at once", () => {
    // The 13ths that are Fridays.
    expect(occurrences("0 0 0 13 * Fri", "2026-01-01T00:00:00Z")).toEqual([
      "2026-02-13T00:00:00Z",
      "2026-03-13T00:00:00Z",
      "2026-11-13T00:00:00Z",
    ]);
  });

  test("knows names, long and short, ranges, lists and steps", () => {
    expect(occurrences("0 30 9 * January Mon-Wed", "2026-01-01T00:00:00Z", 2)).toEqual([
      "2026-01-05T09:30:00Z",
      "2026-01-06T09:30:00Z",
    ]);
    expect(occurrences("0 50/4,1 0 1 1 *", "2026-01-01T00:00:00Z")).toEqual([
      "2026-01-01T00:01:00Z",
      "2026-01-01T00:50:00Z",
      "2026-01-01T00:54:00Z",
    ]);
  });

  test("may never come true", () => {
    expect(occurrences("0 0 5 31 2 *", "2026-01-01T00:00:00Z")).toEqual([]);
  });

  test("is read in the given time zone, over a change of clocks too", () => {
    expect(occurrences("0 0 9 * * *", "2026-03-28T00:00:00Z", 2, "Europe/Prague")).toEqual([
      "2026-03-28T08:00:00Z",
      "2026-03-29T07:00:00Z",
    ]);
  });

  test.each([
    "",
    "* * *",
    "60 * * * * *",
    "* * 24 * * *",
    "* * * 0 * *",
    "* * * * 13 *",
    "* * * * * 7",
    "* * * L * *",
    "* * * ? * *",
    "* * * * * Fri#2",
    "*/0 * * * * *",
    "5-1 * * * * *",
    "@daily",
    "* * * * * * *",
    "every day",
  ])("refuses %j", (text) => {
    expect(parseSchedule(text, "UTC")).toBeUndefined();
  });
});

test("a time span counts from the last run", () => {
  expect(occurrences("00:30:00", "2026-01-01T00:00:10Z", 2)).toEqual([
    "2026-01-01T00:30:10Z",
    "2026-01-01T01:00:10Z",
  ]);
  expect(parseSchedule("00:00:00", "UTC")).toBeUndefined();
});

test.each([
  ["00:00:01", 1000],
  ["00:00:00.300", 300],
  ["1.02:03:04.5", 93_784_500],
  ["23:59", 86_340_000],
  ["7", 604_800_000],
  ["24:00:00", undefined],
  ["00:60:00", undefined],
  ["1:2:3:4", undefined],
  ["soon", undefined],
])("time span %s is %s ms", (text, expected) => {
  expect(parseTimeSpan(text)).toBe(expected);
});

test("the next occurrence is always later, and never passed over by asking in between", () => {
  const field = (most: number) => fc.integer({ min: 0, max: most }).map(String);
  const schedules = fc
    .tuple(fc.oneof(field(59), fc.constant("*/7")), fc.oneof(field(59), fc.constant("*")))
    .map(([second, minute]) => `${second} ${minute} * * * *`);
  fc.assert(
    fc.property(schedules, fc.integer({ min: 0, max: 2_000_000_000 }), (text, seconds) => {
      const schedule = parseSchedule(text, "UTC");
      const from = seconds * 1000;
      const next = schedule?.nextAfter(from) ?? 0;
      expect(next).toBeGreaterThan(from);
      expect(schedule?.nextAfter((from + next) / 2)).toBe(next);
    }),
  );
});
