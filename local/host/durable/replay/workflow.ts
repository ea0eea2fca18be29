import type { EventKind, EventOf } from "../history-event.ts";
import { Awaitable } from "./awaitable.ts";
import type { Decision } from "./decision.ts";

type Raised = EventOf<typeof EventKind.EventRaised>;

/** Without the part that the workflow gives out itself: the id. */
export type Asked =
  | Omit<Extract<Decision, { kind: "task" }>, "id">
  | Omit<Extract<Decision, { kind: "timer" }>, "id">
  | (Omit<Extract<Decision, { kind: "sub-orchestration" }>, "id" | "instanceId"> & {
      readonly instanceId: string | undefined;
    });

/**
 * The framework's side of one replay: ids in order, tasks that are open, events that wait and waiters that wait.
 * The SDK counts the same ids on its own; both must come to the same numbers.
 */
export class Workflow {
  /** The instant of the episode being replayed. */
  now = 0;
  #nextId = 0;
  readonly #decisions = new Map<number, Decision>();
  /** Decisions taken while the instance is suspended: held back until it is resumed. */
  readonly #heldBack = new Map<number, Decision>();
  readonly #open = new Map<number, Awaitable>();
  readonly #waiters = new Map<string, Awaitable[]>();
  readonly #buffered: Raised[] = [];
  readonly #executionId: string;

  constructor(executionId: string) {
    this.#executionId = executionId;
  }

  get hasOpenTasks(): boolean {
    return this.#open.size > 0;
  }

  /** What is asked for and not in the history, in the order of ids. */
  get decisions(): Decision[] {
    return [...this.#decisions.values()];
  }

  /** Events nobody has waited for yet, in the order in which they came. */
  get bufferedEvents(): readonly Raised[] {
    return this.#buffered;
  }

  schedule(asked: Asked): { readonly id: number; readonly settled: Awaitable } {
    const id = this.#nextId;
    this.#nextId += 1;
    const decision: Decision =
      asked.kind === "sub-orchestration"
        ? { ...asked, id, instanceId: asked.instanceId ?? `${this.#executionId}:${id}` }
        : { ...asked, id };
    this.#decisions.set(id, decision);
    const settled = new Awaitable();
    this.#open.set(id, settled);
    return { id, settled };
  }

  /** A cancelled timer keeps its id and its place in history, but nothing waits for it. */
  cancel(id: number): void {
    const open = this.#open.get(id);
    this.#open.delete(id);
    open?.fail();
  }

  decision(id: number): Decision | undefined {
    return this.#decisions.get(id);
  }

  /** The history holds this decision already. */
  confirm(id: number): void {
    this.#decisions.delete(id);
  }

  settle(id: number, how: "complete" | "fail"): void {
    const open = this.#open.get(id);
    if (open === undefined) return; // a late or second message; the framework drops it too
    this.#open.delete(id);
    open[how]();
  }

  /** The newest waiter of a name gets the next event; events that came before any waiter are given out oldest first. */
  waitForEvent(name: string): Awaitable {
    const waiter = new Awaitable();
    const early = this.#buffered.findIndex((it) => key(it.Name) === key(name));
    if (early >= 0) {
      this.#buffered.splice(early, 1);
      waiter.complete();
      return waiter;
    }
    const waiters = this.#waiters.get(key(name)) ?? [];
    waiters.push(waiter);
    this.#waiters.set(key(name), waiters);
    return waiter;
  }

  raise(event: Raised): void {
    const waiter = this.#waiters.get(key(event.Name))?.pop();
    if (waiter === undefined) this.#buffered.push(event);
    else waiter.complete();
  }

  suspend(): void {
    for (const [id, decision] of this.#decisions) this.#heldBack.set(id, decision);
    this.#decisions.clear();
  }

  resume(): void {
    for (const [id, decision] of this.#heldBack) this.#decisions.set(id, decision);
    this.#heldBack.clear();
  }
}

/** The host matches event names without regard to case, although the SDK minds it. */
function key(name: string): string {
  return name.toLowerCase();
}
