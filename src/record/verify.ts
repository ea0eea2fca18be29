import { NO_HEAD } from "./chain.ts";
import { judgeCheckpoint, thumbprintOf } from "./checkpoint.ts";
import type { Verification, VerifyOptions } from "./finding.ts";
import { judgeRecord } from "./judge.ts";
import { blocksOf } from "./lines.ts";
import { parseLine } from "./parse-line.ts";
import { quickSpan, type QuickSpan } from "./quick-span.ts";

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Verifies a record: every entry whole, canonical, in its place and of this case, the end signed, every anchor in it; or
 * the first thing wrong. `open` gives the record's bytes from the start and may be called twice: a quick pass in constant
 * memory finds that all is well; only if it is not sure does the judge read again and decide. Limits: as `judgeRecord`.
 */
export async function verifyRecord(open: () => Bytes, options: VerifyOptions = {}): Promise<Verification> {
  return (await joinSpans(spansOf(open(), options), options)) ?? judgeRecord(open(), options);
}

async function* spansOf(source: Bytes, options: VerifyOptions): AsyncGenerator<QuickSpan | undefined> {
  const anchors = new Set(options.heads);
  for await (const { block, ends } of blocksOf(source)) yield ends ? undefined : quickSpan(block, anchors);
}

/** Whether spans, in the order of the file, make one whole record; undefined when that is not sure. */
export async function joinSpans(
  spans: AsyncIterable<QuickSpan | undefined>,
  options: VerifyOptions,
): Promise<Verification | undefined> {
  const missing = new Set(options.heads);
  let head = NO_HEAD;
  let { caseId } = options;
  let lastLine: Uint8Array | undefined;
  for await (const span of spans) {
    if (span === undefined) return undefined;
    caseId ??= span.caseId;
    if (span.caseId !== caseId || span.after.seq !== head.seq || span.after.hash !== head.hash)
      return undefined;
    for (const anchor of span.found) missing.delete(anchor);
    ({ head, lastLine } = span);
  }
  if (caseId === undefined || lastLine === undefined || missing.size > 0) return undefined;

  // One good checkpoint at the very end vouches for everything before it.
  const last = parseLine(lastLine);
  if (last.kind === "bad" || last.entry.type !== "checkpoint") return undefined;
  const verdict = judgeCheckpoint(last.entry);
  if (verdict.kind !== "signed") return undefined;
  const { keyId, thumbprint } = verdict;
  const { keys = [] } = options;
  if (keys.length > 0 && !keys.some((key) => thumbprintOf(key) === thumbprint)) return undefined;
  return {
    kind: "intact",
    caseId,
    entries: head.seq,
    head: head.hash,
    signedBy: { keyId, thumbprint, trusted: keys.length > 0 },
  };
}
