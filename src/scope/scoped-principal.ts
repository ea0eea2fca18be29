import { type Principal, principalKey } from "../case/principal.ts";
import type { RoleAssignment } from "../case/grant.ts";
import type { ScopedPrincipal } from "../case/scope.ts";
import type { Acted } from "./acted.ts";
import type { CaseActivity } from "./activity/activity-of-case.ts";
import { annotated } from "./annotate.ts";
import { attachmentsOf } from "./attachments.ts";
import { federatedCredential } from "./federated.ts";
import { byText } from "./identifiers.ts";
import type { Inventory } from "./inventory.ts";
import { leadsIn } from "./planted/find-planted.ts";
import { type PrincipalReading, readPrincipal } from "./principal-reading.ts";
import type { Reading } from "./reading.ts";
import type { ResolvedPrincipal } from "./resolve/resolution.ts";
import { type ArmRoleAssignment, discoverRoleAssignments, readRoleAssignments } from "./role-assignments.ts";
import type { readTenantMap } from "./tenant-map.ts";
import { vaultPoliciesOf } from "./vault-policies.ts";

export interface ReadOne {
  readonly resolved: ResolvedPrincipal;
  readonly reading: PrincipalReading;
  readonly roleAssignments: readonly RoleAssignment[];
  readonly vaultPolicies: ScopedPrincipal["vaultPolicies"];
}

/** One principal: the directory's side, and Azure's, which waits for its groups only. */
export async function readOne(
  reading: Reading,
  resolved: ResolvedPrincipal,
  shared: {
    readonly ownRoles: Promise<readonly ArmRoleAssignment[]>;
    readonly mapping: ReturnType<typeof readTenantMap>;
    readonly stock: Promise<Inventory>;
  },
): Promise<ReadOne> {
  const { principal } = resolved;
  const parts = readPrincipal(reading, principal);
  const groupIds = parts.groups.then((groups) => groups.map(({ groupId }) => groupId));
  const { objectId } = principal;
  const roles =
    objectId === null
      ? []
      : Promise.all([groupIds, shared.mapping]).then(([groups, { subscriptionIds }]) =>
          readRoleAssignments(
            reading,
            { objectId, kind: principal.kind === "user" ? "user" : "service-principal", groupIds: groups },
            Promise.all([shared.ownRoles, discoverRoleAssignments(reading, groups)]).then(
              ([own, ofGroups]) => [
                ...own.filter(
                  ({ properties }) => properties.principalId.toLowerCase() === objectId.toLowerCase(),
                ),
                ...ofGroups,
              ],
            ),
            subscriptionIds,
          ),
        );
  const [whole, roleAssignments, groups, inventory] = await Promise.all([
    parts.whole,
    roles,
    groupIds,
    shared.stock,
  ]);
  return {
    resolved,
    reading: whole,
    roleAssignments,
    vaultPolicies: vaultPoliciesOf(reading.gaps, inventory.resources, {
      objectId,
      appId: principal.appId,
      groupIds: groups,
    }),
  };
}

/** The principal as the scope keeps it, with what the activity and the looks say of its parts. */
export function finish(
  { resolved, reading, roleAssignments, vaultPolicies }: ReadOne,
  inventory: Inventory,
  acted: Acted,
): ScopedPrincipal {
  const { principal, fastened, federated, ...held } = reading;
  const key = principalKey(principal);
  const events = acted.case.events.filter(({ activity }) => activity.principalKey === key);
  const implicated = new Set(
    acted.case.events.flatMap(({ activity }) =>
      activity.suspicious ? (activity.target?.toLowerCase() ?? []) : [],
    ),
  );
  const scoped: ScopedPrincipal = {
    principal,
    because: resolved.because,
    certainty: resolved.certainty,
    ...held,
    federated: federated
      .map((it) => federatedCredential(it, (issuer) => inventory.clusterIdOf(issuer)))
      .toSorted((a, b) => byText(a.id, b.id)),
    roleAssignments,
    vaultPolicies,
    attachments: attachmentsOf(principal, fastened, inventory, implicated),
  };
  return annotated(scoped, {
    activity: events.map(({ activity }) => activity),
    planted: acted.planted,
    addedKeyIds: addedByOthers(acted.case, principal),
    leaked: resolved.leaked,
  });
}

/** Keys that somebody else added to a principal in the window. */
function addedByOthers({ doneTo }: CaseActivity, principal: Principal): ReadonlySet<string> {
  const own = [principal.objectId, principal.applicationObjectId].flatMap((id) => id?.toLowerCase() ?? []);
  const leads = leadsIn(
    doneTo.map((event) => ({
      event,
      activity: { ...event.activity, principalKey: "", suspicious: false },
    })),
  );
  return new Set(
    leads.flatMap((lead) =>
      lead.kind === "credentials" && own.includes(lead.holderId) ? (lead.keyIds ?? []) : [],
    ),
  );
}
