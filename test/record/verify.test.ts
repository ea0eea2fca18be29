import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { localCheckpointKey } from "../../local/storage/checkpoint-key.ts";
import { signCheckpoint } from "../../src/record/checkpoint.ts";
import { lineOf } from "../../src/record/chain.ts";
import type { Finding, Verification, VerifyOptions } from "../../src/record/finding.ts";
import { judgeRecord } from "../../src/record/judge.ts";
import { verifyRecord } from "../../src/record/verify.ts";
import { linesIn, rehashed, toRecord } from "./rehash.ts";
import { newContainer, sampleRecord } from "./sample.ts";

const key = localCheckpointKey();
const options: VerifyOptions = { caseId: "case-a", keys: [key.publicKey] };
let azurite: Azurite;
let record: Buffer;
let lines: string[];
let other: string[];

beforeAll(async () => {
  azurite = await startAzurite();
  const container = await newContainer(azurite, "records");
  record = await sampleRecord(container, "case-a", key);
  other = linesIn(await sampleRecord(container, "case-b", key));
  lines = linesIn(record);
});
afterAll(() => azurite.stop());

async function verify(bytes: Uint8Array, given: VerifyOptions = options): Promise<Verification> {
  const quick = await verifyRecord(() => [bytes], given);
  // The quick pass must never see a record as whole that the judge would not.
  expect(quick).toEqual(await judgeRecord([bytes], given));
  return quick;
}

async function findingIn(bytes: Uint8Array, given: VerifyOptions = options): Promise<Finding> {
  const verification = await verify(bytes, given);
  if (verification.kind === "intact") throw new Error("nothing was found");
  return verification.finding;
}

/** The entry, by seq, that the byte at this offset belongs to. */
function entryAt(offset: number): number {
  return record.subarray(0, offset).toString("latin1").split("\n").length;
}

function checkpointsIn(all: readonly string[]): number[] {
  return all.flatMap((line, index) => (JSON.parse(line).type === "checkpoint" ? [index] : []));
}

test("an untouched record is intact, read in pieces of any size", async () => {
  for (const size of [1, 7, 100, 4096]) {
    const pieces = Array.from({ length: Math.ceil(record.length / size) }, (_, n) =>
      record.subarray(n * size, (n + 1) * size),
    );
    expect(await verifyRecord(() => pieces, options)).toMatchObject({
      kind: "intact",
      entries: lines.length,
    });
  }
});

test("without a key given, the verdict says that the record only agrees with itself", async () => {
  expect(await verify(record, {})).toMatchObject({ kind: "intact", signedBy: { trusted: false } });
});

describe("random edits", () => {
  test("any byte changed is found at its entry", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(record.length - 1), fc.integer({ min: 1, max: 255 }), async (offset, flip) => {
        const changed = Buffer.from(record);
        changed[offset] = (changed[offset] ?? 0) ^ flip;
        const finding = await findingIn(changed);
        expect(finding.line).toBe(entryAt(offset));
      }),
      { numRuns: 1500 },
    );
  });

  test("bytes put in or taken out are found at their entry", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(record.length - 1),
        fc.nat(9),
        fc.uint8Array({ maxLength: 9 }),
        async (offset, taken, put) => {
          const changed = Buffer.concat([record.subarray(0, offset), put, record.subarray(offset + taken)]);
          fc.pre(!changed.equals(record));
          let first = 0;
          while (changed[first] === record[first]) first++;
          const finding = await findingIn(changed);
          // Where whole lines are left, what shows is at the line after.
          expect(finding.line - entryAt(first)).toBeOneOf([0, 1]);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("any field changed with its own hash made again is found between the last good checkpoint and the next", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(lines.length - 1),
        fc.constantFrom("actor", "at", "data", "id", "type", "seq", "caseId"),
        async (index, field) => {
          // What is no checkpoint any more makes the end missing, which has a test of its own.
          fc.pre(field !== "type" || index < lines.length - 1);
          const { hash: _, ...entry } = JSON.parse(lines[index] ?? "");
          const value = {
            actor: { kind: "policy", rule: "x" },
            at: "2020-01-01T00:00:00.000Z",
            data: { x: 1 },
            id: "x",
            type: "failed",
            seq: entry.seq + 1,
            caseId: "case-c",
          }[field];
          const changed = { ...entry, [field]: value };
          const { line } = lineOf(changed);
          const finding = await findingIn(toRecord(lines.with(index, line.slice(0, -1))));
          expect(finding.from).toBeLessThanOrEqual(index + 1);
          expect(finding.to).toBeGreaterThanOrEqual(index + 1);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("whole lines", () => {
  test("any entry removed is named", async () => {
    for (let index = 0; index < lines.length - 1; index++) {
      expect(await findingIn(toRecord(lines.toSpliced(index, 1)))).toMatchObject({
        code: "removed",
        from: index + 1,
        to: index + 1,
      });
    }
  });

  test("any run of entries removed is named", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 2), fc.integer({ min: 1, max: 9 }), async (index, count) => {
        const taken = Math.min(count, lines.length - 1 - index);
        const finding = await findingIn(toRecord(lines.toSpliced(index, taken)));
        expect(finding).toMatchObject({ code: "removed", from: index + 1, to: index + taken });
      }),
      { numRuns: 300 },
    );
  });

  test("any two entries that changed places are found at the first", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), fc.nat(lines.length - 1), async (a, b) => {
        fc.pre(a !== b);
        const swapped = lines.with(a, lines[b] ?? "").with(b, lines[a] ?? "");
        expect(await findingIn(toRecord(swapped))).toMatchObject({
          code: "reordered",
          from: Math.min(a, b) + 1,
        });
      }),
      { numRuns: 500 },
    );
  });

  test("any entry doubled, anywhere, is named as inserted", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), fc.nat(lines.length), async (from, to) => {
        const doubled = lines.toSpliced(to, 0, lines[from] ?? "");
        const line = from === to ? to + 2 : to + 1;
        expect(await findingIn(toRecord(doubled))).toMatchObject({ code: "inserted", line });
      }),
      { numRuns: 500 },
    );
  });

  test("a forged entry put in, well hashed and linked, is named as inserted", async () => {
    for (let index = 1; index < lines.length; index++) {
      const { hash: _, ...entry } = JSON.parse(lines[index] ?? "");
      const { line } = lineOf({ ...entry, type: "confirmed", id: "forged", data: { stepId: "x" } });
      const finding = await findingIn(toRecord(lines.toSpliced(index, 0, line.slice(0, -1))));
      expect(finding).toMatchObject({ code: "inserted", line: index + 1, from: index + 1 });
    }
  });

  test("cut after any entry, it is truncated; cut after a checkpoint, only an anchor can tell, and does", async () => {
    const { hash: head } = JSON.parse(lines.at(-1) ?? "");
    for (let kept = 0; kept < lines.length; kept++) {
      const cut = toRecord(lines.slice(0, kept));
      const endsSigned = kept > 0 && JSON.parse(lines[kept - 1] ?? "").type === "checkpoint";
      if (endsSigned) expect(await verify(cut)).toMatchObject({ kind: "intact", entries: kept });
      expect(await findingIn(cut, { ...options, heads: [head] })).toMatchObject({
        code: endsSigned ? "head-mismatch" : "truncated",
        from: kept + 1,
      });
    }
    expect(await verify(record, { ...options, heads: [head] })).toMatchObject({ kind: "intact" });
  });

  test("cut within any line, it is truncated there", async () => {
    for (let index = 0; index < lines.length; index++) {
      const whole = toRecord(lines.slice(0, index));
      for (const part of [1, 40, Buffer.byteLength(lines[index] ?? "")]) {
        const cut = Buffer.concat([whole, Buffer.from(lines[index] ?? "").subarray(0, part)]);
        expect(await findingIn(cut)).toMatchObject({ code: "truncated", from: index + 1 });
      }
    }
  });

  test("any line of another case, put in, in place of one, or from there on, is named as such", async () => {
    for (let index = 0; index < lines.length; index++) {
      const foreign = other[index] ?? "";
      for (const spliced of [
        lines.toSpliced(index, 0, foreign),
        lines.with(index, foreign),
        [...lines.slice(0, index), ...other.slice(index)],
      ]) {
        expect(await findingIn(toRecord(spliced))).toMatchObject({
          code: "wrong-case",
          line: index + 1,
          from: index + 1,
        });
      }
    }
  });
});

describe("hashes made again to the end", () => {
  test("an entry changed, removed or put in anywhere shows at the next checkpoint", async () => {
    const ends = checkpointsIn(lines);
    for (let index = 0; index < lines.length; index++) {
      const next = ends.find((end) => end >= index) ?? Number.NaN;
      const before = ends.findLast((end) => end < index) ?? -1;
      const forgeries = [
        { moved: 0, forged: rehashed(lines, index, (entry) => (entry["at"] = "2020-01-01T00:00:00.000Z")) },
        { moved: -1, forged: rehashed(lines.toSpliced(index, 1), index, () => undefined) },
        {
          moved: 1,
          forged: rehashed(lines.toSpliced(index, 0, lines[0] ?? ""), index, (entry) => (entry["id"] = "x")),
        },
      ];
      for (const { moved, forged } of forgeries) {
        // A checkpoint taken away shows at the one after it, and the last one's absence is a cut.
        if (moved < 0 && index === next) continue;
        const finding = await findingIn(toRecord(forged));
        expect(finding.code).toBeOneOf(["rewritten", "bad-checkpoint"]);
        expect([finding.from, finding.to]).toEqual([before + 2, next + 1 + moved]);
      }
    }
  });

  test("a checkpoint whose note was made to fit, with the signature there was, is a bad one", async () => {
    const [end = 0] = checkpointsIn(lines);
    const forged = rehashed(lines, 2, (entry) => (entry["at"] = "2020-01-01T00:00:00.000Z")).slice(0, end);
    const { seq, hash } = JSON.parse(forged.at(-1) ?? "");
    const { hash: _, ...checkpoint } = JSON.parse(lines[end] ?? "");
    const note: string = checkpoint.data.note;
    const [, size = "", root = ""] = note.split("\n");
    const fitted = note.replace(root, Buffer.from(hash, "hex").toString("base64"));
    expect(size).toBe(String(seq));
    const { line } = lineOf({ ...checkpoint, prev: hash, data: { ...checkpoint.data, note: fitted } });
    expect(await findingIn(toRecord([...forged, line.slice(0, -1)]))).toMatchObject({
      code: "bad-checkpoint",
      from: 1,
      to: end + 1,
    });
  });

  test("signed again with another key it is re-signed, from the last entry the trusted key vouches for", async () => {
    const thief = localCheckpointKey();
    const [, second = 0] = checkpointsIn(lines);
    const forged = rehashed(lines, second - 1, (entry) => (entry["at"] = "2020-01-01T00:00:00.000Z")).slice(
      0,
      second,
    );
    const { seq, hash } = JSON.parse(forged.at(-1) ?? "");
    const place = { seq: seq + 1, at: "2026-01-01T00:00:00.000Z", caseId: "case-a", prev: hash };
    const { line } = lineOf(await signCheckpoint(place, thief.signer));
    const bytes = toRecord([...forged, line.slice(0, -1)]);
    const [first = 0] = checkpointsIn(lines);
    expect(await findingIn(bytes)).toMatchObject({ code: "re-signed", from: first + 2, to: seq + 1 });
    // Nothing but the key can tell.
    expect(await verify(bytes, { caseId: "case-a" })).toMatchObject({
      kind: "intact",
      signedBy: { trusted: false },
    });
  });
});

describe("the last line, which nothing stands behind", () => {
  test.each([
    "at",
    "actor",
    "id",
    "type",
    "data.key",
    "data.note",
    "data.extra",
    "other spelling of the signature",
  ])("%s cannot be changed, even with the hash made again", async (what) => {
    const { hash: _, ...entry } = JSON.parse(lines.at(-1) ?? "");
    const thief = localCheckpointKey();
    const changed = {
      at: { ...entry, at: "2020-01-01T00:00:00.000Z" },
      actor: { ...entry, actor: { ...entry.actor, name: "someone" } },
      id: { ...entry, id: "checkpoint:x" },
      type: { ...entry, type: "closed" },
      "data.key": { ...entry, data: { ...entry.data, key: thief.publicKey } },
      "data.note": { ...entry, data: { ...entry.data, note: `${entry.data.note}\n` } },
      "data.extra": { ...entry, data: { ...entry.data, extra: true } },
      "other spelling of the signature": {
        ...entry,
        data: { ...entry.data, note: withHighS(entry.data.note) },
      },
    }[what];
    const { line } = lineOf(changed);
    for (const given of [options, {}]) {
      const finding = await findingIn(toRecord(lines.with(lines.length - 1, line.slice(0, -1))), given);
      expect(finding.code).toBeOneOf(["bad-checkpoint", "rewritten", "truncated"]);
    }
  });
});

/** (r, n - s) is as good a signature to ECDSA as (r, s). */
function withHighS(note: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const stamp = note.slice(note.lastIndexOf(" ") + 1, -1);
  const bytes = Buffer.from(stamp, "base64");
  const s = BigInt(`0x${bytes.subarray(36).toString("hex")}`);
  bytes.set(Buffer.from((order - s).toString(16).padStart(64, "0"), "hex"), 36);
  return note.replace(stamp, bytes.toString("base64"));
}

test("a line spelled in another way with the hash it would then have is not canonical", async () => {
  const line = lines[3] ?? "";
  const spellings = [
    line.replace('"actor":', '"actor": '),
    line.replace('"intent"', '"\\u0069ntent"'),
    line.replace(/"seq":4/, '"seq":4.0'),
    line.replace('"data":{', '"data":{"z":1,'),
    line.replace('{"actor"', '{"type":"intent","actor"'),
  ];
  for (const spelling of spellings) {
    expect(spelling).not.toBe(line);
    expect(await findingIn(toRecord(lines.with(3, spelling)))).toMatchObject({
      code: "non-canonical",
      from: 4,
    });
  }
});
