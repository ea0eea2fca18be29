import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Verification, VerifyOptions } from "./finding.ts";
import { judgeRecord } from "./judge.ts";
import type { QuickSpan } from "./quick-span.ts";
import { endTurns, type SharedWork, type SpanInTurn, spansInTurn, turnsIn } from "./span-turns.ts";
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
  const turn = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const work: SharedWork = { paths, sizes, heads: options.heads ?? [], turn };
  return (await joinSpans(spansOnThreads(work, threads), options)) ?? judgeRecord(bytesIn(paths), options);
}

async function* bytesIn(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_IN_BYTES })) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
  }
}

/** The spans, in the order of the files. This thread takes turns too: it can begin while the others are still starting. */
async function* spansOnThreads(work: SharedWork, threads: number): AsyncGenerator<QuickSpan | undefined> {
  const found = new SpansFound();
  const workers = Array.from(
    { length: threads - 1 },
    () => new Worker(new URL("./span-worker.ts", import.meta.url), { workerData: work }),
  );
  const ends = Promise.all(workers.map((worker) => once(worker, "exit")));
  // Heard of below, when it is waited for.
  ends.catch(() => undefined);
  for (const worker of workers) worker.on("message", (it: SpanInTurn) => found.add(it));
  try {
    for (const own of spansInTurn(work)) {
      found.add(own);
      // Lets in what the others found.
      await setImmediate();
      yield* found.inOrder();
    }
    await ends;
    yield* found.inOrder();
    // A thread that died with a turn of its own left a gap; what stands before it must not pass for all there is.
    if (found.left < turnsIn(work)) yield undefined;
  } finally {
    endTurns(work);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Spans come as threads finish with them, and leave in the order of the files. */
class SpansFound {
  readonly #waiting = new Map<number, SpanInTurn>();
  #due = 0;

  /** How many have left. */
  get left(): number {
    return this.#due;
  }

  add(found: SpanInTurn): void {
    this.#waiting.set(found.n, found);
  }

  *inOrder(): Generator<QuickSpan | undefined> {
    for (;;) {
      const next = this.#waiting.get(this.#due);
      if (next === undefined) return;
      this.#waiting.delete(this.#due++);
      if (next.span !== "nothing") yield next.span;
    }
  }
}
