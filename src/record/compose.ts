import type { Head } from "./case-record.ts";
import { lineOf, type PlacedEntry } from "./chain.ts";
import { signCheckpoint } from "./checkpoint.ts";
import type { CheckpointSigner } from "./checkpoint-signer.ts";
import { ENTRY_TYPES, type NewEntry } from "./entry.ts";
import { RecordError } from "./record-error.ts";

// Storage takes 4 MiB a block in every API version, more only in newer ones.
const MOST_BYTES_IN_BLOCK = 4 * 1024 * 1024;

/** Entries made ready to be stored after a head, as one block. */
export interface Composed {
  readonly block: Buffer;
  readonly added: readonly { readonly id: string; readonly head: Head; readonly isCheckpoint: boolean }[];
  readonly checkpointFailure?: { readonly cause: unknown };
}

export interface ComposeOptions {
  readonly caseId: string;
  readonly after: Head;
  readonly at: string;
  /** Closes the block with a checkpoint. */
  readonly signer?: CheckpointSigner;
}

/** Lines for these entries, linked to the head they follow, and a checkpoint if a signer is given and can sign. */
export async function compose(entries: readonly NewEntry[], options: ComposeOptions): Promise<Composed> {
  const { caseId, at, signer } = options;
  const lines: string[] = [];
  const added: { id: string; head: Head; isCheckpoint: boolean }[] = [];
  let head = options.after;
  const place = () => ({ seq: head.seq + 1, at, caseId, prev: head.hash });
  const put = (entry: PlacedEntry) => {
    const made = lineOf(entry);
    lines.push(made.line);
    head = made.head;
    added.push({ id: entry.id, head, isCheckpoint: entry.type === "checkpoint" });
  };

  for (const { id, type, actor, data } of entries) {
    const writable: string = type;
    if (!Object.hasOwn(ENTRY_TYPES, type) || writable === "checkpoint" || id === "") {
      throw new RecordError({
        code: "ENTRY_UNKNOWN_TYPE",
        message: `an entry needs an id and a known type, not ${type}`,
      });
    }
    put({ ...place(), actor, type, id, data });
  }
  let checkpointFailure: Composed["checkpointFailure"];
  if (signer !== undefined && head.seq > 0) {
    try {
      put(await signCheckpoint(place(), signer));
    } catch (cause) {
      checkpointFailure = { cause };
    }
  }

  const block = Buffer.from(lines.join(""));
  if (block.length > MOST_BYTES_IN_BLOCK) {
    const message = `${entries.length} entries of ${block.length} bytes together; ${MOST_BYTES_IN_BLOCK} fit into one append`;
    throw new RecordError({ code: "ENTRY_TOO_LARGE", message });
  }
  return { block, added, ...(checkpointFailure === undefined ? {} : { checkpointFailure }) };
}
