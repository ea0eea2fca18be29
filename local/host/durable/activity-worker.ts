import type { Ran } from "./contract.ts";
import { activityFailure } from "./failure-text.ts";
import { EventKind, eventText, type HistoryEvent, NO_ID, timestamp } from "./history-event.ts";
import { DURABLE_LOG_CATEGORY, type Hub, logStandstill, registeredName } from "./hub.ts";
import { activityInputText } from "./json-payload.ts";
import { type ActivityWork, hasEnded } from "./store/rows.ts";

/**
 * An activity begun this often without an end was running each time the host died. From then on it runs alone, so that
 * innocent neighbours of one that kills the host are not counted along with it.
 */
const SUSPECT_AFTER_STARTS = 3;

/** Runs activities, oldest first and a bounded number at once. At least once each: a start is committed before it happens, the result after. */
export class ActivityWorker {
  readonly #hub: Hub;
  readonly #running = new Set<Promise<void>>();
  readonly #suspects: number[];
  #isDraining = false;
  #isStopped = false;

  constructor(hub: Hub) {
    this.#hub = hub;
    this.#suspects = hub.store.activitiesStarted(SUSPECT_AFTER_STARTS);
  }

  pump(): void {
    if (this.#isDraining) return;
    const { store, settings } = this.#hub;
    if (this.#suspects.length > 0) {
      this.#pumpSuspects();
      return;
    }
    const free = settings.maxConcurrentActivityFunctions - this.#running.size;
    if (free <= 0) return;
    for (const work of store.takeActivities(free)) this.#begin(work);
  }

  /** Begins nothing more, but takes in the results of what runs. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Takes in nothing more either. */
  stop(): void {
    this.#isDraining = true;
    this.#isStopped = true;
  }

  /** Settles when everything that ran at the time has come to an end. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  #pumpSuspects(): void {
    if (this.#running.size > 0) return;
    const seq = this.#suspects.shift();
    const work = seq === undefined ? undefined : this.#hub.store.takeActivity(seq);
    if (work === undefined) this.pump();
    else this.#begin(work);
  }

  #begin(work: ActivityWork): void {
    const running: Promise<void> = this.#run(work)
      .catch((error: unknown) =>
        logStandstill(this.#hub, `Activity '${work.name}' of instance ${work.instanceId}`, error),
      )
      .finally(() => {
        this.#running.delete(running);
        this.pump();
      });
    this.#running.add(running);
  }

  async #run(work: ActivityWork): Promise<void> {
    const { runner, settings } = this.#hub;
    if (work.starts > settings.maxActivityStarts) {
      this.#finish(work, this.#givenUp(work));
      return;
    }
    const name = registeredName(runner.activities(), work.name);
    if (name === undefined) {
      // The app was changed under a running instance. The work stays in the store for a host that has the function.
      this.#hub.log({
        level: "warning",
        category: DURABLE_LOG_CATEGORY,
        instanceId: work.instanceId,
        functionName: work.name,
        message: `Activity '${work.name}' of instance ${work.instanceId} waits: the app has no activity function of this name any more`,
      });
      return;
    }
    const [input]: unknown[] = JSON.parse(work.input);
    const ran = await runner.runActivity(name, activityInputText(input), work.instanceId);
    this.#finish(work, ran);
  }

  #givenUp(work: ActivityWork): Ran {
    const times = work.starts - 1;
    const error = new Error(`the host stopped ${times} times while running it; it is not started again`);
    this.#hub.log({
      level: "error",
      category: DURABLE_LOG_CATEGORY,
      instanceId: work.instanceId,
      functionName: work.name,
      message: `Activity '${work.name}' of instance ${work.instanceId} is given up: ${error.message}`,
      outcome: "failed",
    });
    error.stack = `Error: ${error.message}\n    at the embedded host`;
    return { kind: "threw", error };
  }

  #finish(work: ActivityWork, ran: Ran): void {
    if (this.#isStopped) return; // begun again by the next host: its result was never committed
    const { store, clock } = this.#hub;
    const posted = store.transaction(() => {
      const isWanted = store.removeActivity(work.seq);
      const instance = store.instance(work.instanceId);
      if (!isWanted || instance?.executionId !== work.executionId || hasEnded(instance.status)) return false;
      const event = resultEvent(work, ran, clock.now());
      store.post(work.instanceId, work.executionId, eventText(event, true));
      return true;
    });
    if (posted) this.#hub.wakeInstance(work.instanceId);
  }
}

function resultEvent(work: ActivityWork, ran: Ran, now: number): HistoryEvent {
  const base = { EventId: NO_ID, Timestamp: timestamp(now), TaskScheduledId: work.taskId };
  if (ran.kind === "returned") {
    // Nothing and null come to the same: the orchestrator sees null.
    const result = ran.json === undefined || ran.json === "null" ? null : ran.json;
    return { EventType: EventKind.TaskCompleted, ...base, Result: result };
  }
  const { reason, details } = activityFailure(work.name, ran.error);
  return {
    EventType: EventKind.TaskFailed,
    ...base,
    Reason: reason,
    Details: details,
    FailureDetails: null,
  };
}
