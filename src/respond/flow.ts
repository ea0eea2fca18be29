import type { OrchestrationContext, Task } from "durable-functions";

/** What orchestrators and activities hand each other: objects, because bare scalars change type on the way. */
export type Payload = object;

/** An activity by name, with the types of what goes in and comes out. Orchestrators know only this of it. */
export interface ActivityReference<Input extends Payload, Output extends Payload> {
  readonly name: string;
  /** Never there; carries the types. */
  readonly types?: { readonly input: Input; readonly output: Output };
}

export function activityReference<Input extends Payload, Output extends Payload>(
  name: string,
): ActivityReference<Input, Output> {
  return { name };
}

export type Flow<Output> = Generator<Task, Output, unknown>;

/** An activity went on failing. What it said stays in its function's log: messages may quote what attackers wrote. */
export class ActivityFailedError extends Error {
  override readonly name = "ActivityFailedError";
  readonly code = "ACTIVITY_FAILED";
  readonly activity: string;
  constructor(activity: string, cause: unknown) {
    super(`${activity} went on failing`, { cause });
    this.activity = activity;
  }
}

const MOST_TRIES = 12;
const FIRST_WAIT_IN_MS = 1_000;
const LONGEST_WAIT_IN_MS = 60_000;

/**
 * Calls an activity; one that throws (storage or the vault was away) is called again after durable waits, for about six
 * minutes, then an ActivityFailedError is thrown. Every activity of ours may run twice.
 */
export function* call<Input extends Payload, Output extends Payload>(
  context: OrchestrationContext,
  activity: ActivityReference<Input, Output>,
  input: Input,
): Flow<Output> {
  for (let tries = 1; ; tries++) {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- history is JSON; only the definition knows of what
      return (yield context.df.callActivity(activity.name, input)) as Output;
    } catch (error) {
      if (tries >= MOST_TRIES) throw new ActivityFailedError(activity.name, error);
    }
    yield* sleep(context, Math.min(FIRST_WAIT_IN_MS * 2 ** (tries - 1), LONGEST_WAIT_IN_MS));
  }
}

/** Waits. Durable's timers fire up to 0.3 s early, so the timer's end is the deadline, whatever the clock says then. */
export function* sleep(context: OrchestrationContext, durationInMs: number): Flow<void> {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + durationInMs));
}

/**
 * Waits for any of these events or the end of the time, whichever comes first. Says which event; null for the time.
 * An event is only a knock: what it is about was stored before it was raised.
 */
export function* waitForKnock(
  context: OrchestrationContext,
  names: readonly string[],
  durationInMs: number,
): Flow<string | null> {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + durationInMs));
  const events = names.map((name) => context.df.waitForExternalEvent(name));
  const winner = yield context.df.Task.any([...events, timer]);
  // An uncancelled timer keeps the instance running until it fires.
  if (winner !== timer) timer.cancel();
  const index = events.findIndex((event) => event === winner);
  return names[index] ?? null;
}
