import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hasTerm, TEXT_TESTS } from "../../../local/tenant/logs/kusto/text-operators.ts";
import {
  compare,
  equal,
  keyOf,
  parseTimespan,
  toMoment,
  toText,
  Timespan,
  type Value,
} from "../../../local/tenant/logs/kusto/values.ts";
import { parseInterval } from "../../../local/tenant/logs/timespan.ts";

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.integer().map((inMs) => new Timespan(inMs)),
);

test("values that are equal have the same key, and no others", () => {
  fc.assert(
    fc.property(scalar, scalar, (a, b) => {
      expect(keyOf(a) === keyOf(b)).toBe(equal(a, b));
      expect(equal(a, a)).toBe(true);
    }),
  );
});

test("order is total within a type and undecided across types", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.integer(), (a, b, number) => {
      expect(Math.sign(compare(a, b) ?? 9)).toBe(-Math.sign(compare(b, a) ?? 9) + 0);
      expect(compare(a, number)).toBeNull();
    }),
  );
});

test("a span of time reads back as it was written", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (inMs) => {
      expect(parseTimespan(toText(new Timespan(inMs)))).toEqual(new Timespan(inMs));
    }),
  );
});

test("a text with spaces around it has the term, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (term, before, after) => {
      expect(hasTerm(`${before} ${term} ${after}`, term.toUpperCase().toLowerCase())).toBe(
        `${before} ${term} ${after}`.toLowerCase().includes(term.toUpperCase().toLowerCase()),
      );
    }),
  );
});

test("what a text has as a term it also contains", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, needle) => {
      if (hasTerm(text, needle)) expect(TEXT_TESTS.get("contains")?.(text, needle)).toBe(true);
    }),
  );
});

test("a time without a zone is UTC, with or without a T", () => {
  expect(toMoment("2026-01-02T03:04:05")).toEqual(new Date("2026-01-02T03:04:05Z"));
  expect(toMoment("2026-01-02 03:04:05.1234567")).toEqual(new Date("2026-01-02T03:04:05.123Z"));
  expect(toMoment("no time")).toBeNull();
});

test.each([
  ["PT2H", -2 * 3_600_000, 0],
  ["P1D", -86_400_000, 0],
  ["2026-11-20T08:00:00Z/2026-11-20T09:00:00Z", -2 * 3_600_000, -3_600_000],
  ["2026-11-20T08:00:00Z/PT1H", -2 * 3_600_000, -3_600_000],
  ["PT1H/2026-11-20T09:00:00Z", -2 * 3_600_000, -3_600_000],
])("the timespan %s is read", (text, from, to) => {
  const now = Date.parse("2026-11-20T10:00:00Z");

  expect(parseInterval(text, now)).toEqual({ from: now + from, to: now + to });
});

test("what is no timespan is not read as one", () => {
  for (const text of ["", "P", "PT", "tomorrow", "2026-11-20/never"])
    expect(parseInterval(text, 0)).toBeUndefined();
});
