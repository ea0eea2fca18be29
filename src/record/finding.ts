import type { CheckpointKey } from "./checkpoint-signer.ts";

/** What is wrong with a record. */
export type FindingCode =
  | "malformed-line" // Not JSON, not UTF-8, or not the members an entry has.
  | "non-canonical" // The same entry spelled in another way than RFC 8785's.
  | "edited" // Its content is not what its hash says.
  | "rewritten" // Edited with hashes made again: the chain holds, but not to what was signed or what follows.
  | "removed"
  | "inserted"
  | "reordered"
  | "truncated" // The end is missing: it does not end with a checkpoint.
  | "wrong-case"
  | "bad-checkpoint" // A checkpoint that is not of the form, or whose signature is not its key's.
  | "re-signed" // Signed by another key than the one trusted.
  | "head-mismatch"; // An anchor kept elsewhere names a head that is not in this record.

/** The first thing wrong, and where. */
export interface Finding {
  readonly code: FindingCode;
  /** The line in the file, from 1, at which it showed. */
  readonly line: number;
  /** The entries, by `seq`, among which the first bad one is. One number twice when it is known exactly. */
  readonly from: number;
  readonly to: number;
  readonly detail: string;
}

export type Verification =
  | {
      readonly kind: "intact";
      readonly caseId: string;
      readonly entries: number;
      /** The hash of the last entry. */
      readonly head: string;
      readonly signedBy: {
        readonly keyId: string;
        /** RFC 7638. */
        readonly thumbprint: string;
        /** Whether a key given by the caller signed. If not, the record only agrees with a key that it carries itself. */
        readonly trusted: boolean;
      };
    }
  | { readonly kind: "broken"; readonly finding: Finding };

export interface VerifyOptions {
  /** The case it should be of. The first entry decides otherwise. */
  readonly caseId?: string;
  /** The keys whose checkpoints count. None: the key in the last checkpoint, which proves no origin. */
  readonly keys?: readonly CheckpointKey[];
  /** Hashes of entries kept elsewhere (the incident, a report, a log line): each must be in this record. */
  readonly heads?: readonly string[];
}
