import { inspect } from "node:util";
import canonicalize from "canonicalize";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Secret } from "../../src/azure/secret.ts";
import { canonicalJson, digestOf, entryId } from "../../src/record/canonical.ts";
import { lineOf } from "../../src/record/chain.ts";

test("the text is what another implementation of RFC 8785 writes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      expect(canonicalJson(value)).toBe(canonicalize(value));
    }),
    { numRuns: 400 },
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "binary" }), fc.double({ noNaN: true, noDefaultInfinity: true })),
      (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      },
    ),
    { numRuns: 400 },
  );
});

test("RFC 8785's own example of sorting and of numbers", () => {
  const names = {
    "\u20ac": "Euro",
    "\r": "CR",
    "\ufb33": "Dalet",
    "1": "One",
    "\ud83d\ude00": "Smile",
    "\u0080": "Control",
    "\u00f6": "o",
  };
  expect(Object.values(JSON.parse(canonicalJson(names)))).toEqual(
    ["One", "CR", "Control", "o", "Euro", "Smile", "Dalet"].toSorted(
      (a, b) => order(names, a) - order(names, b),
    ),
  );
  expect(canonicalJson(JSON.parse("[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]"))).toBe(
    "[333333333.3333333,1e+30,4.5,0.002,1e-27]",
  );
});

function order(names: Record<string, string>, value: string): number {
  const sorted = Object.keys(names).toSorted((a, b) => (a < b ? -1 : 1));
  // JSON.parse puts names that look like indexes first; "1" does.
  const name = sorted.find((it) => names[it] === value) ?? "";
  return name === "1" ? -1 : sorted.indexOf(name);
}

test("hostile text is kept, as Unicode", () => {
  expect(canonicalJson({ name: 'a\ud800b\u0000"\\' })).toBe('{"name":"a\ufffdb\\u0000\\"\\\\"}');
});

test("an id depends on what it is made from and nothing else", () => {
  expect(entryId("intent", { a: 1, b: 2 })).toBe(entryId("intent", { b: 2, a: 1 }));
  expect(entryId("intent", "a", "b")).not.toBe(entryId("intent", "ab"));
  expect(digestOf({})).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
});

const CYCLE: Record<string, unknown> = {};
CYCLE["self"] = CYCLE;
test.each([
  ["a date", { at: new Date() }],
  ["a map", { at: new Map() }],
  ["an error", { at: new Error("x") }],
  ["bytes", { at: Buffer.from("x") }],
  ["a function", { at: () => 1 }],
  ["a bigint", { at: 1n }],
  ["NaN", { at: Number.NaN }],
  ["infinity", { at: Number.POSITIVE_INFINITY }],
  ["a hole", { at: [undefined] }],
  ["a cycle", CYCLE],
])("%s is no plain JSON", (_, value) => {
  expect(() => canonicalJson(value)).toThrowError(expect.objectContaining({ code: "ENTRY_NOT_PLAIN" }));
});

test("a secret cannot be written into an entry, wherever it hides, and shows its value nowhere", () => {
  const canary = "canary-9f8e7d6c";
  const secret = new Secret(canary);
  const place = {
    seq: 1,
    at: "2026-03-01T02:03:04.005Z",
    caseId: "c",
    actor: {},
    type: "closed",
    id: "x",
    prev: "0".repeat(64),
  };
  for (const data of [
    secret,
    { secret },
    { deep: [{ er: { secret } }] },
    { secret: Object.assign(Object.create(secret), {}) },
  ]) {
    expect(() => lineOf({ ...place, data })).toThrowError(
      expect.objectContaining({ code: "ENTRY_HOLDS_SECRET" }),
    );
  }
  const shown = [
    String(secret),
    secret.toString(),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    secret + "",
  ];
  for (const text of shown) expect(text).not.toContain(canary);
  expect(shown.slice(0, 3)).toEqual(["[redacted]", "[redacted]", '{"secret":"[redacted]"}']);
  expect(inspect(structuredCloneOf(secret))).not.toContain(canary);
  expect(secret.reveal()).toBe(canary);
});

function structuredCloneOf(value: object): unknown {
  return structuredClone(value);
}

test("a disposed secret is gone", () => {
  const kept = new Secret("value");
  {
    using secret = kept;
    expect(secret.reveal()).toBe("value");
  }
  expect(() => kept.reveal()).toThrowError(expect.objectContaining({ code: "SECRET_DISPOSED" }));
});
