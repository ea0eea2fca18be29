import { randomBytes } from "node:crypto";

import {
  EventKind,
  type EventOf,
  eventText,
  NO_ID,
  type ParentReference,
  timestamp,
} from "./history-event.ts";
import type { Hub } from "./hub.ts";
import { hasEnded, type Instance } from "./store/rows.ts";

export interface NewInstance {
  readonly instanceId: string;
  readonly name: string;
  readonly version: string | null;
  readonly input: string | null;
  readonly parent: ParentReference | null;
}

/** Why no instance was begun: one with this id is still alive. */
export interface AlreadyThere {
  readonly kind: "already-there";
  readonly existing: Instance;
}

export function newExecutionId(): string {
  return randomBytes(16).toString("hex");
}

/** Writes a new instance and its first message. Call within a transaction. An ended instance of the same id gives way. */
export function beginInstance(
  { store, clock }: Hub,
  begun: NewInstance,
): { readonly kind: "begun" } | AlreadyThere {
  const existing = store.instance(begun.instanceId);
  if (existing !== undefined) {
    if (!hasEnded(existing.status)) return { kind: "already-there", existing };
    store.removeInstance(existing);
  }
  const now = clock.now();
  const instance: Instance = {
    ...begun,
    executionId: newExecutionId(),
    generation: 0,
    status: "Pending",
    output: null,
    customStatus: null,
    createdAt: now,
    updatedAt: now,
  };
  store.putInstance(instance);
  store.post(instance.instanceId, instance.executionId, eventText(startedEvent(instance), true));
  return { kind: "begun" };
}

/** The event that begins an execution. */
export function startedEvent(instance: Instance): EventOf<typeof EventKind.ExecutionStarted> {
  return {
    EventType: EventKind.ExecutionStarted,
    EventId: NO_ID,
    Timestamp: timestamp(instance.createdAt),
    Name: instance.name,
    Version: instance.version,
    Input: instance.input,
    Tags: null,
    Generation: instance.generation,
    OrchestrationInstance: {
      InstanceId: instance.instanceId,
      ExecutionId: instance.executionId,
    },
    ParentInstance: instance.parent,
  };
}
