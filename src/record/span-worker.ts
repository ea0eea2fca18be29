import { openSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { quickSpan, type QuickSpan } from "./quick-span.ts";
import { type Range, RangeReader } from "./read-lines-at.ts";

/** What `verify-files.ts` asks a thread, and what it answers: `nothing` where no line begins in the range. */
export interface SpanRequest {
  readonly file: number;
  readonly range: Range;
}
export type SpanAnswer = QuickSpan | "nothing" | undefined;

// The other end of `verify-files.ts`: a range in, its span out, in the order they came.
const { paths, heads }: { paths: readonly string[]; heads: readonly string[] } = workerData;
const anchors = new Set(heads);
const files = paths.map((path) => openSync(path, "r"));
const reader = new RangeReader();

parentPort?.on("message", ({ file, range }: SpanRequest) => {
  const block = reader.read(files[file] ?? -1, range);
  const answer: SpanAnswer = block?.length === 0 ? "nothing" : block && quickSpan(block, anchors);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin, unlike a window's
  parentPort?.postMessage(answer);
});
