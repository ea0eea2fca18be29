import { type Instance, runtimeStatuses, type RuntimeStatus } from "../store/rows.ts";
import type { Store } from "../store/store.ts";

/** Which instances are asked for. A filter that is not given lets everything through. */
export interface InstanceFilter {
  readonly createdFrom: number | undefined;
  readonly createdTo: number | undefined;
  readonly statuses: readonly RuntimeStatus[];
  readonly idPrefix: string;
}

/** Reads the filters of a query string. Unknown statuses and unreadable times are no filter, as in the real extension. */
export function readFilter(query: URLSearchParams): InstanceFilter {
  const asked = query.getAll("runtimeStatus").flatMap((it) => it.split(","));
  return {
    createdFrom: readTime(query.get("createdTimeFrom")),
    createdTo: readTime(query.get("createdTimeTo")),
    statuses: runtimeStatuses.filter((it) => asked.includes(it)),
    idPrefix: query.get("instanceIdPrefix") ?? "",
  };
}

export function matches(instance: Instance, filter: InstanceFilter): boolean {
  return (
    (filter.createdFrom === undefined || instance.createdAt >= filter.createdFrom) &&
    (filter.createdTo === undefined || instance.createdAt <= filter.createdTo) &&
    (filter.statuses.length === 0 || filter.statuses.includes(instance.status)) &&
    instance.instanceId.startsWith(filter.idPrefix)
  );
}

export interface Page {
  readonly instances: readonly Instance[];
  /** Given back to ask for what follows; undefined on the last page. */
  readonly continuation: string | undefined;
}

/** One page of instances in the order of their ids, so that pages neither miss nor repeat what was there all along. */
export function queryPage(
  store: Store,
  filter: InstanceFilter,
  size: number,
  continuation: string | undefined,
): Page {
  const instances: Instance[] = [];
  for (const it of store.instancesAfter(readContinuation(continuation))) {
    if (!matches(it, filter)) continue;
    if (instances.length === size) return { instances, continuation: writeContinuation(instances.at(-1)) };
    instances.push(it);
  }
  return { instances, continuation: undefined };
}

function writeContinuation(last: Instance | undefined): string | undefined {
  return last === undefined ? undefined : Buffer.from(last.instanceId).toString("base64url");
}

function readContinuation(token: string | undefined): string {
  return token === undefined ? "" : Buffer.from(token, "base64url").toString();
}

function readTime(text: string | null): number | undefined {
  const instant = Date.parse(text ?? "");
  return Number.isNaN(instant) ? undefined : instant;
}
