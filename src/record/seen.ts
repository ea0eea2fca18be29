import type { Head } from "./case-record.ts";
import { NO_HEAD } from "./chain.ts";
import { linesOf } from "./lines.ts";
import { parseLine } from "./parse-line.ts";
import { RecordError } from "./record-error.ts";

/** What a writer knows of a record: where it ends and which ids it holds. Grows by what was read or written, never shrinks. */
export class Seen {
  head: Head = NO_HEAD;
  endsWithCheckpoint = false;
  readonly ids = new Map<string, Head>();

  /** Takes in stored bytes that follow what was seen. Limits: throws RECORD_BROKEN where they do not. */
  async take(caseId: string, bytes: Uint8Array): Promise<void> {
    for await (const { bytes: line, terminated } of linesOf([bytes])) {
      const parsed = parseLine(line);
      const seq = this.head.seq + 1;
      if (parsed.kind === "bad") throw brokenAt(seq, parsed.detail);
      const { entry } = parsed;
      if (!terminated || entry.caseId !== caseId || entry.seq !== seq || entry.prev !== this.head.hash) {
        throw brokenAt(seq, "what is stored does not follow the entry before it");
      }
      this.add(entry.id, { seq, hash: entry.hash }, entry.type === "checkpoint");
    }
  }

  add(id: string, head: Head, isCheckpoint: boolean): void {
    this.ids.set(id, head);
    this.head = head;
    this.endsWithCheckpoint = isCheckpoint;
  }
}

function brokenAt(seq: number, detail: string): RecordError {
  return new RecordError({
    code: "RECORD_BROKEN",
    message: `the stored record is broken at entry ${seq}: ${detail}`,
  });
}
