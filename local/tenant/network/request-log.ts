import type { ServiceName } from "../service.ts";
import type { FaultAnswer } from "../weather/faults.ts";

export interface RequestEntry {
  readonly at: string;
  readonly service: ServiceName;
  readonly operation: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** 0 when no status reached the client: a reset or a hang. */
  readonly status: number;
  readonly durationInMs: number;
  readonly clientAddress: string;
  /** The object id in the bearer token as it was sent, good or not; who the request claims to be from. */
  readonly caller: string | undefined;
  readonly fault?: FaultAnswer;
}

/** Requests of one caller for one operation. */
export interface Asked {
  readonly caller: string | null;
  /** With its service: `key-vault GET /secrets/{name}`. */
  readonly operation: string;
  readonly count: number;
  /** How many of them were answered that they were too many. */
  readonly throttled: number;
}

export interface Requests {
  /** The latest ones, oldest first; the count goes on when old entries are let go. */
  readonly entries: readonly RequestEntry[];
  readonly total: number;
  byService(): Readonly<Partial<Record<ServiceName, number>>>;
  asked(): readonly Asked[];
  clear(): void;
}

/** A connection the proxy did not make: what else a client tried to reach. */
export interface Refusal {
  readonly at: string;
  readonly host: string;
  readonly port: number;
  readonly clientAddress: string;
  readonly why: "not-azure" | "not-https" | "host-mismatch";
}

// Enough for a whole demo; a bench makes millions and needs only the counts.
const KEPT = 20_000;

export function createRequestLog(): Requests & { add(entry: RequestEntry): void } {
  let entries: RequestEntry[] = [];
  let total = 0;
  const counts = new Map<ServiceName, number>();
  const asked = new Map<string, Asked>();
  return {
    get entries() {
      return entries;
    },
    get total() {
      return total;
    },
    byService: () => Object.fromEntries(counts),
    asked: () => [...asked.values()],
    clear: () => {
      entries = [];
      total = 0;
      counts.clear();
      asked.clear();
    },
    add: (entry) => {
      total += 1;
      counts.set(entry.service, (counts.get(entry.service) ?? 0) + 1);
      const operation = `${entry.service} ${entry.operation}`;
      const key = `${entry.caller ?? ""} ${operation}`;
      const known = asked.get(key);
      asked.set(key, {
        caller: entry.caller ?? null,
        operation,
        count: (known?.count ?? 0) + 1,
        throttled: (known?.throttled ?? 0) + (entry.status === 429 ? 1 : 0),
      });
      entries.push(entry);
      if (entries.length > KEPT * 2) entries = entries.slice(-KEPT);
    },
  };
}
