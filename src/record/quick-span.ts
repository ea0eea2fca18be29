import { isUtf8 } from "node:buffer";
import type { Head } from "./case-record.ts";
import { parseLine } from "./parse-line.ts";
import { ChainWalk } from "./quick-line.ts";

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
  const walk = new ChainWalk(block, { caseId, seq, hashAt: hashAtIn(block, 0, hash), at: firstEnd + 1 });
  while (walk.at < block.length) {
    if (!walk.stepQuickly() && !stepSlowly(block, walk)) return undefined;
    if (anchors.size > 0 && anchors.has(hashOfLast(block, walk))) found.push(hashOfLast(block, walk));
  }
  // Taken before the hashes are made, which overwrites the block.
  const head = { seq: walk.seq, hash: hashOfLast(block, walk) };
  if (!walk.stated.areRight()) return undefined;
  return {
    caseId,
    after: { seq: seq - 1, hash: prev },
    head,
    lastLine,
    found,
  };
}

/** For the few lines that are good but not of the plain form the quick path knows, such as one with a fraction. */
function stepSlowly(block: Buffer, walk: ChainWalk): boolean {
  const end = block.indexOf(NEWLINE, walk.at);
  const parsed = parseLine(block.subarray(walk.at, end));
  if (parsed.kind === "bad") return false;
  const { entry } = parsed;
  if (entry.caseId !== walk.caseId || entry.seq !== walk.seq + 1 || entry.prev !== hashOfLast(block, walk))
    return false;
  walk.seq = entry.seq;
  walk.hashAt = hashAtIn(block, walk.at, entry.hash);
  walk.at = end + 1;
  return true;
}

function hashOfLast(block: Buffer, { hashAt }: ChainWalk): string {
  return block.toString("latin1", hashAt, hashAt + 64);
}

function hashAtIn(block: Buffer, lineAt: number, hash: string): number {
  return block.indexOf(`"hash":"${hash}"`, lineAt) + '"hash":"'.length;
}
