import type { LogsIngestionClient } from "@azure/monitor-ingestion";
import { canonicalJson } from "./canonical.ts";
import type { RecordedEntry } from "./entry.ts";

/** An entry as a row of Log Analytics. `infra/` declares the same columns. */
interface RecordRow {
  readonly TimeGenerated: string;
  readonly CaseId: string;
  readonly EntryId: string;
  readonly Seq: number;
  readonly Type: string;
  readonly Actor: string;
  readonly Data: string;
  readonly Hash: string;
}

/**
 * The query part that makes rows count once. Ingestion has no memory of what was sent: a retry after a lost answer, or the
 * same entries sent again by a repeated activity, are there twice.
 */
export const ONE_ROW_PER_ENTRY = "summarize arg_min(TimeGenerated, *) by CaseId, EntryId";

/** The rows for these entries, in their order. `Actor` and `Data` are canonical JSON text, for `parse_json`. */
function rowsOf(entries: readonly RecordedEntry[]): readonly RecordRow[] {
  return entries.map(({ at, caseId, id, seq, type, actor, data, hash }) => ({
    TimeGenerated: at,
    CaseId: caseId,
    EntryId: id,
    Seq: seq,
    Type: type,
    Actor: canonicalJson(actor),
    Data: canonicalJson(data),
    Hash: hash,
  }));
}

export interface RowDestination {
  /** The data collection rule's immutable id. */
  readonly ruleId: string;
  readonly stream: string;
}

/** Sends entries to Log Analytics, at least once. Limits: rejects when part of it was refused; sending all again is safe. */
export async function sendRows(
  client: LogsIngestionClient,
  { ruleId, stream }: RowDestination,
  entries: readonly RecordedEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await client.upload(
    ruleId,
    stream,
    rowsOf(entries).map((row) => ({ ...row })),
  );
}
