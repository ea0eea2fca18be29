import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lineOf, NO_HEAD } from "../../src/record/chain.ts";
import { parseLine } from "../../src/record/parse-line.ts";
import { StatedHashes, stepQuickly } from "../../src/record/quick-line.ts";

function lineWith(data: object): string {
  const actor = { kind: "system", component: "containment" };
  return lineOf({
    seq: 1,
    at: "2026-03-01T02:03:04.005Z",
    caseId: "case-a",
    actor,
    type: "closed",
    id: "x",
    data,
    prev: NO_HEAD.hash,
  }).line;
}

/** Puts the hash that the bytes have: what a verifier sees from a writer that cannot spell. */
function withHashOfBytes(line: string): string {
  const at = line.indexOf('"hash":"');
  if (at === -1) return line;
  const bytes = line.slice(0, at) + line.slice(at + 74, -1);
  const hash = createHash("sha256").update(bytes).digest("hex");
  return `${line.slice(0, at + 8)}${hash}${line.slice(at + 72)}`;
}

function isQuick(line: string): boolean {
  const block = Buffer.from(line + NO_HEAD.hash);
  const stated = new StatedHashes(block);
  return (
    stepQuickly(block, { caseId: "case-a", seq: 0, hashAt: block.length - 64, at: 0, stated }) &&
    stated.areRight()
  );
}

test("plain lines are taken the quick way", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.stringMatching(/^[a-z]{1,9}$/),
        fc.oneof(fc.maxSafeNat(), fc.boolean(), fc.constant(null), fc.stringMatching(/^[ -~é€😀\n\t"\\]*$/u)),
      ),
      (data) => {
        fc.pre(!Object.values(data).some((it) => typeof it === "number" && it > 999_999_999_999_999));
        expect(isQuick(lineWith(data))).toBe(true);
      },
    ),
  );
});

test("no line is taken the quick way that is not canonical, even with a hash that fits its bytes", () => {
  const spellings: [RegExp, string][] = [
    [/:/g, ": "],
    [/,/g, " ,"],
    [/([a-z])/g, "\\u0061"],
    [/(\d)/g, "$1.0"],
    [/(\d)/g, "$1e0"],
    [/(\d)/g, "0$1"],
    [/(\d)/g, "-$1"],
    [/(\d)/g, "-0"],
    [/("[a-z]+":)/g, "$1$1"],
    [/("[a-z]+":[^,{}[\]]+),/g, "$1,$1,"],
    [/\{/g, "[{"],
    [/\}/g, "}}"],
    [/\{/g, '{"zz":1,'],
    [/"/g, "'"],
    [/"/g, '\\"'],
    [/\\n/g, "\\/"],
    [/\\n/g, "\\u000a"],
    [/true/g, "True"],
    [/null/g, "nul"],
    [/\]/g, ",]"],
    [/a/g, "\u0001"],
  ];
  const data = {
    list: [1, 20, true, null, "a\n", {}],
    text: "a: b, c 1",
    nested: { a: 1, b: 2 },
    zero: 0,
    z: { c: [] },
  };
  const line = lineWith(data);
  expect(isQuick(line)).toBe(true);
  expect(withHashOfBytes(line)).toBe(line);
  fc.assert(
    fc.property(fc.constantFrom(...spellings), fc.nat(60), ([pattern, replacement], nth) => {
      let seen = 0;
      const changed = line.replace(pattern, (match, ...groups) => {
        const text = replacement.replaceAll("$1", String(groups[0]));
        return seen++ === nth ? text : match;
      });
      fc.pre(changed !== line);
      const fitted = withHashOfBytes(changed);
      const isGood = parseLine(Buffer.from(fitted.slice(0, -1))).kind === "entry";
      if (!isGood) expect(isQuick(fitted), fitted).toBe(false);
    }),
    { numRuns: 5000 },
  );
});

test("random bytes in a line with a hash that fits are never taken for canonical", () => {
  const line = lineWith({ list: [1, "a", { b: -2 }], z: { c: [], d: "é\\" } });
  const start = line.indexOf('"data"');
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: line.length - 2 }),
      fc.constantFrom(...' \t"\\{}[],:0123-+eE.aubtnfr/\u007f\u0000'.split("")),
      fc.boolean(),
      (at, put, instead) => {
        const changed = line.slice(0, at) + put + line.slice(instead ? at + 1 : at);
        fc.pre(changed !== line);
        const fitted = withHashOfBytes(changed);
        const parsed = parseLine(Buffer.from(fitted.slice(0, -1)));
        if (parsed.kind === "bad") expect(isQuick(fitted), fitted.slice(start)).toBe(false);
      },
    ),
    { numRuns: 10_000 },
  );
});
