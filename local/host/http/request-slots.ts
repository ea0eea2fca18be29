import type { ServerResponse } from "./server.ts";

/**
 * host.json's `maxConcurrentRequests` and `maxOutstandingRequests`: how many requests run at once, and how many may be
 * there at all before further ones get 429. -1 stands for no limit.
 */
export class RequestSlots {
  readonly #concurrent: number;
  readonly #outstanding: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: { readonly maxConcurrentRequests: number; readonly maxOutstandingRequests: number }) {
    this.#concurrent = unlimitedIfNegative(limits.maxConcurrentRequests);
    this.#outstanding = unlimitedIfNegative(limits.maxOutstandingRequests);
  }

  async within(run: () => Promise<ServerResponse>): Promise<ServerResponse> {
    if (this.#running + this.#waiting.length >= this.#outstanding) return { status: 429 };
    if (this.#running >= this.#concurrent) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await run();
    } finally {
      // A slot is handed on, so that nobody can take it between the two.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

function unlimitedIfNegative(limit: number): number {
  return limit < 0 ? Number.POSITIVE_INFINITY : limit;
}
