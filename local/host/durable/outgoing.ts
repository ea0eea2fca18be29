import { EventKind, type HistoryEvent, timestamp } from "./history-event.ts";
import { DURABLE_LOG_CATEGORY, type Hub } from "./hub.ts";
import { beginInstance } from "./instance-start.ts";
import type { Decision } from "./replay/decision.ts";
import type { Instance } from "./store/rows.ts";
import { timerDueAt } from "./timer-due.ts";

/** How a decision stands in the history. */
export function decisionEvent(decision: Decision, now: number): HistoryEvent {
  const base = { EventId: decision.id, Timestamp: timestamp(now) };
  switch (decision.kind) {
    case "task":
      return {
        EventType: EventKind.TaskScheduled,
        ...base,
        Name: decision.name,
        Version: null,
        Input: decision.input,
      };
    case "timer":
      return { EventType: EventKind.TimerCreated, ...base, FireAt: timestamp(decision.fireAt) };
    case "sub-orchestration":
      return {
        EventType: EventKind.SubOrchestrationInstanceCreated,
        ...base,
        Name: decision.name,
        Version: decision.version,
        InstanceId: decision.instanceId,
        Input: decision.input,
      };
    default:
      return decision satisfies never;
  }
}

/** Writes what a decision sets in motion. Call within the episode's transaction; returns the instances it began. */
export function sendOut(
  hub: Hub,
  { instanceId, executionId, name }: Instance,
  decision: Decision,
  now: number,
): readonly string[] {
  switch (decision.kind) {
    case "task":
      hub.store.addActivity({
        instanceId,
        executionId,
        taskId: decision.id,
        name: decision.name,
        input: decision.input,
      });
      return [];
    case "timer":
      hub.store.addTimer({
        instanceId,
        executionId,
        timerId: decision.id,
        fireAt: decision.fireAt,
        dueAt: timerDueAt(decision.fireAt, now),
      });
      return [];
    case "sub-orchestration": {
      const begun = beginInstance(hub, {
        instanceId: decision.instanceId,
        name: decision.name,
        version: decision.version,
        input: decision.input,
        parent: {
          Name: name,
          OrchestrationInstance: { InstanceId: instanceId, ExecutionId: executionId },
          TaskScheduleId: decision.id,
        },
      });
      if (begun.kind === "begun") return [decision.instanceId];
      warnOfSwallowed(
        hub,
        { instanceId, name },
        `an instance '${decision.instanceId}' runs already; the sub-orchestration's start is dropped`,
      );
      return [];
    }
    default:
      return decision satisfies never;
  }
}

/** Says aloud what the real host swallows in silence. */
export function warnOfSwallowed(
  hub: Hub,
  { instanceId, name }: Pick<Instance, "instanceId" | "name">,
  why: string,
): void {
  hub.log({
    level: "warning",
    category: DURABLE_LOG_CATEGORY,
    instanceId,
    functionName: name,
    message: `Orchestration '${name}' (${instanceId}) waits for something that will never come, as it would on the real host: ${why}`,
  });
}
