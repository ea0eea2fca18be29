/**
 * Things by id, with what they were before. Azure's readers do not all see a change at once (role assignments are
 * honoured minutes later, Resource Graph shows resources later still), so each reader asks for the state as of its own
 * moment instead of somebody copying state on a timer. Values are never changed in place: write a new one.
 */
export class History<T> {
  readonly #current = new Map<string, T>();
  readonly #past = new Map<string, { readonly value: T | undefined; readonly untilInMs: number }[]>();

  get(id: string): T | undefined {
    return this.#current.get(id.toLowerCase());
  }

  has(id: string): boolean {
    return this.#current.has(id.toLowerCase());
  }

  get size(): number {
    return this.#current.size;
  }

  values(): IterableIterator<T> {
    return this.#current.values();
  }

  put(id: string, value: T, atInMs: number): void {
    const key = id.toLowerCase();
    this.#supersede(key, atInMs);
    this.#current.set(key, value);
  }

  /** True if it was there. */
  remove(id: string, atInMs: number): boolean {
    const key = id.toLowerCase();
    if (!this.#current.has(key)) return false;
    this.#supersede(key, atInMs);
    return this.#current.delete(key);
  }

  /** What a reader sees whose view ends at this moment: a change made exactly then is already in it. */
  asOf(id: string, atInMs: number): T | undefined {
    const key = id.toLowerCase();
    const past = this.#past.get(key)?.find(({ untilInMs }) => untilInMs > atInMs);
    return past === undefined ? this.#current.get(key) : past.value;
  }

  *valuesAsOf(atInMs: number): Generator<T> {
    for (const [id, value] of this.#current) {
      if (!this.#past.has(id)) yield value;
    }
    for (const id of this.#past.keys()) {
      const value = this.asOf(id, atInMs);
      if (value !== undefined) yield value;
    }
  }

  /** Loads what was there before the story began: no reader ever sees it missing. */
  preload(id: string, value: T): void {
    this.#current.set(id.toLowerCase(), value);
  }

  #supersede(key: string, atInMs: number): void {
    const past = this.#past.get(key) ?? [];
    // No delay of Azure's is longer than a day; older versions can no longer be anybody's view.
    const kept = past.filter(({ untilInMs }) => untilInMs > atInMs - 86_400_000);
    kept.push({ value: this.#current.get(key), untilInMs: atInMs });
    this.#past.set(key, kept);
  }
}
