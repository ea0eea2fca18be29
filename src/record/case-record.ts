import type { NewEntry, RecordedEntry } from "./entry.ts";

/** The last entry: what an anchor elsewhere names. `seq` 0 and 64 zeros for a record that holds nothing yet. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export interface AppendOptions {
  /** Closes the batch with a signed checkpoint in the same write: once a wave, and at the end. */
  readonly withCheckpoint?: boolean;
}

export interface Appended {
  /** One for each entry asked for, in that order. `added` is false where the id was recorded before: that entry stands. */
  readonly entries: readonly {
    readonly id: string;
    readonly seq: number;
    readonly hash: string;
    readonly added: boolean;
  }[];
  readonly head: Head;
}

/**
 * One case's record. When `append` resolves, every entry is stored once, whoever else writes and whatever was lost on the
 * way; when it rejects with a RecordError, do not go on to the effect. Entries of one call stand together, in order.
 */
export interface CaseRecord {
  readonly caseId: string;
  append(entries: readonly NewEntry[], options?: AppendOptions): Promise<Appended>;
  /** Signs the head as it is now, if the last entry is not a checkpoint already. */
  checkpoint(): Promise<Appended>;
  /** The head as last seen by this handle, read from the store the first time. */
  head(): Promise<Head>;
  /** Whether an entry with this id is recorded, as last seen by this handle. */
  has(id: string): Promise<boolean>;
  /** Every entry, fresh from the store, streamed. Limits: trusts the chain as read; `verifyRecord` is what proves it. */
  read(): AsyncIterable<RecordedEntry>;
  /** The stored bytes, fresh, streamed, over all segments: what `GET …/record` sends and `tourniquet verify` reads. */
  download(): AsyncIterable<Uint8Array>;
}
