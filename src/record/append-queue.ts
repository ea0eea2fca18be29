import type { AppendOptions, Appended } from "./case-record.ts";
import type { NewEntry } from "./entry.ts";
import { RecordError, type RecordErrorCode } from "./record-error.ts";
import type { Seen } from "./seen.ts";

/** A caller's entries on their way into the record. */
export interface WaitingAppend {
  readonly entries: readonly NewEntry[];
  readonly withCheckpoint: boolean;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

// A block takes 4 MiB, and an entry is mostly under 2 KiB.
const MOST_ENTRIES_AT_ONCE = 500;

/** What callers of one record want written, in the order they came. What waits together is written together. */
export class AppendQueue {
  #waiting: WaitingAppend[] = [];

  add(entries: readonly NewEntry[], { withCheckpoint = false }: AppendOptions): Promise<Appended> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    this.#waiting.push({ entries, withCheckpoint, resolve, reject });
    return promise;
  }

  /** All that wait, or as many as go into one write; none of them is handed out again. */
  take(): readonly WaitingAppend[] {
    let entries = 0;
    const end = this.#waiting.findIndex((caller, index) => {
      entries += caller.entries.length;
      return index > 0 && entries > MOST_ENTRIES_AT_ONCE;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }
}

/**
 * Tells each caller where its entries stand. `written` are the hashes of what was added for them; of two who brought the
 * same entry, the first added it.
 */
export function settleAppends(
  callers: readonly WaitingAppend[],
  seen: Seen,
  written: ReadonlySet<string>,
  checkpoint: NonNullable<Appended["checkpoint"]>,
): void {
  const unclaimed = new Set(written);
  for (const { entries, withCheckpoint, resolve, reject } of callers) {
    const places = entries.map(({ id }) => {
      const place = seen.ids.get(id);
      if (place === undefined) throw new RangeError(`entry ${id} was not recorded`);
      return { id, ...place, added: unclaimed.has(place.hash) };
    });
    for (const { hash } of places) unclaimed.delete(hash);
    // Who wanted nothing but the signature got nothing.
    if (withCheckpoint && checkpoint.kind === "failed" && !places.some(({ added }) => added))
      reject(checkpoint.cause);
    else resolve({ entries: places, head: seen.head, ...(withCheckpoint ? { checkpoint } : {}) });
  }
}

const ABOUT_ENTRIES: ReadonlySet<RecordErrorCode> = new Set([
  "ENTRY_NOT_PLAIN",
  "ENTRY_HOLDS_SECRET",
  "ENTRY_TOO_LARGE",
  "ENTRY_UNKNOWN_TYPE",
]);

/** Whether an entry is at fault, not the store: then nothing was written, and others' entries may be fine. */
export function isAboutEntries(error: unknown): boolean {
  return error instanceof RecordError && ABOUT_ENTRIES.has(error.code);
}
