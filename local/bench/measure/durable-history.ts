import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { Span } from "./chain.ts";

/** What the histories of a case's orchestrations say, once the host has stopped: it keeps its database to itself. */
export interface DurableHistory {
  /** Activities, from being scheduled to having answered. */
  readonly hops: readonly (Span & { readonly name: string })[];
  /** Timers of the case's own orchestration: waits that nothing but the policy asks for. */
  readonly waits: readonly Span[];
  readonly startedAt: number;
  readonly orchestrations: number;
  /** Of any one of them. */
  readonly largestInBytes: number;
}

const Row = z.object({ instance: z.string(), name: z.string(), event: z.string() });
const Event = z.object({
  EventType: z.number(),
  EventId: z.number(),
  Timestamp: z.string(),
  Name: z.string().optional(),
  TaskScheduledId: z.number().optional(),
  TimerId: z.number().optional(),
});

const EXECUTION_STARTED = 0;
const TASK_SCHEDULED = 4;
const TASK_ENDED: readonly number[] = [5, 6];
const TIMER_CREATED = 10;
const TIMER_FIRED = 11;

/**
 * Reads the histories of a case and of the orchestrations it started. Limits: of what ended with `continueAsNew` nothing
 * is left, so let the case end without a watch.
 */
export function durableHistoryOf(database: string, caseId: string): DurableHistory {
  const rows = rowsOf(database, caseId);
  const hops: (Span & { readonly name: string })[] = [];
  const waits: Span[] = [];
  let startedAt = Number.NaN;
  let largestInBytes = 0;
  const instances = Map.groupBy(rows, ({ instance }) => instance);
  for (const [instance, own] of instances) {
    largestInBytes = Math.max(
      largestInBytes,
      own.reduce((sum, { event }) => sum + Buffer.byteLength(event), 0),
    );
    const begun = new Map<number, Span & { readonly name: string }>();
    for (const { event } of own) {
      const { EventType, EventId, Timestamp, Name = "", ...ended } = Event.parse(JSON.parse(event));
      const at = Date.parse(Timestamp);
      if (EventType === EXECUTION_STARTED && instance === caseId) startedAt = at;
      if (EventType === TASK_SCHEDULED || EventType === TIMER_CREATED) {
        begun.set(EventId, { from: at, to: at, name: Name });
      }
      const first = begun.get(ended.TaskScheduledId ?? ended.TimerId ?? -1);
      if (first === undefined) continue;
      if (TASK_ENDED.includes(EventType)) hops.push({ ...first, to: at });
      if (EventType === TIMER_FIRED && instance === caseId) waits.push({ from: first.from, to: at });
    }
  }
  return { hops, waits, startedAt, orchestrations: instances.size, largestInBytes };
}

function rowsOf(file: string, caseId: string): readonly z.infer<typeof Row>[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return z.array(Row).parse(
      database
        .prepare(
          `SELECT instance_id AS instance, name, event FROM history JOIN instance USING (execution_id)
           WHERE instance_id = ? OR (instance_id LIKE ? || ':%' AND name <> 'word')
           ORDER BY instance_id, position`,
        )
        .all(caseId, caseId),
    );
  } finally {
    database.close();
  }
}
