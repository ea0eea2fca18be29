import { closeSync, openSync, readSync, statSync } from "node:fs";

/** The first bytes of a write-ahead log, in both byte orders of its checksums. */
const MAGIC_NUMBERS: readonly number[] = [0x377f0682, 0x377f0683];
const HEADER_BYTES = 32;

/**
 * What is wrong with the log beside a store that was not closed in good order. SQLite itself takes a missing or
 * unreadable log for an empty one, and the commits in it would be gone without a word.
 */
export function writeAheadLogProblem(storeFile: string): string | undefined {
  const file = `${storeFile}-wal`;
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return `its write-ahead log ${file} is missing`;
  if (size === 0) return undefined;
  const header = Buffer.alloc(HEADER_BYTES);
  const opened = openSync(file, "r");
  try {
    readSync(opened, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(opened);
  }
  return MAGIC_NUMBERS.includes(header.readUInt32BE(0))
    ? undefined
    : `its write-ahead log ${file} cannot be read`;
}
