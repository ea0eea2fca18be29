import type { ContainerClient } from "@azure/storage-blob";
import { AppendQueue, isAboutEntries, settleAppends, type WaitingAppend } from "./append-queue.ts";
import type { AppendOptions, Appended, CaseRecord, Head } from "./case-record.ts";
import type { CheckpointSigner } from "./checkpoint-signer.ts";
import { compose, type Composed } from "./compose.ts";
import type { NewEntry, RecordedEntry } from "./entry.ts";
import { linesOf } from "./lines.ts";
import { RecordError } from "./record-error.ts";
import { recordedEntryOf } from "./recorded-entry.ts";
import { Seen } from "./seen.ts";
import { BLOCKS_PER_SEGMENT, type Segment, Segments } from "./segments.ts";

export interface OpenRecordOptions {
  readonly container: ContainerClient;
  /** Letters, digits, `.`, `_`, `~` and `-`: it becomes part of a blob's name. */
  readonly caseId: string;
  readonly sign: CheckpointSigner;
  readonly clock: () => Date;
  /** When to go on in a new blob. Every writer of a record must use the same number. */
  readonly blocksPerSegment?: number;
}

// Each lost race means that another writer got something written, so losing this often in a row is a fault.
const MOST_ATTEMPTS = 50;

/**
 * One case's record in its container. Nothing is read until something is asked. Limits: keep the handle for as long as the
 * process works on the case: an append then costs one request, where a new handle first reads the whole record.
 */
export function openRecord(options: OpenRecordOptions): CaseRecord {
  if (!/^[A-Za-z0-9][\w.~-]{0,127}$/.test(options.caseId)) {
    throw new TypeError(`${JSON.stringify(options.caseId)} cannot be a case id`);
  }
  return new StoredRecord(options);
}

class StoredRecord implements CaseRecord {
  readonly caseId: string;
  readonly #options: OpenRecordOptions;
  readonly #segments: Segments;
  readonly #blocksPerSegment: number;
  #seen = new Seen();
  /** The segment being written to; undefined before the first read. */
  #segment: Segment | undefined;
  #segmentExists = false;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #queue = new AppendQueue();

  constructor(options: OpenRecordOptions) {
    this.caseId = options.caseId;
    this.#options = options;
    this.#segments = new Segments(options.container, options.caseId);
    this.#blocksPerSegment = options.blocksPerSegment ?? BLOCKS_PER_SEGMENT;
  }

  append(entries: readonly NewEntry[], options: AppendOptions = {}): Promise<Appended> {
    const appended = this.#queue.add(entries, options);
    void this.#inTurn(() => this.#appendWaiting());
    return appended;
  }

  checkpoint(): Promise<Appended> {
    return this.append([], { withCheckpoint: true });
  }

  head(): Promise<Head> {
    return this.#inTurn(async () => {
      await this.#load();
      return this.#seen.head;
    });
  }

  has(id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#load();
      return this.#seen.ids.has(id);
    });
  }

  async *read(): AsyncGenerator<RecordedEntry> {
    for await (const { bytes } of linesOf(this.download())) yield recordedEntryOf(bytes);
  }

  async *download(): AsyncGenerator<Uint8Array> {
    for (let index = 1; ; index++) {
      const opened = await this.#segments.open(index);
      if (opened.kind !== "open") return;
      yield* opened.stream;
      if (opened.blocks < this.#blocksPerSegment) return;
    }
  }

  async *sealed(): AsyncGenerator<Uint8Array> {
    const { head } = await this.checkpoint();
    let left = head.seq;
    if (left === 0) return;
    for await (const { bytes } of linesOf(this.download())) {
      yield Buffer.concat([bytes, Buffer.from("\n")]);
      left -= 1;
      if (left === 0) return;
    }
  }

  /** One write for all who wait: hundreds of steps at work side by side would otherwise stand in line for one blob. */
  async #appendWaiting(): Promise<void> {
    const callers = this.#queue.take();
    if (callers.length === 0) return;
    try {
      await this.#append(callers);
    } catch (error) {
      if (callers.length === 1 || !isAboutEntries(error)) for (const { reject } of callers) reject(error);
      // What one of them brought cannot be written: the others must not suffer for it.
      else for (const caller of callers) await this.#append([caller]).catch(caller.reject);
    }
  }

  async #append(callers: readonly WaitingAppend[]): Promise<void> {
    const entries = callers.flatMap((caller) => caller.entries);
    const withCheckpoint = callers.some((caller) => caller.withCheckpoint);
    // By hash, since that tells what we wrote from what another writer recorded under the same id meanwhile.
    const written = new Set<string>();
    let lastFailure: unknown;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const segment = await this.#load();
      const composed = await this.#composeMissing(entries, withCheckpoint);
      if (composed === undefined) return settleAppends(callers, this.#seen, written, { kind: "signed" });
      for (const { head } of composed.added) written.add(head.hash);
      const answer = await this.#store(segment, composed).catch((error: unknown) => {
        lastFailure = error;
        return lostOrThrow(error);
      });
      if (answer === "stored") {
        const { checkpointFailure } = composed;
        const failed = checkpointFailure && ({ kind: "failed", cause: checkpointFailure.cause } as const);
        return settleAppends(callers, this.#seen, written, failed ?? { kind: "signed" });
      }
      if (answer === "lost" && attempt >= 2) throw lastFailure;
      await this.#catchUp();
    }
    const message = `lost to other writers ${MOST_ATTEMPTS} times in a row`;
    throw new RecordError({ code: "STORE_CONTENDED", message });
  }

  /** What is still to be written of this; undefined when all of it is there. */
  async #composeMissing(
    entries: readonly NewEntry[],
    withCheckpoint: boolean,
  ): Promise<Composed | undefined> {
    const missing = new Map<string, NewEntry>();
    for (const entry of entries) {
      if (!this.#seen.ids.has(entry.id) && !missing.has(entry.id)) missing.set(entry.id, entry);
    }
    const signs = withCheckpoint && (missing.size > 0 || !this.#seen.endsWithCheckpoint);
    if (missing.size === 0 && !signs) return undefined;
    const composed = await compose([...missing.values()], {
      caseId: this.caseId,
      after: this.#seen.head,
      at: this.#options.clock().toISOString(),
      ...(signs ? { signer: this.#options.sign } : {}),
    });
    if (composed.added.length === 0 && composed.checkpointFailure !== undefined)
      throw composed.checkpointFailure.cause;
    return composed.added.length === 0 ? undefined : composed;
  }

  async #store(segment: Segment, composed: Composed): Promise<"stored" | "moved"> {
    let target = segment;
    if (!this.#segmentExists) {
      const created = await this.#segments.create(segment.index);
      if (created.kind !== "created") return "moved";
      this.#segmentExists = true;
      target = created.segment;
    }
    const answer = await this.#segments.append(target, composed.block);
    if (answer.kind === "absent") throw gone();
    if (answer.kind !== "appended") return "moved";
    this.#segment = answer.segment;
    for (const { id, head, isCheckpoint } of composed.added) this.#seen.add(id, head, isCheckpoint);
    this.#goOnIfFull();
    return "stored";
  }

  async #load(): Promise<Segment> {
    if (this.#segment === undefined) {
      this.#segment = { index: 1, size: 0, blocks: 0 };
      try {
        await this.#catchUp();
      } catch (error) {
        this.#segment = undefined;
        this.#seen = new Seen();
        this.#segmentExists = false;
        throw error;
      }
    }
    return this.#segment;
  }

  /** Reads what others, or our own lost requests, have written since. */
  async #catchUp(): Promise<void> {
    for (;;) {
      const { index, size } = this.#segment ?? { index: 1, size: 0 };
      const answer = await this.#segments.readFrom(index, size);
      if (answer.kind === "absent") {
        if (this.#segmentExists) throw gone();
        return;
      }
      this.#segmentExists = true;
      if (answer.kind !== "read") return;
      await this.#seen.take(this.caseId, answer.bytes);
      this.#segment = answer.segment;
      if (!this.#goOnIfFull()) return;
    }
  }

  /** The rule every writer follows, so that none appends to a segment another has left. */
  #goOnIfFull(): boolean {
    if (this.#segment === undefined || this.#segment.blocks < this.#blocksPerSegment) return false;
    this.#segment = { index: this.#segment.index + 1, size: 0, blocks: 0 };
    this.#segmentExists = false;
    return true;
  }

  /** One at a time: two appends of one handle would only race each other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Whether the write may have happened after all: only then is it worth looking. */
function lostOrThrow(error: unknown): "lost" {
  if (error instanceof RecordError && error.code === "STORE_UNREACHABLE") return "lost";
  throw error;
}

function gone(): RecordError {
  return new RecordError({ code: "STORE_MISSING", message: "the record was there and is gone" });
}
