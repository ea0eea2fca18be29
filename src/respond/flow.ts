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

/** Calls an activity. The cast is Durable's: history holds JSON, and only the activity's own definition says of what. */
export function* call<Input extends Payload, Output extends Payload>(
  context: OrchestrationContext,
  activity: ActivityReference<Input, Output>,
  input: Input,
): Flow<Output> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- history is JSON; only the definition knows of what
  return (yield context.df.callActivity(activity.name, input)) as Output;
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
