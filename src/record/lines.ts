/** A line of a file, without its newline. Only the last one can be unterminated. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly terminated: boolean;
}

const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines. Limits: a line is held in memory whole; an empty stream has none. */
export async function* linesOf(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Line> {
  for await (const { block, ends } of blocksOf(source)) {
    let from = 0;
    for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, from)) {
      yield { bytes: block.subarray(from, at), terminated: true };
      from = at + 1;
    }
    if (ends && from < block.length) yield { bytes: block.subarray(from), terminated: false };
  }
}

/**
 * Joins a stream of bytes into blocks that end with a whole line; what follows the last newline comes last, with `ends`.
 * Each block is the receiver's own to change.
 */
export async function* blocksOf(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<{ readonly block: Buffer; readonly ends: boolean }> {
  let pending: Uint8Array[] = [];
  for await (const chunk of source) {
    const cut = chunk.lastIndexOf(NEWLINE) + 1;
    if (cut === 0) {
      pending.push(chunk);
      continue;
    }
    yield { block: Buffer.concat([...pending, chunk.subarray(0, cut)]), ends: false };
    pending = cut < chunk.length ? [chunk.slice(cut)] : [];
  }
  if (pending.length > 0) yield { block: Buffer.concat(pending), ends: true };
}
