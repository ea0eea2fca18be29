import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lineOf, NO_HEAD } from "../../src/record/chain.ts";
import { parseLine } from "../../src/record/parse-line.ts";
import { ChainWalk } from "../../src/record/quick-line.ts";

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

/** The line as it would stand after `before`: with the seq and prev of a second entry, where it had those of a first. */
function placedAfter(before: string, line: string): string {
  const { hash } = JSON.parse(before);
  const seqAt = line.lastIndexOf('"seq":1,');
  const second = seqAt === -1 ? line : `${line.slice(0, seqAt)}"seq":2,${line.slice(seqAt + 8)}`;
  return withHashOfBytes(second.replace(NO_HEAD.hash, hash));
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
  const walk = new ChainWalk(block, { caseId: "case-a", seq: 0, hashAt: block.length - 64, at: 0 });
  return walk.stepQuickly() && walk.stated.areRight();
}

/** Whether it is taken the quick way after a line that it may have the shape of. */
function isQuickAfter(model: string, line: string): boolean {
  const block = Buffer.from(model + placedAfter(model, line) + NO_HEAD.hash);
  const walk = new ChainWalk(block, { caseId: "case-a", seq: 0, hashAt: block.length - 64, at: 0 });
  expect(walk.stepQuickly()).toBe(true);
  return walk.stepQuickly() && walk.stated.areRight();
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
        expect(isQuickAfter(lineWith(data), lineWith(data))).toBe(true);
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
      if (isGood) return;
      expect(isQuick(fitted), fitted).toBe(false);
      expect(isQuickAfter(line, fitted), fitted).toBe(false);
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
        if (parsed.kind === "entry") return;
        expect(isQuick(fitted), fitted.slice(start)).toBe(false);
        expect(isQuickAfter(line, fitted), fitted.slice(start)).toBe(false);
      },
    ),
    { numRuns: 10_000 },
  );
});

test("a line of the shape of one before is taken only if its own bytes would be", () => {
  const data = { by: "somebody", list: ["one", "two", 12], on: { name: "a-name", where: "here:there" } };
  const model = lineWith(data);
  // Bytes of every kind, so also those that only look like what stood there: names, numbers, the case, the type, the time.
  const bytes = [...Array(0x80).keys()].map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(model.length - 2), fc.constantFrom(...bytes)), { minLength: 1, maxLength: 3 }),
      (changes) => {
        const changed = model.split("");
        for (const [at, byte] of changes) changed[at] = byte;
        const fitted = withHashOfBytes(changed.join(""));
        // It would be right where it is put.
        fc.pre(!fitted.endsWith('"seq":2,"type":"closed"}\n'));
        const parsed = parseLine(Buffer.from(fitted.slice(0, -1)));
        const { caseId, seq, prev } = parsed.kind === "entry" ? parsed.entry : {};
        const isNext = caseId === "case-a" && seq === 1 && prev === NO_HEAD.hash;
        expect(isQuickAfter(model, fitted), fitted).toBe(isNext && isQuick(fitted));
      },
    ),
    { numRuns: 5000 },
  );
});

test("a line that says what no string may say is not taken, wherever in its words it says it", () => {
  const model = lineWith({ a: "0123456789abcdef" });
  const at = model.indexOf("0123456789abcdef");
  for (let place = at; place < at + 16; place++) {
    for (let code = 0; code < 0x80; code++) {
      const changed = model.slice(0, place) + String.fromCharCode(code) + model.slice(place + 1);
      const fitted = withHashOfBytes(changed);
      const isGood = parseLine(Buffer.from(fitted.slice(0, -1))).kind === "entry";
      expect(isQuickAfter(model, fitted), `${code} at ${place - at}`).toBe(isGood);
    }
  }
});

test("a line with escapes lends its shape to none", () => {
  const model = lineWith({ a: '"', b: 1 });
  // Taken at their face, the quotes of the model would enclose its comma.
  const changed = withHashOfBytes(model.replace(String.raw`"a":"\"","b":1`, '"a":"x""x"b":1'));
  expect(changed).not.toBe(model);
  expect(isQuickAfter(model, changed)).toBe(false);
});

test("an entry without an id, of another case, or out of its place is not taken", () => {
  const model = lineWith({ a: "x" });
  expect(isQuick(withHashOfBytes(model.replace('"id":"x"', '"id":""')))).toBe(false);
  expect(isQuickAfter(model, model)).toBe(true);
  expect(isQuickAfter(model, model.replace("case-a", "case-b"))).toBe(false);
  expect(isQuickAfter(model, model.replace('"seq":1', '"seq":3'))).toBe(false);
  expect(
    isQuickAfter(
      model,
      withHashOfBytes(model.replace('"seq":1', '"seq":20').replace(NO_HEAD.hash, JSON.parse(model).hash)),
    ),
  ).toBe(false);
  expect(isQuickAfter(model, model.replace(NO_HEAD.hash, "1".repeat(64)))).toBe(false);
  expect(isQuickAfter(model, model.replace("2026-03", "2026-0x"))).toBe(false);
});
