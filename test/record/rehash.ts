import { lineOf, NO_HEAD } from "../../src/record/chain.ts";

export function linesIn(record: Buffer): string[] {
  return record.toString("utf8").split("\n").slice(0, -1);
}

export function toRecord(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}

/** Numbers and hashes entries anew from an index on: what someone does who knows the format but has no key. */
export function rehashed(
  lines: readonly string[],
  from: number,
  change: (entry: Record<string, unknown>) => void,
): string[] {
  const out = lines.slice(0, from);
  let head = NO_HEAD;
  const before = out.at(-1);
  if (before !== undefined) {
    const { seq, hash } = JSON.parse(before);
    head = { seq, hash };
  }
  for (const line of lines.slice(from)) {
    const { hash: _, ...entry } = JSON.parse(line);
    if (out.length === from) change(entry);
    const made = lineOf({ ...entry, seq: head.seq + 1, prev: head.hash });
    out.push(made.line.slice(0, -1));
    head = made.head;
  }
  return out;
}
