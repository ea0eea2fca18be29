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
  /** How the checkpoint asked for went. A vault that cannot sign does not stop the entries from being recorded. */
  readonly checkpoint?: { readonly kind: "signed" } | { readonly kind: "failed"; readonly cause: unknown };
}

/**
 * One case's record. When `append` resolves, every entry is stored once, whoever else writes and whatever was lost on the
 * way; when it rejects with a RecordError, do not go on to the effect. Entries of one call stand together, in order.
 */
export interface CaseRecord {
  readonly caseId: string;
  append(entries: readonly NewEntry[], options?: AppendOptions): Promise<Appended>;
  /** Signs the head as it is now, if the last entry is not a checkpoint already and there is one. */
  checkpoint(): Promise<Appended>;
  /** The head as last seen by this handle, read from the store the first time. */
  head(): Promise<Head>;
  /** Whether an entry with this id is recorded, as last seen by this handle. */
  has(id: string): Promise<boolean>;
  /** Every entry, fresh from the store, streamed. Limits: trusts the chain as read; `verifyRecord` is what proves it. */
  read(): AsyncIterable<RecordedEntry>;
  /** The stored bytes, fresh, streamed, over all segments. They end wherever the record stands: perhaps unsigned. */
  download(): AsyncIterable<Uint8Array>;
  /**
   * What may be given out: signs the head if it is not, then streams up to that checkpoint and no further, so that a copy
   * cut short says so. Limits: rejects where the head cannot be signed; `download` then still gives what there is.
   */
  sealed(): AsyncIterable<Uint8Array>;
}
