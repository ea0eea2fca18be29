import { z } from "zod";

/**
 * One entry of an instance's history, in the shape in which the worker's SDK reads it. Numbers, names and nesting are
 * those of the Durable Task Framework; `IsPlayed` is added when an event is handed over, so that stored rows never change.
 */
const base = { EventId: z.number(), Timestamp: z.string() };
const text = z.string().nullable();

const instanceReference = z.object({ InstanceId: z.string(), ExecutionId: z.string() });

export const parentReference = z.object({
  Name: z.string(),
  OrchestrationInstance: instanceReference,
  TaskScheduleId: z.number(),
});

export const historyEvent = z.discriminatedUnion("EventType", [
  z.object({
    EventType: z.literal(0),
    ...base,
    Name: z.string(),
    Version: text,
    Input: text,
    Tags: z.null(),
    Generation: z.number(),
    OrchestrationInstance: instanceReference,
    ParentInstance: parentReference.nullable(),
  }),
  z.object({
    EventType: z.literal(1),
    ...base,
    OrchestrationStatus: z.number(),
    Result: text,
    FailureDetails: z.null(),
  }),
  z.object({ EventType: z.literal(3), ...base, Input: text }),
  z.object({ EventType: z.literal(4), ...base, Name: z.string(), Version: text, Input: text }),
  z.object({ EventType: z.literal(5), ...base, TaskScheduledId: z.number(), Result: text }),
  z.object({
    EventType: z.literal(6),
    ...base,
    TaskScheduledId: z.number(),
    Reason: text,
    Details: text,
    FailureDetails: z.null(),
  }),
  z.object({
    EventType: z.literal(7),
    ...base,
    Name: z.string(),
    Version: text,
    InstanceId: z.string(),
    Input: text,
  }),
  z.object({ EventType: z.literal(8), ...base, TaskScheduledId: z.number(), Result: text }),
  z.object({
    EventType: z.literal(9),
    ...base,
    TaskScheduledId: z.number(),
    Reason: text,
    Details: text,
    FailureDetails: z.null(),
  }),
  z.object({ EventType: z.literal(10), ...base, FireAt: z.string() }),
  z.object({ EventType: z.literal(11), ...base, TimerId: z.number(), FireAt: z.string() }),
  z.object({ EventType: z.literal(12), ...base }),
  z.object({ EventType: z.literal(13), ...base }),
  z.object({ EventType: z.literal(15), ...base, Name: z.string(), Input: text }),
  z.object({ EventType: z.literal(19), ...base, Input: text }),
  z.object({ EventType: z.literal(20), ...base, Input: text }),
]);

export type HistoryEvent = z.infer<typeof historyEvent>;
export type ParentReference = z.infer<typeof parentReference>;

/** The event kinds by the framework's own names. */
export const EventKind = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventRaised: 15,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const satisfies Record<string, HistoryEvent["EventType"]>;

export type EventOf<K extends HistoryEvent["EventType"]> = Extract<HistoryEvent, { EventType: K }>;

/** The name of an event kind as the management API shows it. */
export function eventKindName(kind: HistoryEvent["EventType"]): string {
  for (const [name, number] of Object.entries(EventKind)) if (number === kind) return name;
  throw new RangeError(`history event kind ${kind} has no name`);
}

/** Events that schedule nothing carry this id. */
export const NO_ID = -1;

export function timestamp(instant: number): string {
  return new Date(instant).toISOString();
}

/** The event as JSON text, as stored (played) and as handed to the worker. */
export function eventText(event: HistoryEvent, isPlayed: boolean): string {
  return JSON.stringify({ ...event, IsPlayed: isPlayed });
}
