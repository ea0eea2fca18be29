/** Durable timers of the real host fire this much before their time, 0.2 to 0.3 s as observed. */
const EARLY_IN_MS = 250;

/**
 * When a timer for `fireAt` really fires. Early, as on the real host, where code that waits "until now is past the
 * deadline" therefore waits again; a short timer is early by at most half its length, so that such code comes to an end.
 */
export function timerDueAt(fireAt: number, now: number): number {
  return fireAt - Math.min(EARLY_IN_MS, Math.floor(Math.max(0, fireAt - now) / 2));
}
