import type { Clock, ClockTimer } from "../clock.ts";
import type { FunctionRunner, LoadedFunction } from "../function-runner.ts";
import type { HostLog } from "../log.ts";
import type { TypedData } from "../worker/rpc.ts";
import { parseRetryPolicy } from "./retry-policy.ts";
import type { Schedule } from "./schedule.ts";
import type { TimerStatus, TimerStatuses } from "./timer-status.ts";

export interface TimerFunctionsOptions {
  readonly runner: FunctionRunner;
  readonly clock: Clock;
  readonly statuses: TimerStatuses;
  readonly log: HostLog;
}

interface Timer {
  readonly target: LoadedFunction;
  readonly schedule: Schedule;
  readonly isMonitored: boolean;
  waiting: ClockTimer | undefined;
}

/** Schedules that fire more often than this keep no state between starts, whatever `useMonitor` says; as in the real host. */
const LEAST_MONITORED_INTERVAL_IN_MS = 60_000;

/** Runs timer functions when they are due. One run of a function ends before its next is waited for. */
export class TimerFunctions {
  readonly #options: TimerFunctionsOptions;
  readonly #timers = new Map<string, Timer>();
  #isStopped = false;

  constructor(options: TimerFunctionsOptions) {
    this.#options = options;
  }

  add(target: LoadedFunction, schedule: Schedule): void {
    const useMonitor = target.trigger.binding["useMonitor"];
    const isMonitored = useMonitor !== false && !firesOften(schedule, this.#options.clock.now());
    this.#timers.set(target.name.toLowerCase(), {
      target,
      schedule,
      isMonitored,
      waiting: undefined,
    });
  }

  /** Starts waiting, and runs at once what was missed while the host was down or is asked for with `runOnStartup`. */
  start(): void {
    const now = this.#options.clock.now();
    for (const timer of this.#timers.values()) {
      if (timer.isMonitored && this.#wasMissed(timer, now)) {
        this.#say(timer, `${timer.target.name} is past due on startup. Executing now.`);
        void this.#fire(timer, { isPastDue: true });
      } else if (timer.target.trigger.binding["runOnStartup"] === true) {
        this.#say(timer, `${timer.target.name} is configured to run on startup. Executing now.`);
        void this.#fire(timer, { isPastDue: false });
      } else this.#arm(timer);
    }
  }

  /** Fires nothing any more; a run under way goes on. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) timer.waiting?.cancel();
  }

  /** The trigger data of a run asked for through the admin API. It leaves schedule and state alone. */
  triggerDataOf(target: LoadedFunction): TypedData | undefined {
    const timer = this.#timers.get(target.name.toLowerCase());
    return timer === undefined ? undefined : this.#triggerData(timer, false);
  }

  /** Runs a timer function now, as a test or the admin API does. False when there is no such timer. */
  async run(name: string): Promise<boolean> {
    const timer = this.#timers.get(name.toLowerCase());
    if (timer === undefined) return false;
    await this.#options.runner.run(timer.target, this.#triggerData(timer, false));
    return true;
  }

  #arm(timer: Timer): void {
    const { clock } = this.#options;
    if (this.#isStopped) return;
    const at = timer.schedule.nextAfter(clock.now());
    if (at === undefined) return;
    timer.waiting = clock.setTimer(at, () => void this.#fire(timer, { isPastDue: false }));
  }

  async #fire(timer: Timer, { isPastDue }: { isPastDue: boolean }): Promise<void> {
    const { clock } = this.#options;
    const firedAt = clock.now();
    await this.#runWithRetries(timer, this.#triggerData(timer, isPastDue));
    if (timer.isMonitored) this.#remember(timer, firedAt, firedAt);
    this.#arm(timer);
  }

  /** The schedule waits for the retries too: they belong to the run that failed. */
  async #runWithRetries(timer: Timer, trigger: TypedData): Promise<void> {
    const { runner } = this.#options;
    const { target } = timer;
    const policy = parseRetryPolicy(target.retryOptions);
    let invoked = await runner.run(target, trigger);
    if (policy === undefined) return;
    const most = policy.maxRetryCount;
    for (let count = 1; invoked.kind === "threw" && policy.allows(count); count++) {
      await this.#pause(timer, policy.delayInMs(count));
      invoked = await runner.run(target, trigger, { retry: { count, most, error: invoked.error } });
    }
  }

  /** Never ends once the host stops: what waits then is not taken up again. */
  #pause(timer: Timer, durationInMs: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      if (!this.#isStopped) timer.waiting = clock.setTimer(clock.now() + durationInMs, resolve);
    });
  }

  #triggerData(timer: Timer, isPastDue: boolean): TypedData {
    const status = timer.isMonitored ? this.#options.statuses.get(timer.target.name) : undefined;
    return {
      json: JSON.stringify({
        Schedule: { AdjustForDST: timer.schedule.adjustForDst },
        ScheduleStatus: status === undefined ? null : statusJson(status),
        IsPastDue: isPastDue,
      }),
    };
  }

  /**
   * Whether an occurrence fell into the time the host was down. The stored next occurrence decides even when the
   * schedule was changed since, as in the real host. A timer never seen before has missed nothing.
   */
  #wasMissed(timer: Timer, now: number): boolean {
    const { statuses } = this.#options;
    const status = statuses.get(timer.target.name);
    if (status === undefined) {
      this.#remember(timer, undefined, now);
      return false;
    }
    const expected = timer.schedule.nextAfter(status.last ?? status.lastUpdated);
    if (expected !== status.next) this.#store(timer, { ...status, next: expected });
    return status.next !== undefined && now > status.next;
  }

  #remember(timer: Timer, last: number | undefined, now: number): void {
    this.#store(timer, { last, next: timer.schedule.nextAfter(now), lastUpdated: now });
  }

  /** A disk that is full must not end a schedule: the run is only not remembered. */
  #store({ target }: Timer, status: TimerStatus): void {
    try {
      this.#options.statuses.set(target.name, status);
    } catch (error) {
      this.#options.log({
        level: "error",
        category: "Host.Triggers.Timer",
        message: `${target.name}: its last run could not be remembered`,
        functionName: target.name,
        error: error instanceof Error ? error : new Error(String(error)),
      });
    }
  }

  #say({ target }: Timer, message: string): void {
    this.#options.log({
      level: "information",
      category: "Host.Triggers.Timer",
      message,
      functionName: target.name,
    });
  }
}

function firesOften(schedule: Schedule, now: number): boolean {
  let previous = schedule.nextAfter(now);
  for (let count = 0; count < 5 && previous !== undefined; count++) {
    const next = schedule.nextAfter(previous);
    if (next !== undefined && next - previous < LEAST_MONITORED_INTERVAL_IN_MS) return true;
    previous = next;
  }
  return false;
}

function statusJson({ last, next, lastUpdated }: TimerStatus): object {
  return { Last: instant(last), Next: instant(next), LastUpdated: instant(lastUpdated) };
}

/** .NET's notation; "never" is its smallest date. */
function instant(at: number | undefined): string {
  if (at === undefined) return "0001-01-01T00:00:00";
  const text = new Date(at).toISOString();
  const fraction = text.slice(20, 23).replace(/0+$/, "");
  return `${text.slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}+00:00`;
}
