/** Time as the host sees it, so that a watch of three days can be tested in milliseconds. All instants are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `run` once, at or after `at`; an instant already past runs it soon, never synchronously. */
  setTimer(at: number, run: () => void): ClockTimer;
}

export interface ClockTimer {
  cancel(): void;
}

/** A clock that a test moves by hand. */
export interface ManualClock extends Clock {
  /** Moves time forward by `durationInMs`, running what falls due on the way, in order. */
  advance(durationInMs: number): Promise<void>;
  /** Moves time forward to `instant`; never backwards. */
  advanceTo(instant: number): Promise<void>;
  /** When the next timer is due, or undefined when nothing waits. */
  nextTimerAt(): number | undefined;
}

/** The longest delay `setTimeout` takes; anything longer fires at once. */
const LONGEST_TIMEOUT_IN_MS = 2 ** 31 - 1;

/** The machine's own time. Delays longer than Node's timers allow are waited out in parts. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    setTimer(at, run) {
      let handle: NodeJS.Timeout;
      const arm = () => {
        const delay = Math.min(Math.max(at - Date.now(), 0), LONGEST_TIMEOUT_IN_MS);
        handle = setTimeout(() => {
          // Node's timers follow the monotonic clock and may wake a millisecond before the wall clock gets there.
          if (Date.now() < at) arm();
          else run();
        }, delay);
      };
      arm();
      return { cancel: () => clearTimeout(handle) };
    },
  };
}

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock that stands still at `startAt` until advanced. After each instant at which timers ran, `settle` is awaited so
 * that the work they started can set timers of its own before time moves on.
 */
export function manualClock(startAt: number, settle: () => Promise<void> = eventLoopTurns): ManualClock {
  let now = startAt;
  let order = 0;
  const waiting = new Set<Waiting>();

  const next = (): Waiting | undefined => {
    let first: Waiting | undefined;
    for (const it of waiting) {
      if (first === undefined || it.at < first.at || (it.at === first.at && it.order < first.order))
        first = it;
    }
    return first;
  };

  const fire = (it: Waiting): void => {
    if (waiting.delete(it)) it.run();
  };

  const advanceTo = async (instant: number): Promise<void> => {
    await settle();
    for (let due = next(); due !== undefined && due.at <= instant; due = next()) {
      now = Math.max(now, due.at);
      fire(due);
      await settle();
    }
    now = Math.max(now, instant);
    await settle();
  };

  return {
    now: () => now,
    setTimer(at, run) {
      const it: Waiting = { at, order: order++, run };
      waiting.add(it);
      if (at <= now) setImmediate(() => fire(it));
      return { cancel: () => void waiting.delete(it) };
    },
    advance: (durationInMs) => advanceTo(now + durationInMs),
    advanceTo,
    nextTimerAt: () => next()?.at,
  };
}

/** How many turns of the event loop queued work gets; enough for promise chains, not for network answers. */
const TURNS_TO_SETTLE = 12;

async function eventLoopTurns(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn++)
    await new Promise<void>((resolve) => setImmediate(resolve));
}
