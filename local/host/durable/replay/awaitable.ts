/**
 * A task of the framework during replay: settles at most once and runs its continuations at once, in the order in
 * which they were added, because task ids are given out in exactly that order.
 */
export class Awaitable {
  #state: "open" | "done" | "failed" = "open";
  readonly #continuations: (() => void)[] = [];

  static done(): Awaitable {
    const it = new Awaitable();
    it.complete();
    return it;
  }

  static failed(): Awaitable {
    const it = new Awaitable();
    it.fail();
    return it;
  }

  get isSettled(): boolean {
    return this.#state !== "open";
  }

  get hasFailed(): boolean {
    return this.#state === "failed";
  }

  complete(): void {
    this.#settle("done");
  }

  fail(): void {
    this.#settle("failed");
  }

  whenSettled(run: () => void): void {
    if (this.isSettled) run();
    else this.#continuations.push(run);
  }

  #settle(state: "done" | "failed"): void {
    if (this.isSettled) return;
    this.#state = state;
    for (const run of this.#continuations.splice(0)) run();
  }
}

/** Settled when every one of them is; failed siblings do not hurry it. */
export function whenAll(tasks: readonly Awaitable[]): Awaitable {
  const all = new Awaitable();
  let open = tasks.length;
  if (open === 0) all.complete();
  for (const it of tasks)
    it.whenSettled(() => {
      open -= 1;
      if (open === 0) all.complete();
    });
  return all;
}

/** Settled when the first of them is. */
export function whenAny(tasks: readonly Awaitable[]): Awaitable {
  const any = new Awaitable();
  for (const it of tasks) it.whenSettled(() => any.complete());
  return any;
}
