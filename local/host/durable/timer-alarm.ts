import type { ClockTimer } from "../clock.ts";
import { EventKind, eventText, NO_ID, timestamp } from "./history-event.ts";
import { type Hub, logStandstill } from "./hub.ts";
import { hasEnded } from "./store/rows.ts";

/** Wakes instances when their durable timers fall due. One clock timer stands for all: the earliest in the store. */
export class TimerAlarm {
  readonly #hub: Hub;
  #armed: { readonly dueAt: number; readonly timer: ClockTimer } | undefined;
  #isStopped = false;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Looks at the store again, because timers may have been added. */
  arm(): void {
    if (this.#isStopped) return;
    const dueAt = this.#hub.store.nextTimerDueAt();
    if (dueAt === this.#armed?.dueAt) return;
    this.#armed?.timer.cancel();
    this.#armed =
      dueAt === undefined ? undefined : { dueAt, timer: this.#hub.clock.setTimer(dueAt, () => this.#ring()) };
  }

  stop(): void {
    this.#isStopped = true;
    this.#armed?.timer.cancel();
  }

  #ring(): void {
    this.#armed = undefined;
    if (this.#isStopped) return;
    try {
      this.#fireDueTimers();
    } catch (error) {
      logStandstill(this.#hub, "Whatever waits for a durable timer", error);
    }
  }

  #fireDueTimers(): void {
    const { store, clock } = this.#hub;
    const now = clock.now();
    const woken = store.transaction(() => {
      const instances: string[] = [];
      for (const due of store.dueTimers(now)) {
        store.removeTimer(due.seq);
        const instance = store.instance(due.instanceId);
        if (instance?.executionId !== due.executionId || hasEnded(instance.status)) continue;
        const event = eventText(
          {
            EventType: EventKind.TimerFired,
            EventId: NO_ID,
            Timestamp: timestamp(now),
            TimerId: due.timerId,
            FireAt: timestamp(due.fireAt),
          },
          true,
        );
        store.post(due.instanceId, due.executionId, event);
        instances.push(due.instanceId);
      }
      return instances;
    });
    for (const instanceId of woken) this.#hub.wakeInstance(instanceId);
    this.arm();
  }
}
