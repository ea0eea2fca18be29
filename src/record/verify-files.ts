import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Verification, VerifyOptions } from "./finding.ts";
import { judgeRecord } from "./judge.ts";
import type { QuickSpan } from "./quick-span.ts";
import { rangesOf } from "./read-lines-at.ts";
import type { SpanAnswer, SpanRequest } from "./span-worker.ts";
import { joinSpans, verifyRecord } from "./verify.ts";

const READ_IN_BYTES = 1024 * 1024;
const RANGE_IN_BYTES = 2 * 1024 * 1024;
// Below this, starting threads costs more than they save.
const WORTH_THREADS_IN_BYTES = 16 * 1024 * 1024;

/** Verifies a record in files, in the order given, as `verifyRecord` does; large ones on every core. Memory stays flat. */
export async function verifyFiles(
  paths: readonly string[],
  options: VerifyOptions = {},
): Promise<Verification> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const threads = availableParallelism();
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (threads === 1 || total < WORTH_THREADS_IN_BYTES) return verifyRecord(() => bytesIn(paths), options);
  return (
    (await joinSpans(spansOnThreads({ paths, sizes, heads: options.heads ?? [] }, threads), options)) ??
    judgeRecord(bytesIn(paths), options)
  );
}

async function* bytesIn(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_IN_BYTES })) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
  }
}

/** Spans need nothing of each other to be checked, so each range goes to the next thread; they come back in order. */
async function* spansOnThreads(
  { paths, sizes, heads }: { paths: readonly string[]; sizes: readonly number[]; heads: readonly string[] },
  threads: number,
): AsyncGenerator<QuickSpan | undefined> {
  const requests = sizes.flatMap((size, file) =>
    rangesOf(size, RANGE_IN_BYTES).map((range) => ({ file, range })),
  );
  const workers = Array.from({ length: threads }, () => new SpanWorker({ paths, heads }));
  const underWay: Promise<SpanAnswer>[] = [];
  try {
    for (const [n, request] of requests.entries()) {
      const worker = workers[n % threads];
      if (worker !== undefined) underWay.push(worker.check(request));
      // Two for each thread keep it busy.
      if (underWay.length < threads * 2) continue;
      const span = await underWay.shift();
      if (span !== "nothing") yield span;
    }
    for (const answer of underWay) {
      const span = await answer;
      if (span !== "nothing") yield span;
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.allSettled(underWay);
  }
}

class SpanWorker {
  readonly #worker: Worker;
  readonly #waiting: { resolve(span: SpanAnswer): void; reject(error: unknown): void }[] = [];

  constructor(given: { paths: readonly string[]; heads: readonly string[] }) {
    this.#worker = new Worker(new URL("./span-worker.ts", import.meta.url), { workerData: given });
    this.#worker.on("message", (answer: SpanAnswer) => this.#waiting.shift()?.resolve(answer));
    this.#worker.on("error", (error) => {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    });
  }

  check(request: SpanRequest): Promise<SpanAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SpanAnswer>();
    this.#waiting.push({ resolve, reject });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin, unlike a window
    this.#worker.postMessage(request);
    return promise;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(undefined);
  }
}
