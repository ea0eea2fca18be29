import { commitEpisode, commitTermination, type Episode } from "./episode-commit.ts";
import { EventKind, type HistoryEvent, NO_ID, timestamp } from "./history-event.ts";
import { DURABLE_LOG_CATEGORY, type Hub, registeredName } from "./hub.ts";
import { orchestrationTrigger } from "./orchestration-trigger.ts";
import { readOrchestratorRun } from "./orchestrator-state.ts";
import { replay } from "./replay/replay.ts";
import type { SessionCache } from "./session-cache.ts";
import { hasEnded, type Instance, type Message } from "./store/rows.ts";
import { readEvent } from "./store/store.ts";

/**
 * Runs an instance once over all that waits for it, and commits what came of it in one transaction. Does nothing when
 * nothing waits, when the instance has ended, or when its function is not there.
 */
export async function runEpisode(
  hub: Hub,
  sessions: SessionCache,
  instanceId: string,
  isClosed: () => boolean,
): Promise<void> {
  const instance = hub.store.instance(instanceId);
  const { current, stale } = sortMessages(hub.store.inbox(instanceId), instance);
  if (stale.length > 0) hub.store.transaction(() => stale.forEach((it) => hub.store.removeMessage(it.seq)));
  if (instance === undefined || current.length === 0) return;

  const session = sessions.open(instance.executionId);
  const fresh: HistoryEvent[] = [
    {
      EventType: EventKind.OrchestratorStarted,
      EventId: NO_ID,
      Timestamp: timestamp(hub.clock.now()),
    },
    ...startFirst(current.map((it) => readEvent(it.event))),
  ];
  const episode: Episode = { instance, session, fresh, consumed: current.map((it) => it.seq) };

  const termination = fresh.find((it) => it.EventType === EventKind.ExecutionTerminated);
  if (termination !== undefined) {
    commitTermination(hub, sessions, episode, termination.Input);
    return;
  }
  const name = registeredName(hub.runner.orchestrators(), instance.name);
  if (name === undefined) {
    hub.log({
      level: "warning",
      category: DURABLE_LOG_CATEGORY,
      instanceId,
      functionName: instance.name,
      message: `Orchestration '${instance.name}' (${instanceId}) waits: the app has no orchestrator function of this name. The real host lets it wait for ever too.`,
    });
    return;
  }

  const ran = await hub.runner.runOrchestrator(
    name,
    orchestrationTrigger(instance, session, fresh),
    instanceId,
  );
  if (isClosed()) return;
  const now = hub.store.instance(instanceId);
  // Purged, or replaced by a new instance of the same id, while its code ran.
  if (now?.executionId !== instance.executionId || hasEnded(now.status)) return;

  const { settings, runner } = hub;
  const replayed = replay({
    executionId: instance.executionId,
    name: instance.name,
    instanceId,
    parentInstanceId: instance.parent?.OrchestrationInstance.InstanceId ?? null,
    maxActions: settings.maxOrchestrationActions,
    defaultVersion: settings.defaultVersion ?? null,
    isActivity: (it) => registeredName(runner.activities(), it) !== undefined,
    isOrchestrator: (it) => registeredName(runner.orchestrators(), it) !== undefined,
    events: chain(session.events, fresh),
    run: readOrchestratorRun(ran),
  });
  commitEpisode(hub, sessions, episode, replayed);
}

/** Messages for an execution that is over, or for no instance at all, are dropped as the real host drops them. */
function sortMessages(
  messages: readonly Message[],
  instance: Instance | undefined,
): { readonly current: readonly Message[]; readonly stale: readonly Message[] } {
  if (instance === undefined || hasEnded(instance.status)) return { current: [], stale: messages };
  const isStale = (it: Message): boolean =>
    it.executionId !== null && it.executionId !== instance.executionId;
  return {
    current: messages.filter((it) => !isStale(it)),
    stale: messages.filter(isStale),
  };
}

/** An event may have come in between a continue-as-new and the message that begins the next execution. */
function startFirst(events: readonly HistoryEvent[]): HistoryEvent[] {
  const isStart = (it: HistoryEvent): boolean => it.EventType === EventKind.ExecutionStarted;
  return [...events.filter(isStart), ...events.filter((it) => !isStart(it))];
}

function* chain<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}
