/** What an object was until it was replaced or removed. `undefined`: it did not exist. */
interface Past<T> {
  readonly replacedAt: number;
  readonly value: T | undefined;
}

/** One write, in order: what delta queries are answered from. */
export interface Change {
  readonly at: number;
  readonly id: string;
}

/** How long what was is remembered: longer than any delay a tenant may have. */
const REMEMBERED_IN_MS = 24 * 3_600_000;

/**
 * Objects by id, each with what it was before, so that a reader who lags sees the directory as it stood at a time.
 * Values are never changed in place: a write puts a new one. `asOf` left out means the newest.
 */
export class Versioned<T extends { readonly id: string }> {
  readonly #current = new Map<string, T>();
  readonly #past = new Map<string, Past<T>[]>();
  #lastWrittenAt = Number.NEGATIVE_INFINITY;
  readonly changes: Change[] = [];
  readonly #keysOf: Readonly<Record<string, (value: T) => readonly string[]>>;
  /** By index and key. Most keys are of one object only, and a hundred thousand sets of one are dear. */
  readonly #ids = new Map<string, Map<string, string | Set<string>>>();

  constructor(indexes: Readonly<Record<string, (value: T) => readonly string[]>> = {}) {
    this.#keysOf = indexes;
    for (const name of Object.keys(indexes)) this.#ids.set(name, new Map());
  }

  /** How many exist now, whatever a lagging reader sees. */
  get size(): number {
    return this.#current.size;
  }

  get(id: string, asOf?: number): T | undefined {
    const current = this.#current.get(id);
    if (asOf === undefined || this.#sees(asOf)) return current;
    const past = this.#past.get(id);
    if (past === undefined) return current;
    const seen = past.find(({ replacedAt }) => replacedAt > asOf);
    return seen === undefined ? current : seen.value;
  }

  /** Loading a scenario: it has always been so, and no delta query tells of it. */
  load(value: T): void {
    this.#current.set(value.id, value);
    this.#index(value);
  }

  put(value: T, at: number): void {
    this.#remember(value.id, at);
    this.#current.set(value.id, value);
    this.#index(value);
  }

  remove(id: string, at: number): void {
    if (!this.#current.has(id)) return;
    this.#remember(id, at);
    this.#current.delete(id);
  }

  *all(asOf?: number): Generator<T> {
    if (this.#sees(asOf)) {
      yield* this.#current.values();
      return;
    }
    for (const [id, current] of this.#current) {
      const seen = this.#past.has(id) ? this.get(id, asOf) : current;
      if (seen !== undefined) yield seen;
    }
    for (const id of this.#past.keys()) {
      if (this.#current.has(id)) continue;
      const seen = this.get(id, asOf);
      if (seen !== undefined) yield seen;
    }
  }

  /** Those whose key in an index is this one, in the order they were first written. */
  find(index: string, key: string, asOf?: number): T[] {
    const ids = this.#ids.get(index);
    const keysOf = this.#keysOf[index];
    if (ids === undefined || keysOf === undefined) throw new Error(`there is no index "${index}"`);
    const found: T[] = [];
    const held = ids.get(key) ?? [];
    for (const id of typeof held === "string" ? [held] : held) {
      const seen = this.get(id, asOf);
      if (seen !== undefined && keysOf(seen).includes(key)) found.push(seen);
    }
    return found;
  }

  /** Whether a reader has caught up with every write: nearly always, and then there is nothing to compare. */
  #sees(asOf: number | undefined): boolean {
    return asOf === undefined || asOf >= this.#lastWrittenAt;
  }

  #remember(id: string, at: number): void {
    const past = this.#past.get(id)?.filter(({ replacedAt }) => replacedAt > at - REMEMBERED_IN_MS) ?? [];
    past.push({ replacedAt: at, value: this.#current.get(id) });
    this.#past.set(id, past);
    this.#lastWrittenAt = Math.max(this.#lastWrittenAt, at);
    this.changes.push({ at, id });
  }

  #index(value: T): void {
    for (const [name, keysOf] of Object.entries(this.#keysOf)) {
      const ids = this.#ids.get(name);
      for (const key of keysOf(value)) {
        const held = ids?.get(key);
        if (held === undefined) ids?.set(key, value.id);
        else if (typeof held !== "string") held.add(value.id);
        else if (held !== value.id) ids?.set(key, new Set([held, value.id]));
      }
    }
  }
}
