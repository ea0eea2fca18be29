import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localCheckpointKey } from "../../local/storage/checkpoint-key.ts";
import { NO_HEAD } from "../../src/record/chain.ts";
import { compose } from "../../src/record/compose.ts";
import type { NewEntry } from "../../src/record/entry.ts";
import { RangeReader, rangesOf } from "../../src/record/read-lines-at.ts";
import { verifyFiles } from "../../src/record/verify-files.ts";

const key = localCheckpointKey();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "verify-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("ranges, put together, give every line of a file once", async () => {
  const path = join(folder, "lines");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(40), { maxLength: 30 }),
      fc.integer({ min: 1, max: 50 }),
      fc.boolean(),
      async (lengths, range, cut) => {
        const text = lengths.map((length, n) => `${"abcdefg".charAt(n % 7).repeat(length)}\n`).join("");
        const whole = Buffer.from(cut && text !== "" ? `${text}x` : text);
        await writeFile(path, whole);
        const file = openSync(path, "r");
        const reader = new RangeReader();
        const parts = rangesOf(whole.length, range).map((it) => {
          const part = reader.read(file, it);
          return part && Buffer.from(part);
        });
        closeSync(file);
        const lines = Buffer.concat(parts.filter((it) => it !== undefined)).toString();
        const isCut = cut && text !== "";
        // The range in which a line without its newline begins says so instead of giving any.
        expect(parts.filter((it) => it === undefined)).toHaveLength(isCut ? 1 : 0);
        expect(isCut ? text.startsWith(lines) : lines === text).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test("a record long enough for threads is verified over its files, and what is wrong in it found", async () => {
  const actor = { kind: "system", component: "containment" } as const;
  const parts: Buffer[] = [];
  let after = NO_HEAD;
  for (let n = 0; n < 90; n++) {
    const entries = Array.from({ length: 300 }, (_, step): NewEntry => {
      const data = { stepId: `${n}-${step}`, kind: "disable-user", target: { note: "é".repeat(step) } };
      return { id: `intent:${n}-${step}`, type: "intent", actor, data };
    });
    const { block, added } = await compose(entries, {
      caseId: "case-a",
      after,
      at: "2026-03-01T02:03:04.005Z",
      signer: key.signer,
    });
    after = added.at(-1)?.head ?? after;
    parts.push(block);
  }
  const paths = [join(folder, "record.ndjson"), join(folder, "record-0002.ndjson")];
  const write = async (all: readonly Buffer[]) => {
    await writeFile(paths[0] ?? "", Buffer.concat(all.slice(0, 50)));
    await writeFile(paths[1] ?? "", Buffer.concat(all.slice(50)));
  };
  await write(parts);
  const options = { keys: [key.publicKey], heads: [after.hash] };
  expect(Buffer.concat(parts).length).toBeGreaterThan(16 * 1024 * 1024);
  expect(await verifyFiles(paths, options)).toMatchObject({ kind: "intact", entries: 90 * 301 });
  expect(await verifyFiles(paths.slice(0, 1), options)).toMatchObject({
    kind: "broken",
    finding: { code: "head-mismatch" },
  });

  const changed = Buffer.from(parts[70] ?? "");
  changed[1000] = (changed[1000] ?? 0) ^ 1;
  await write(parts.with(70, changed));
  const { finding } = { finding: undefined, ...(await verifyFiles(paths, options)) };
  expect(finding).toMatchObject({
    line: expect.any(Number),
    from: 70 * 301 + changed.subarray(0, 1000).toString().split("\n").length,
  });
});
