import { setTimeout as wait } from "node:timers/promises";
import type { AzureFailure } from "../azure/failure.ts";
import type { Read } from "./gaps.ts";

/** Together, so that one scope stays well within what an activity may take. */
const MOST_WAITING_IN_MS = 240_000;
const MOST_TRIES = 8;
const FIRST_WAIT_IN_MS = 500;

/** How long to wait before asking again, or null when asking again is of no use. */
export function nextTryInMs(failure: AzureFailure, tries: number): number | null {
  if (!failure.retryable || tries >= MOST_TRIES) return null;
  // Throttling ends by itself; a service that is down may not, so it gets fewer tries.
  if (failure.code !== "THROTTLED" && tries >= 3) return null;
  // Identity Protection and some batched items throttle without saying for how long.
  return failure.retryAfterInMs ?? FIRST_WAIT_IN_MS * 2 ** (tries - 1);
}

/**
 * Asks again while the service throttles or is briefly away, honouring what it says of when. Reads only: they are safe to
 * repeat. Gives up, with the last failure, after about four minutes of waiting.
 */
export async function patiently<R extends Read<unknown>>(ask: () => Promise<R>): Promise<R> {
  let waited = 0;
  for (let tries = 1; ; tries++) {
    const answer = await ask();
    if (answer.kind === "ok") return answer;
    const pause = nextTryInMs(answer.failure, tries);
    if (pause === null || waited + pause > MOST_WAITING_IN_MS) return answer;
    await wait(pause);
    waited += pause;
  }
}
