/**
 * Things by lower-case id, with what they were before. Azure's readers do not all see a change at once (role assignments
 * are honoured minutes later, Resource Graph shows resources later still), so each reader asks for the state as of its own
 * moment instead of somebody copying state on a timer. Values are never changed in place: write a new one.
 */
export interface History<T> {
  readonly current: Map<string, T>;
  /** Oldest first; `undefined` for the time before it existed. */
  readonly past: Map<string, { readonly value: T | undefined; readonly untilInMs: number }[]>;
}

export function emptyHistory<T>(): History<T> {
  return { current: new Map(), past: new Map() };
}

export function latest<T>(history: History<T>, id: string): T | undefined {
  return history.current.get(id.toLowerCase());
}

export function record<T>(history: History<T>, id: string, value: T, atInMs: number): void {
  const key = id.toLowerCase();
  supersede(history, key, atInMs);
  history.current.set(key, value);
}

/** True if it was there. */
export function forget<T>(history: History<T>, id: string, atInMs: number): boolean {
  const key = id.toLowerCase();
  if (!history.current.has(key)) return false;
  supersede(history, key, atInMs);
  return history.current.delete(key);
}

/** For what was there before the story began: no reader ever sees it missing. */
export function preload<T>(history: History<T>, id: string, value: T): void {
  history.current.set(id.toLowerCase(), value);
}

/** What a reader sees whose view ends at this moment: a change made exactly then is already in it. */
export function asOf<T>(history: History<T>, id: string, atInMs: number): T | undefined {
  const key = id.toLowerCase();
  const past = history.past.get(key)?.find(({ untilInMs }) => untilInMs > atInMs);
  return past === undefined ? history.current.get(key) : past.value;
}

export function* allAsOf<T>(history: History<T>, atInMs: number): Generator<T> {
  for (const [id, value] of history.current) {
    if (!history.past.has(id)) yield value;
  }
  for (const id of history.past.keys()) {
    const value = asOf(history, id, atInMs);
    if (value !== undefined) yield value;
  }
}

// No delay of Azure's is longer than a day; older versions can no longer be anybody's view.
const LONGEST_VIEW_IN_MS = 86_400_000;

function supersede<T>(history: History<T>, key: string, atInMs: number): void {
  const kept = (history.past.get(key) ?? []).filter(
    ({ untilInMs }) => untilInMs > atInMs - LONGEST_VIEW_IN_MS,
  );
  kept.push({ value: history.current.get(key), untilInMs: atInMs });
  history.past.set(key, kept);
}
