import type { Clock } from "../clock.ts";
import type { HostLogEntry } from "../log.ts";
import type { DurableFunctionRunner, DurableSettings } from "./contract.ts";
import { sameName } from "./replay/mismatch.ts";
import type { Store } from "./store/store.ts";

/** What the parts of the engine share. */
export interface Hub {
  readonly store: Store;
  readonly clock: Clock;
  readonly runner: DurableFunctionRunner;
  readonly settings: DurableSettings;
  /** There may be something to do for this instance. Said after the commit that made it so. */
  wakeInstance(instanceId: string): void;
  /** Activities or timers were added. */
  wakeWork(): void;
  /** The instance has come to an end of its own, or was terminated. */
  ended(instanceId: string): void;
  readonly log: (entry: HostLogEntry) => void;
}

/** The category under which the real extension logs. */
export const DURABLE_LOG_CATEGORY = "Host.Triggers.DurableTask";

/** The function as the app registered it, found without regard to case. */
export function registeredName(names: readonly string[], asked: string): string | undefined {
  return names.find((it) => sameName(it, asked));
}

/** The store could not be read or written. What was committed stays as it is, and a host that is started again goes on from there. */
export function logStandstill({ log }: Pick<Hub, "log">, what: string, error: unknown): void {
  log({
    level: "critical",
    category: DURABLE_LOG_CATEGORY,
    message: `${what} stands still until the host is started again: ${error instanceof Error ? error.message : String(error)}`,
    ...(error instanceof Error ? { error } : {}),
  });
}
