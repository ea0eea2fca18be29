import { ActivityWorker } from "./activity-worker.ts";
import type { DurableOptions } from "./contract.ts";
import { runEpisode } from "./episode.ts";
import { EventKind, type EventOf, eventText, NO_ID, timestamp } from "./history-event.ts";
import { DURABLE_LOG_CATEGORY, type Hub, logStandstill } from "./hub.ts";
import { type AlreadyThere, beginInstance, type NewInstance } from "./instance-start.ts";
import { SessionCache } from "./session-cache.ts";
import { hasEnded, type Instance } from "./store/rows.ts";
import { Store } from "./store/store.ts";
import { TimerAlarm } from "./timer-alarm.ts";

/** Messages that come from outside and mean whichever execution is current. */
export type OutsideEvent =
  | EventOf<typeof EventKind.EventRaised>
  | EventOf<typeof EventKind.ExecutionTerminated>
  | EventOf<typeof EventKind.ExecutionSuspended>
  | EventOf<typeof EventKind.ExecutionResumed>;

/** How long a closing host waits for activities that run; what is not done by then is begun again by the next one. */
const GRACE_IN_MS = 5_000;

/** Drives every instance in the store: one episode at a time each, a bounded number at once. */
export class Engine {
  readonly store: Store;
  readonly #hub: Hub;
  readonly #sessions: SessionCache;
  readonly #activities: ActivityWorker;
  readonly #alarm: TimerAlarm;
  /** Instances with something to do, in the order in which they were woken. */
  readonly #ready = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #endWatchers = new Map<string, Set<() => void>>();
  #isPumpPlanned = false;
  #isWorkAdded = true;
  #phase: "open" | "closing" | "closed" = "open";

  constructor(options: DurableOptions) {
    const { clock, runner, settings, storeFile, hubName } = options;
    this.store = new Store(storeFile, hubName);
    this.#hub = {
      store: this.store,
      clock,
      runner,
      settings,
      log: (entry) => options.log(entry),
      wakeInstance: (instanceId) => this.#wake(instanceId),
      wakeWork: () => {
        this.#isWorkAdded = true;
        this.#planPump();
      },
      ended: (instanceId) => this.#endWatchers.get(instanceId)?.forEach((tell) => tell()),
    };
    this.#sessions = new SessionCache(this.store);
    this.#activities = new ActivityWorker(this.#hub);
    this.#alarm = new TimerAlarm(this.#hub);
    for (const instanceId of this.store.instancesWithMessages()) this.#ready.add(instanceId);
    this.#planPump();
  }

  /** Begins an instance, or says which living one has its id. Atomic: of any number of starts of one id, one begins. */
  start(instance: Omit<NewInstance, "parent">): { readonly kind: "begun" } | AlreadyThere {
    const begun = this.store.transaction(() => beginInstance(this.#hub, { ...instance, parent: null }));
    if (begun.kind === "begun") {
      this.#log(instance.instanceId, instance.name, "is started");
      this.#wake(instance.instanceId);
    }
    return begun;
  }

  raiseEvent(instanceId: string, name: string, input: string | null): void {
    this.#post(instanceId, { EventType: EventKind.EventRaised, Name: name, Input: input });
  }

  terminate(instanceId: string, reason: string): void {
    this.#post(instanceId, { EventType: EventKind.ExecutionTerminated, Input: reason });
  }

  suspend(instanceId: string, reason: string): void {
    this.#post(instanceId, { EventType: EventKind.ExecutionSuspended, Input: reason });
  }

  resume(instanceId: string, reason: string): void {
    this.#post(instanceId, { EventType: EventKind.ExecutionResumed, Input: reason });
  }

  /** Removes instances with their histories, messages and work, whatever state they are in. */
  purge(instances: readonly Instance[]): void {
    this.store.transaction(() => {
      for (const it of instances) this.store.removeInstance(it);
    });
    for (const it of instances) this.#sessions.forget(it.executionId);
  }

  /** Settles when the instance has ended, when it is gone, or when the time is up. */
  async waitForEnd(instanceId: string, timeoutInMs: number): Promise<void> {
    const { clock } = this.#hub;
    const instance = this.store.instance(instanceId);
    if (instance === undefined || hasEnded(instance.status)) return;
    await new Promise<void>((resolve) => {
      const watchers = this.#endWatchers.get(instanceId) ?? new Set();
      this.#endWatchers.set(instanceId, watchers);
      const finish = (): void => {
        timer.cancel();
        watchers.delete(finish);
        if (watchers.size === 0) this.#endWatchers.delete(instanceId);
        resolve();
      };
      const timer = clock.setTimer(clock.now() + timeoutInMs, finish);
      watchers.add(finish);
    });
  }

  async close(): Promise<void> {
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    this.#alarm.stop();
    this.#activities.drain();
    const graceOver = Promise.withResolvers<void>();
    const grace = setTimeout(graceOver.resolve, GRACE_IN_MS);
    const idle = Promise.all([...this.#running.values(), this.#activities.idle()]);
    await Promise.race([idle, graceOver.promise]);
    clearTimeout(grace);
    this.#phase = "closed";
    this.#activities.stop();
    this.store.unstartActivities();
    this.store.close();
  }

  #post(instanceId: string, event: WithoutBase<OutsideEvent>): void {
    const now = this.#hub.clock.now();
    const text = eventText({ ...event, EventId: NO_ID, Timestamp: timestamp(now) }, true);
    this.store.post(instanceId, null, text);
    this.#wake(instanceId);
  }

  #wake(instanceId: string): void {
    this.#ready.add(instanceId);
    this.#planPump();
  }

  /** Once per turn of the event loop, so that results that come in together are taken in together. */
  #planPump(): void {
    if (this.#isPumpPlanned) return;
    this.#isPumpPlanned = true;
    setImmediate(() => {
      this.#isPumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#phase !== "open") return;
    if (this.#isWorkAdded) {
      this.#isWorkAdded = false;
      this.#activities.pump();
      this.#alarm.arm();
    }
    for (const instanceId of this.#ready) {
      if (this.#running.size >= this.#hub.settings.maxConcurrentOrchestratorFunctions) return;
      if (this.#running.has(instanceId)) continue;
      this.#ready.delete(instanceId);
      this.#begin(instanceId);
    }
  }

  #begin(instanceId: string): void {
    const episode = runEpisode(this.#hub, this.#sessions, instanceId, () => this.#phase === "closed")
      .catch((error: unknown) => logStandstill(this.#hub, `Instance ${instanceId}`, error))
      .finally(() => {
        this.#running.delete(instanceId);
        if (this.#ready.size > 0) this.#planPump();
      });
    this.#running.set(instanceId, episode);
  }

  #log(instanceId: string, name: string, what: string): void {
    this.#hub.log({
      level: "information",
      category: DURABLE_LOG_CATEGORY,
      instanceId,
      functionName: name,
      message: `Orchestration '${name}' (${instanceId}) ${what}`,
    });
  }
}

type WithoutBase<T> = T extends unknown ? Omit<T, "EventId" | "Timestamp"> : never;
