import { EventKind, type EventOf } from "../history-event.ts";
import { actionClassName, type Decision } from "./decision.ts";

const QUESTION =
  "Was a change made to the orchestrator code after this instance had already started running?";

type Scheduling =
  | EventOf<typeof EventKind.TaskScheduled>
  | EventOf<typeof EventKind.TimerCreated>
  | EventOf<typeof EventKind.SubOrchestrationInstanceCreated>;

/** Says how the history differs from what the replay asked for under the same id, in the framework's words; undefined when they agree. */
export function mismatch(event: Scheduling, decision: Decision | undefined): string | undefined {
  switch (event.EventType) {
    case EventKind.TaskScheduled:
      return taskMismatch(event, decision);
    case EventKind.TimerCreated:
      return timerMismatch(event, decision);
    case EventKind.SubOrchestrationInstanceCreated:
      return subOrchestrationMismatch(event, decision);
    default:
      return event satisfies never;
  }
}

function taskMismatch(
  { EventId: id, Name: name, Version: version }: EventOf<typeof EventKind.TaskScheduled>,
  decision: Decision | undefined,
): string | undefined {
  const before = "A previous execution of this orchestration scheduled an activity task with";
  if (decision === undefined)
    return `${before} sequence ID ${id} and name '${name}' (version '${version ?? ""}'), but the current replay execution hasn't (yet?) scheduled this task. ${QUESTION}`;
  if (decision.kind !== "task")
    return `${before} sequence number ${id} named '${name}', but the current orchestration replay instead produced a ${actionClassName(decision.kind)} action with this sequence number. ${QUESTION}`;
  if (!sameName(name, decision.name))
    return `${before} sequence number ${id} named '${name}', but the current orchestration replay instead scheduled an activity task named '${decision.name}' with this sequence number.  ${QUESTION}`;
  return undefined;
}

function timerMismatch(
  { EventId: id }: EventOf<typeof EventKind.TimerCreated>,
  decision: Decision | undefined,
): string | undefined {
  const before = `A previous execution of this orchestration scheduled a timer task with sequence number ${id}`;
  if (decision === undefined)
    return `${before} but the current replay execution hasn't (yet?) scheduled this task. ${QUESTION}`;
  if (decision.kind !== "timer")
    return `${before} named but the current orchestration replay instead produced a ${actionClassName(decision.kind)} action with this sequence number. ${QUESTION}`;
  return undefined;
}

function subOrchestrationMismatch(
  event: EventOf<typeof EventKind.SubOrchestrationInstanceCreated>,
  decision: Decision | undefined,
): string | undefined {
  const before = `A previous execution of this orchestration scheduled a sub-orchestration task with sequence ID ${event.EventId} and name '${event.Name}' (version '${event.Version ?? ""}', instance ID '${event.InstanceId}'), but the current`;
  if (decision === undefined)
    return `${before} replay execution hasn't (yet?) scheduled this task. ${QUESTION}`;
  if (decision.kind !== "sub-orchestration")
    return `${before} orchestration replay instead produced a ${actionClassName(decision.kind)} action at this sequence number. ${QUESTION}`;
  if (!sameName(event.Name, decision.name))
    return `${before} orchestration replay instead scheduled a sub-orchestration task with name ${decision.name} at this sequence number. ${QUESTION}`;
  return undefined;
}

/** Function names compare without regard to case. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
