import { isUtf8 } from "node:buffer";
import type { Head } from "./case-record.ts";
import { parseLine } from "./parse-line.ts";
import { quickHash } from "./quick-line.ts";

/** A run of lines that is whole in itself: every entry canonical, hashed right and linked to the one before it. */
export interface QuickSpan {
  readonly caseId: string;
  /** What it claims to follow. */
  readonly after: Head;
  readonly head: Head;
  readonly lastLine: Uint8Array;
  /** The anchors among its hashes. */
  readonly found: readonly string[];
}

const NEWLINE = 0x0a;

/**
 * Checks a block of whole lines, or gives up with undefined, which says nothing: the judge decides then.
 * Limits: overwrites the block.
 */
export function quickSpan(block: Buffer, anchors: ReadonlySet<string>): QuickSpan | undefined {
  if (!isUtf8(block)) return undefined;
  const firstEnd = block.indexOf(NEWLINE);
  const first = parseLine(block.subarray(0, firstEnd));
  if (first.kind === "bad") return undefined;
  const { caseId, seq, prev, hash } = first.entry;
  // The quick path compares it byte by byte.
  if (!/^[\w.~-]+$/.test(caseId)) return undefined;

  const lastLine = Uint8Array.from(block.subarray(block.lastIndexOf(NEWLINE, -2) + 1, -1));
  const found = anchors.has(hash) ? [hash] : [];
  let head: Head = { seq, hash };
  let start = firstEnd + 1;
  for (let end = block.indexOf(NEWLINE, start); end !== -1; end = block.indexOf(NEWLINE, start)) {
    const expected = { caseId, seq: head.seq + 1, prev: head.hash };
    const actual = quickHash(block, start, end, expected) ?? slowHash(block.subarray(start, end), expected);
    if (actual === undefined) return undefined;
    if (anchors.has(actual)) found.push(actual);
    head = { seq: expected.seq, hash: actual };
    start = end + 1;
  }
  return { caseId, after: { seq: seq - 1, hash: prev }, head, lastLine, found };
}

/** For the few lines that are good but not of the plain form the quick path knows, such as one with a fraction. */
function slowHash(
  bytes: Uint8Array,
  expected: { caseId: string; seq: number; prev: string },
): string | undefined {
  const parsed = parseLine(bytes);
  if (parsed.kind === "bad") return undefined;
  const { entry } = parsed;
  const fits = entry.caseId === expected.caseId && entry.seq === expected.seq && entry.prev === expected.prev;
  return fits ? entry.hash : undefined;
}
