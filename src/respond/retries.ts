import type { OrchestrationContext } from "durable-functions";
import { type Flow, sleep } from "./flow.ts";

/** What one activity came to that tries a stretch of steps. */
export interface Tried<Place> {
  /** Where the next stretch begins; null after the last. */
  readonly next: Place | null;
  /** Steps that may pass on another try, and when the soonest is worth it. */
  readonly retryable: number;
  readonly retryAfterInMs: number;
}

/** Tries of the same steps over time. Deterministic: it counts what it waited and never looks at a clock. */
export interface Retries {
  /** How long to wait before the next pass; 0 before the first; null when nothing is left to try, or not any more. */
  readonly pauseInMs: number | null;
  /** Tells it that others waited meanwhile. */
  elapsed(durationInMs: number): void;
  /** Tries everything that is due once: all of it the first time, then only the stretches that may pass. */
  pass(): Flow<void>;
}

const SHORTEST_PAUSE_IN_MS = 2_000;
const LONGEST_PAUSE_IN_MS = 180_000;
/** A cluster's update holds off changes to it for a quarter of an hour and more, and Retry-After may be minutes. */
const TRIED_FOR_IN_MS = 3_600_000;
/** With these pauses an hour is 27 passes; the bound is for a Retry-After that is always short. */
const MOST_PASSES = 30;
const SHORT_IN_MS = 8_000;

export function openRetries<Place>(
  first: Place,
  tryFrom: (place: Place, attempt: number) => Flow<Tried<Place>>,
): Retries {
  let due: readonly Place[] = [first];
  let attempt = 0;
  let waitedInMs = 0;
  let pauseInMs: number | null = 0;
  return {
    get pauseInMs() {
      return pauseInMs;
    },
    elapsed(durationInMs) {
      if (pauseInMs !== null) pauseInMs = Math.max(0, pauseInMs - durationInMs);
    },
    *pass() {
      attempt += 1;
      const again: Place[] = [];
      let retryAfterInMs = 0;
      for (const place of due) {
        let at: Place | null = place;
        while (at !== null) {
          const tried: Tried<Place> = yield* tryFrom(at, attempt);
          if (tried.retryable > 0) again.push(at);
          retryAfterInMs = Math.max(retryAfterInMs, tried.retryAfterInMs);
          at = attempt === 1 ? tried.next : null;
        }
      }
      due = again;
      const backOffInMs = Math.min(SHORTEST_PAUSE_IN_MS * 2 ** (attempt - 1), LONGEST_PAUSE_IN_MS);
      const wantedInMs = Math.min(Math.max(retryAfterInMs, backOffInMs), TRIED_FOR_IN_MS - waitedInMs);
      waitedInMs += wantedInMs;
      pauseInMs = again.length === 0 || attempt >= MOST_PASSES || wantedInMs <= 0 ? null : wantedInMs;
    },
  };
}

/** Passes with short pauses only, for when something else should not be held up. What is left goes on later. */
export function* passSoon(context: OrchestrationContext, retries: Retries): Flow<void> {
  while (retries.pauseInMs !== null && retries.pauseInMs <= SHORT_IN_MS) yield* waitAndPass(context, retries);
}

/** Passes, whichever is due next, until none of them has anything left to try. */
export function* passToTheEnd(context: OrchestrationContext, ...all: readonly Retries[]): Flow<void> {
  for (;;) {
    let next: Retries | null = null;
    for (const it of all) {
      if (it.pauseInMs !== null && (next?.pauseInMs == null || it.pauseInMs < next.pauseInMs)) next = it;
    }
    if (next === null) return;
    const pauseInMs = next.pauseInMs ?? 0;
    for (const it of all) if (it !== next) it.elapsed(pauseInMs);
    yield* waitAndPass(context, next);
  }
}

function* waitAndPass(context: OrchestrationContext, retries: Retries): Flow<void> {
  if (retries.pauseInMs !== null && retries.pauseInMs > 0) yield* sleep(context, retries.pauseInMs);
  yield* retries.pass();
}
