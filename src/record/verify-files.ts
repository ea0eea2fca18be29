import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Verification, VerifyOptions } from "./finding.ts";
import { judgeRecord } from "./judge.ts";
import { blocksOf } from "./lines.ts";
import type { QuickSpan } from "./quick-span.ts";
import { joinSpans, verifyRecord } from "./verify.ts";

const READ_IN_BYTES = 1024 * 1024;
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
    (await joinSpans(spansOnThreads(paths, options, threads), options)) ??
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

/** Spans need nothing of each other to be checked, so each block goes to the next free thread; they come back in order. */
async function* spansOnThreads(
  paths: readonly string[],
  options: VerifyOptions,
  threads: number,
): AsyncGenerator<QuickSpan | undefined> {
  const workers = Array.from({ length: threads }, () => new SpanWorker(options.heads ?? []));
  const underWay: Promise<QuickSpan | undefined>[] = [];
  try {
    let turn = 0;
    for await (const { block, ends } of blocksOf(bytesIn(paths))) {
      const worker = workers[turn++ % workers.length];
      if (ends || worker === undefined) {
        underWay.push(Promise.resolve(undefined));
        break;
      }
      underWay.push(worker.check(block));
      // Two for each thread keep it busy; more would only be held in memory.
      if (underWay.length >= threads * 2) yield await underWay.shift();
    }
    while (underWay.length > 0) yield await underWay.shift();
  } finally {
    await Promise.allSettled(workers.map((worker) => worker.stop()));
    await Promise.allSettled(underWay);
  }
}

class SpanWorker {
  readonly #worker: Worker;
  readonly #waiting: { resolve(span: QuickSpan | undefined): void; reject(error: unknown): void }[] = [];

  constructor(heads: readonly string[]) {
    this.#worker = new Worker(new URL("./span-worker.ts", import.meta.url), { workerData: { heads } });
    this.#worker.on("message", (span: QuickSpan | undefined) => this.#waiting.shift()?.resolve(span));
    this.#worker.on("error", (error) => {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    });
  }

  check(block: Buffer): Promise<QuickSpan | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<QuickSpan | undefined>();
    this.#waiting.push({ resolve, reject });
    // Moved, not copied: blocksOf gives each block a buffer that nothing else looks at.
    const { buffer } = block;
    const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === block.byteLength;
    this.#worker.postMessage(block, isWhole ? [buffer] : []);
    return promise;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(undefined);
  }
}
