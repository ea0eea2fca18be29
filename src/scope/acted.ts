import type { Scope } from "../case/scope.ts";
import { type CaseActivity, activityOfCase } from "./activity/activity-of-case.ts";
import type { Inventory } from "./inventory.ts";
import { leadsIn, lookAtLeads } from "./planted/find-planted.ts";
import type { Reading } from "./reading.ts";
import { relatedBy, tiesByAddress, tiesByPlanting } from "./related.ts";
import type { ResolvedPrincipal } from "./resolve/resolution.ts";

export interface Acted {
  readonly case: CaseActivity;
  readonly planted: Scope["planted"];
  readonly related: NonNullable<Scope["related"]>;
  readonly affected: NonNullable<Scope["affected"]>;
}

/** What they did, what came of it and is still there, and who else is in the same hands. */
export async function actOf(
  reading: Reading,
  request: {
    readonly window: Scope["window"];
    readonly workspaceIds: readonly string[];
    readonly addresses?: readonly string[];
  },
  resolved: readonly ResolvedPrincipal[],
  stock: Promise<Inventory>,
): Promise<Acted> {
  const principals = resolved.map(({ principal }) => principal);
  if (principals.length === 0) {
    const nothing: CaseActivity = {
      events: [],
      firstSuspiciousAt: null,
      addresses: new Set(),
      withoutUsual: [],
      doneTo: [],
    };
    return { case: nothing, planted: [], related: [], affected: [] };
  }
  const activity = await activityOfCase(
    reading,
    principals,
    request.window,
    request.workspaceIds,
    request.addresses,
  );
  const leads = leadsIn(activity.events.filter(({ activity: { suspicious } }) => suspicious));
  const [planted, byAddress] = await Promise.all([
    stock.then((inventory) => lookAtLeads(reading, leads, inventory, principals)),
    tiesByAddress(reading, { ...request, addresses: activity.addresses }),
  ]);
  const suspectIds = new Set(
    principals.flatMap(({ objectId, applicationObjectId }) =>
      [objectId, applicationObjectId].flatMap((id) => id?.toLowerCase() ?? []),
    ),
  );
  const others = await relatedBy(reading, [...byAddress, ...tiesByPlanting(planted)], suspectIds);
  return { case: activity, planted, ...others };
}
