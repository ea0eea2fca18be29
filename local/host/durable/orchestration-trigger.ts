import type { HistoryEvent } from "./history-event.ts";
import { EventKind, eventText } from "./history-event.ts";
import type { Session } from "./session-cache.ts";
import type { Instance } from "./store/rows.ts";

/** The schema versions offered. 2 makes the SDK mirror long timers; 3 would promise entity locks, which this host has not. */
const OFFERED_SCHEMA = 2;
const OFFERED_SCHEMA_TO_OLD_SDKS = 1;

/** The JSON text an orchestrator function is called with. Stored events go in as text: a long history is never parsed and written anew. */
export function orchestrationTrigger(
  instance: Instance,
  session: Session,
  fresh: readonly HistoryEvent[],
): string {
  const started = [...session.events.slice(0, 2), ...fresh].find(
    (it) => it.EventType === EventKind.ExecutionStarted,
  );
  const history = [...session.texts, ...fresh.map((it) => eventText(it, false))].join(",");
  const rest = JSON.stringify({
    instanceId: instance.instanceId,
    isReplaying: session.events.length > 0,
    parentInstanceId: instance.parent?.OrchestrationInstance.InstanceId ?? null,
    upperSchemaVersion: OFFERED_SCHEMA_TO_OLD_SDKS,
    upperSchemaVersionNew: OFFERED_SCHEMA,
    longRunningTimerIntervalDuration: "3.00:00:00",
    maximumShortTimerDuration: "6.00:00:00",
    // The real extension's own spelling.
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
  return `{"history":[${history}],"input":${started?.Input ?? "null"},${rest.slice(1)}`;
}
