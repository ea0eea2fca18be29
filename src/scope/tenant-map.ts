import { z } from "zod";
import { readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import type { Reading } from "./reading.ts";
import { SUBSCRIPTIONS } from "./resource-graph.ts";

/** Every subscription that can be seen, and what management groups stand above each. */
export interface TenantMap {
  /** Lower case, sorted. */
  readonly subscriptionIds: readonly string[];
  /** Names of a subscription's management groups, nearest first. */
  ancestorsOf(subscriptionId: string): readonly string[];
}

const Subscription = z.object({
  subscriptionId: z.string(),
  properties: z
    .object({ managementGroupAncestorsChain: z.array(z.object({ name: z.string() })).nullish() })
    .nullish(),
});

/** One request and its pages. A subscription that the reader may not see is missing without any mark: Azure leaves it out. */
export async function readTenantMap({ azure, gaps }: Reading): Promise<TenantMap> {
  const read = await patiently(() => azure.arm.resourceGraph(SUBSCRIPTIONS, Subscription));
  const rows = readOr(gaps, "subscriptions", read, []);
  const ancestors = new Map(
    rows.map((row) => [
      row.subscriptionId.toLowerCase(),
      (row.properties?.managementGroupAncestorsChain ?? []).map(({ name }) => name),
    ]),
  );
  if (read.kind === "ok" && rows.length === 0) {
    gaps.note("subscriptions", "NONE_VISIBLE", "the reader sees no subscription: it may have no role on any");
  }
  return {
    subscriptionIds: [...ancestors.keys()].toSorted(byText),
    ancestorsOf: (subscriptionId) => ancestors.get(subscriptionId.toLowerCase()) ?? [],
  };
}
