import type { GraphCall } from "./call.ts";
import { concurrencyViolation } from "./errors.ts";
import { CONCURRENT_WRITES_WITHIN_MS } from "./limits.ts";

const lastWrites = new WeakMap<object, Map<string, number>>();

/**
 * Two credential writes to one object that meet while the directory still replicates the first: Graph answers the second
 * with 409. Handlers never interleave here, so nearness in time stands for it; a tenant that does not lag has none.
 */
export function refuseConcurrentWrite(call: GraphCall, objectId: string): void {
  const writes = lastWrites.get(call.directory) ?? new Map<string, number>();
  lastWrites.set(call.directory, writes);
  const within = Math.min(CONCURRENT_WRITES_WITHIN_MS, call.tenant.delays.directoryReplicationInMs);
  const last = writes.get(objectId);
  if (last !== undefined && !call.waited && call.now - last < within) throw concurrencyViolation();
  writes.set(objectId, call.now);
}
