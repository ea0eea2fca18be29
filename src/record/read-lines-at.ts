import { readSync } from "node:fs";

const NEWLINE = 0x0a;
const LONGER_IN_BYTES = 64 * 1024;

/** A part of a file: the lines that begin in it. */
export interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly fileSize: number;
}

/** Cuts a file's bytes into ranges. */
export function rangesOf(fileSize: number, rangeInBytes: number): readonly Range[] {
  const count = Math.ceil(fileSize / rangeInBytes);
  return Array.from({ length: count }, (_, n) => ({
    from: n * rangeInBytes,
    to: Math.min((n + 1) * rangeInBytes, fileSize),
    fileSize,
  }));
}

/**
 * Reads the lines that begin within a range, whole, into one buffer that each reader keeps for all its ranges; undefined
 * where the last of them has no newline. Limits: what was returned before is overwritten.
 */
export class RangeReader {
  #buffer = Buffer.alloc(0);

  read(file: number, { from, to, fileSize }: Range): Buffer | undefined {
    // The byte before tells whether a line begins exactly here.
    const first = Math.max(0, from - 1);
    for (let longer = LONGER_IN_BYTES; ; longer *= 4) {
      const last = Math.min(fileSize, to + longer);
      const bytes = this.#fill(file, first, last);
      const start = from === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
      const end = bytes.indexOf(NEWLINE, to - 1 - first) + 1;
      if (from > 0 && (start === 0 || first + start >= to)) {
        // One long line covers the whole range: it is its first range's to read.
        if (start > 0 || last === fileSize) return bytes.subarray(0, 0);
      } else if (end > 0) return bytes.subarray(start, end);
      if (last === fileSize) return undefined;
    }
  }

  #fill(file: number, first: number, last: number): Buffer {
    const length = last - first;
    if (this.#buffer.length < length) this.#buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(file, this.#buffer, filled, length - filled, first + filled);
      if (read === 0) throw new RangeError("the file became shorter while it was read");
      filled += read;
    }
    return this.#buffer.subarray(0, length);
  }
}
