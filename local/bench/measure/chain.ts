import type { RequestEntry } from "../../tenant/network/request-log.ts";

/** When something began and ended, in milliseconds of one clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Times are kept to the millisecond: what follows at once may seem to begin a moment before. */
const BLUR_IN_MS = 2;

/** How many of these waited for one another at most: the most that can be strung together without two overlapping. */
export function longestChain(spans: readonly Span[]): number {
  let chain = 0;
  let free = Number.NEGATIVE_INFINITY;
  for (const { from, to } of spans.toSorted((a, b) => a.to - b.to)) {
    if (from < free - BLUR_IN_MS) continue;
    chain += 1;
    free = to;
  }
  return chain;
}

/** A request as a span: the log notes it when it is answered. */
export function spanOf({ at, durationInMs }: Pick<RequestEntry, "at" | "durationInMs">): Span {
  const to = Date.parse(at);
  return { from: to - durationInMs, to };
}

/** How long at least one of these was under way. */
export function coveredInMs(spans: readonly Span[]): number {
  let covered = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    covered += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return covered;
}
