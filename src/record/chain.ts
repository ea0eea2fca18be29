import { canonicalJson, sha256Hex } from "./canonical.ts";
import type { Head } from "./case-record.ts";

/** What comes before the first entry. */
export const NO_HEAD: Head = { seq: 0, hash: "0".repeat(64) };

/** An entry with its place in the record, before it is hashed. */
export interface PlacedEntry {
  readonly seq: number;
  readonly at: string;
  readonly caseId: string;
  readonly actor: object;
  readonly type: string;
  readonly id: string;
  readonly data: object;
  readonly prev: string;
}

/** The hash of an entry: SHA-256 of the canonical JSON of all its members but `hash`. */
export function hashOf(entry: PlacedEntry): string {
  return sha256Hex(canonicalJson(entry));
}

/** The stored line, with its newline, and the head it makes. Limits: throws a RecordError on what a record may not hold. */
export function lineOf(entry: PlacedEntry): { readonly line: string; readonly head: Head } {
  const hash = hashOf(entry);
  return { line: `${canonicalJson({ ...entry, hash })}\n`, head: { seq: entry.seq, hash } };
}
