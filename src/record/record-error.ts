/** What can go wrong with a record. Whichever it is: the entry is not known to be written, so nothing may be done. */
export type RecordErrorCode =
  | "STORE_READ_ONLY" // The store refuses writes: no permission, a policy, a sealed blob, a disabled account.
  | "STORE_FULL" // No room: a quota, or a segment that cannot take another block.
  | "STORE_MISSING" // The container, or a record that was there before, is gone.
  | "STORE_UNREACHABLE" // No answer, or only server errors and throttling, after all retries.
  | "STORE_CONTENDED" // Other writers kept winning. Try again.
  | "ENTRY_NOT_PLAIN" // Data that is not plain JSON: a class instance, a function, NaN, a cycle.
  | "ENTRY_HOLDS_SECRET" // A Secret somewhere in an entry.
  | "ENTRY_TOO_LARGE"
  | "ENTRY_UNKNOWN_TYPE"
  | "RECORD_BROKEN" // What is stored already does not verify; appending to it would lend it credit.
  | "CHECKPOINT_KEY_UNUSABLE"; // The signer's key is not P-256, or what it signed does not verify.

/** Thrown when an entry could not be recorded. Limits: `STORE_UNREACHABLE` leaves open whether the last attempt was written. */
export class RecordError extends Error {
  override readonly name = "RecordError";
  readonly code: RecordErrorCode;
  /** Azure's own error code and request id, to find the attempt in its logs. */
  readonly azure:
    | { readonly code?: string; readonly status?: number; readonly requestId?: string }
    | undefined;

  constructor(options: {
    readonly code: RecordErrorCode;
    readonly message: string;
    readonly cause?: unknown;
    readonly azure?: { readonly code?: string; readonly status?: number; readonly requestId?: string };
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.azure = options.azure;
  }
}
