import type { FailureText } from "./failure-text.ts";
import { EventKind, eventText, type HistoryEvent, NO_ID, timestamp } from "./history-event.ts";
import { DURABLE_LOG_CATEGORY, type Hub } from "./hub.ts";
import { newExecutionId, startedEvent } from "./instance-start.ts";
import { decisionEvent, sendOut, warnOfSwallowed } from "./outgoing.ts";
import type { Decision } from "./replay/decision.ts";
import type { Replayed } from "./replay/replay.ts";
import { playedTexts, type Session, type SessionCache } from "./session-cache.ts";
import { hasEnded, type Instance, type RuntimeStatus } from "./store/rows.ts";

export interface Episode {
  readonly instance: Instance;
  readonly session: Session;
  /** What is new: the episode's own beginning and the messages it took in. */
  readonly fresh: readonly HistoryEvent[];
  readonly consumed: readonly number[];
}

/** The framework's numbers for how an execution ended. */
const ENDED_AS = { Completed: 1, Failed: 3, Terminated: 5 } as const;

type Ended = keyof typeof ENDED_AS;

/** Writes history, status and everything that goes out of an episode in one transaction. */
export function commitEpisode(hub: Hub, sessions: SessionCache, episode: Episode, replayed: Replayed): void {
  for (const why of replayed.swallowed) {
    if (episode.session.warnedOf.has(why)) continue;
    episode.session.warnedOf.add(why);
    warnOfSwallowed(hub, episode.instance, why);
  }
  const { end } = replayed;
  const customStatus = customStatusAfter(episode, replayed);
  switch (end.kind) {
    case "open": {
      const status: RuntimeStatus = replayed.isSuspended ? "Suspended" : "Running";
      commitOpen(hub, episode, replayed.decisions, { status, customStatus });
      return;
    }
    case "completed":
      commitEnd(hub, sessions, episode, replayed.decisions, {
        status: "Completed",
        output: end.output,
        details: null,
        customStatus,
      });
      return;
    case "failed":
      commitEnd(hub, sessions, episode, replayed.decisions, {
        status: "Failed",
        output: end.reason,
        details: end.details,
        customStatus,
      });
      return;
    case "continued-as-new":
      commitNextGeneration(hub, sessions, episode, { ...end, customStatus });
      return;
    default:
      end satisfies never;
  }
}

/** Ends an instance from outside. Its code is not run again; activities that run, run on, and their results are dropped. */
export function commitTermination(
  hub: Hub,
  sessions: SessionCache,
  episode: Episode,
  reason: string | null,
): void {
  commitEnd(hub, sessions, episode, [], {
    status: "Terminated",
    output: reason,
    // No details: the SDK of a parent cannot read such a failure, and the parent fails as non-deterministic, as on the real host.
    details: null,
    customStatus: episode.instance.customStatus,
  });
}

/**
 * A custom status holds for the episode that set it: the real host writes what the code set in this replay, or nothing.
 * Only the first episode after continue-as-new keeps what was there before.
 */
function customStatusAfter({ instance, session }: Episode, replayed: Replayed): string | null {
  const isFirstOfLaterGeneration = session.events.length === 0 && instance.generation > 0;
  if (replayed.customStatus === null && isFirstOfLaterGeneration) return instance.customStatus;
  return replayed.customStatus;
}

function commitOpen(
  hub: Hub,
  episode: Episode,
  decisions: readonly Decision[],
  change: Pick<Instance, "status" | "customStatus">,
): void {
  const { instance, session } = episode;
  const now = hub.clock.now();
  const children: string[] = [];
  const events = [...episode.fresh, ...decisions.map((it) => decisionEvent(it, now)), completedEpisode(now)];
  const texts = playedTexts(events);
  hub.store.transaction(() => {
    consume(hub, episode);
    hub.store.appendHistory(instance.executionId, session.events.length, texts);
    for (const it of decisions) children.push(...sendOut(hub, instance, it, now));
    hub.store.putInstance({ ...instance, ...change, updatedAt: now });
  });
  session.append(events, texts);
  if (instance.status !== change.status) logStatus(hub, instance, change.status);
  if (decisions.length > 0) hub.wakeWork();
  for (const child of children) hub.wakeInstance(child);
}

interface End {
  readonly status: Ended;
  readonly output: string | null;
  readonly details: string | null;
  readonly customStatus: string | null;
}

function commitEnd(
  hub: Hub,
  sessions: SessionCache,
  episode: Episode,
  decisions: readonly Decision[],
  end: End,
): void {
  const { instance, session } = episode;
  const now = hub.clock.now();
  const { status, output, customStatus } = end;
  const events: HistoryEvent[] = [
    ...episode.fresh,
    ...decisions.map((it) => decisionEvent(it, now)),
    {
      EventType: EventKind.ExecutionCompleted,
      EventId: NO_ID,
      Timestamp: timestamp(now),
      OrchestrationStatus: ENDED_AS[status],
      Result: output,
      FailureDetails: null,
    },
    completedEpisode(now),
  ];
  let parentToWake: string | undefined;
  hub.store.transaction(() => {
    consume(hub, episode);
    hub.store.appendHistory(instance.executionId, session.events.length, playedTexts(events));
    hub.store.removeTimers(instance.instanceId);
    hub.store.putInstance({ ...instance, status, output, customStatus, updatedAt: now });
    parentToWake = tellParent(hub, instance, end, now);
  });
  sessions.forget(instance.executionId);
  logStatus(hub, instance, status);
  hub.ended(instance.instanceId);
  if (parentToWake !== undefined) hub.wakeInstance(parentToWake);
}

function commitNextGeneration(
  hub: Hub,
  sessions: SessionCache,
  episode: Episode,
  next: {
    readonly input: string | null;
    readonly carriedOver: readonly HistoryEvent[];
    readonly customStatus: string | null;
  },
): void {
  const { instance } = episode;
  const now = hub.clock.now();
  const following: Instance = {
    ...instance,
    executionId: newExecutionId(),
    generation: instance.generation + 1,
    status: "Running",
    input: next.input,
    customStatus: next.customStatus,
    // The real host dates an instance from its current execution.
    createdAt: now,
    updatedAt: now,
  };
  const { instanceId, executionId } = following;
  hub.store.transaction(() => {
    consume(hub, episode);
    hub.store.removeHistory(instance.executionId);
    hub.store.removeTimers(instanceId);
    hub.store.putInstance(following);
    // Events nobody took are kept. They go before what came in meanwhile, which is where they were.
    const waiting = hub.store.inbox(instanceId);
    for (const it of waiting) hub.store.removeMessage(it.seq);
    hub.store.post(instanceId, executionId, eventText(startedEvent(following), true));
    for (const it of next.carriedOver) hub.store.post(instanceId, null, eventText(it, true));
    for (const it of waiting) hub.store.post(instanceId, it.executionId, it.event);
  });
  sessions.forget(instance.executionId);
  hub.log({
    level: "information",
    category: DURABLE_LOG_CATEGORY,
    instanceId,
    functionName: instance.name,
    message: `Orchestration '${instance.name}' (${instanceId}) continues as new, generation ${following.generation}`,
  });
  hub.wakeInstance(instanceId);
}

function consume(hub: Hub, episode: Episode): void {
  for (const seq of episode.consumed) hub.store.removeMessage(seq);
}

/** Returns the parent's id when it still waits for this execution of its child. */
function tellParent(
  { store }: Hub,
  { parent }: Instance,
  { status, output, details }: End,
  now: number,
): string | undefined {
  if (parent === null) return undefined;
  const { InstanceId: parentId, ExecutionId: parentExecution } = parent.OrchestrationInstance;
  const waiting = store.instance(parentId);
  if (waiting?.executionId !== parentExecution || hasEnded(waiting.status)) return undefined;
  const base = {
    EventId: NO_ID,
    Timestamp: timestamp(now),
    TaskScheduledId: parent.TaskScheduleId,
  };
  const failure: FailureText = { reason: output ?? "", details };
  const event: HistoryEvent =
    status === "Completed"
      ? { EventType: EventKind.SubOrchestrationInstanceCompleted, ...base, Result: output }
      : {
          EventType: EventKind.SubOrchestrationInstanceFailed,
          ...base,
          Reason: failure.reason,
          Details: failure.details,
          FailureDetails: null,
        };
  store.post(parentId, parentExecution, eventText(event, true));
  return parentId;
}

function completedEpisode(now: number): HistoryEvent {
  return {
    EventType: EventKind.OrchestratorCompleted,
    EventId: NO_ID,
    Timestamp: timestamp(now),
  };
}

function logStatus(hub: Hub, { instanceId, name }: Instance, status: RuntimeStatus): void {
  hub.log({
    level: status === "Failed" ? "error" : "information",
    category: DURABLE_LOG_CATEGORY,
    instanceId,
    functionName: name,
    message: `Orchestration '${name}' (${instanceId}) is ${status}`,
    ...(status === "Completed" ? { outcome: "succeeded" as const } : {}),
    ...(status === "Failed" ? { outcome: "failed" as const } : {}),
  });
}
