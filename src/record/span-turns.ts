import { closeSync, openSync } from "node:fs";
import { type QuickSpan, quickSpan } from "./quick-span.ts";
import { RangeReader, rangesOf } from "./read-lines-at.ts";

const RANGE_IN_BYTES = 2 * 1024 * 1024;

/** What the threads of one verification share. Spans need nothing of each other to be checked. */
export interface SharedWork {
  readonly paths: readonly string[];
  readonly sizes: readonly number[];
  readonly heads: readonly string[];
  /** One number in memory that all threads see: the range whose turn is next. */
  readonly turn: Int32Array<SharedArrayBuffer>;
}

/** The range that was `n`th in turn, and the span in it: `nothing` where no line begins in it, undefined where not sure. */
export interface SpanInTurn {
  readonly n: number;
  readonly span: QuickSpan | "nothing" | undefined;
}

/** How many turns there are. */
export function turnsIn({ sizes }: SharedWork): number {
  return sizes.reduce((turns, size) => turns + rangesOf(size, RANGE_IN_BYTES).length, 0);
}

/** Checks whatever range no thread has taken yet, and the next, until all are taken. */
export function* spansInTurn({ paths, sizes, heads, turn }: SharedWork): Generator<SpanInTurn> {
  const anchors = new Set(heads);
  const reader = new RangeReader();
  const files = paths.map((path) => openSync(path, "r"));
  const requests = sizes.flatMap((size, n) =>
    rangesOf(size, RANGE_IN_BYTES).map((range) => ({ file: files[n] ?? -1, range })),
  );
  try {
    for (;;) {
      const n = Atomics.add(turn, 0, 1);
      const request = requests[n];
      if (request === undefined) return;
      const block = reader.read(request.file, request.range);
      yield { n, span: block?.length === 0 ? "nothing" : block && quickSpan(block, anchors) };
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** No thread takes a further turn. */
export function endTurns({ turn }: SharedWork): void {
  Atomics.store(turn, 0, 2 ** 30);
}
