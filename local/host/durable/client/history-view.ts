import { EventKind, eventKindName, type EventOf, type HistoryEvent } from "../history-event.ts";
import { payloadForDisplay } from "../json-payload.ts";

export interface HistoryViewOptions {
  readonly showInput: boolean;
  readonly showOutput: boolean;
}

type Scheduled = EventOf<typeof EventKind.TaskScheduled | typeof EventKind.SubOrchestrationInstanceCreated>;

const ENDED_AS: Readonly<Record<number, string>> = { 1: "Completed", 3: "Failed", 5: "Terminated" };

/**
 * The history as the management API shows it: names instead of numbers, episodes left out, and what was scheduled
 * folded into its result, so that only calls still open stand on their own.
 */
export function historyView(events: readonly HistoryEvent[], options: HistoryViewOptions): unknown[] {
  const scheduled = new Map<number, Scheduled>();
  const folded = new Set<HistoryEvent>();
  for (const it of events) if (isScheduled(it)) scheduled.set(it.EventId, it);
  const shown: { readonly event: HistoryEvent; readonly view: Record<string, unknown> }[] = [];
  for (const event of events) {
    const source = "TaskScheduledId" in event ? scheduled.get(event.TaskScheduledId) : undefined;
    if (source !== undefined) folded.add(source);
    const view = viewOf(event, source, options);
    if (view !== undefined) shown.push({ event, view });
  }
  return shown.filter((it) => !folded.has(it.event)).map((it) => it.view);
}

function isScheduled(event: HistoryEvent): event is Scheduled {
  return (
    event.EventType === EventKind.TaskScheduled ||
    event.EventType === EventKind.SubOrchestrationInstanceCreated
  );
}

function viewOf(
  event: HistoryEvent,
  source: Scheduled | undefined,
  { showInput, showOutput }: HistoryViewOptions,
): Record<string, unknown> | undefined {
  const base = { EventType: eventKindName(event.EventType), Timestamp: event.Timestamp };
  const input = (text: string | null) => (showInput ? { Input: text } : {});
  const result = (text: string | null) => (showOutput ? { Result: payloadForDisplay(text) } : {});
  const call =
    source === undefined
      ? {}
      : {
          ScheduledTime: source.Timestamp,
          FunctionName: source.Name,
          ...input(source.Input),
        };
  switch (event.EventType) {
    case EventKind.ExecutionStarted:
      return {
        ...base,
        FunctionName: event.Name,
        Correlation: null,
        GenerateNewTrace: false,
        Generation: event.Generation,
        ParentTraceContext: null,
        ScheduledStartTime: null,
        ...input(event.Input),
      };
    case EventKind.ExecutionCompleted:
      return {
        ...base,
        OrchestrationStatus: ENDED_AS[event.OrchestrationStatus],
        FailureDetails: event.FailureDetails,
        ...result(event.Result),
      };
    case EventKind.TaskScheduled:
      return { ...base, Name: event.Name, ...input(event.Input) };
    case EventKind.SubOrchestrationInstanceCreated:
      return {
        ...base,
        Name: event.Name,
        InstanceId: event.InstanceId,
        ...input(event.Input),
      };
    case EventKind.TaskCompleted:
    case EventKind.SubOrchestrationInstanceCompleted:
      return { ...base, ...result(event.Result), ...call };
    case EventKind.TaskFailed:
    case EventKind.SubOrchestrationInstanceFailed:
      return {
        ...base,
        Reason: event.Reason,
        Details: event.Details,
        FailureDetails: event.FailureDetails,
        ...call,
      };
    case EventKind.TimerCreated:
    case EventKind.TimerFired:
      return { ...base, FireAt: event.FireAt };
    case EventKind.EventRaised:
      return { ...base, Name: event.Name, ...input(event.Input) };
    case EventKind.ExecutionTerminated:
    case EventKind.ExecutionSuspended:
    case EventKind.ExecutionResumed:
      return { ...base, ...input(event.Input) };
    case EventKind.OrchestratorStarted:
    case EventKind.OrchestratorCompleted:
      return undefined;
    default:
      return event satisfies never;
  }
}
