import type { Principal } from "../case/principal.ts";
import type { GroupMembership } from "../case/grant.ts";
import { GraphGroup } from "./directory-objects.ts";
import { readOr, readOrAbsent } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { directoryPath, principalLabel, type Reading } from "./reading.ts";

const FIELDS =
  "?$select=id,displayName,securityEnabled,groupTypes,isAssignableToRole,onPremisesSyncEnabled&$top=999";

/** Every group the principal is in, directly or through others. */
export async function readGroups(
  { directory, gaps }: Reading,
  principal: Principal,
): Promise<readonly GroupMembership[]> {
  const path = directoryPath(principal);
  if (path === null) return [];
  const label = principalLabel(principal);
  const [transitive, direct] = await Promise.all([
    directory.list(`${path}/transitiveMemberOf${FIELDS}`, GraphGroup),
    directory.list(`${path}/memberOf${FIELDS}`, GraphGroup),
  ]);
  const own = new Set(readOr(gaps, `direct groups of ${label}`, direct, []).map(({ id }) => id));
  return (
    readOrAbsent(gaps, `groups of ${label}`, transitive, [])
      // Directory roles and administrative units are in the same collection.
      .filter((it) => (it["@odata.type"] ?? "#microsoft.graph.group") === "#microsoft.graph.group")
      .map((it) => ({
        groupId: it.id,
        displayName: it.displayName ?? null,
        direct: own.has(it.id),
        securityEnabled: it.securityEnabled ?? false,
        dynamic: (it.groupTypes ?? []).includes("DynamicMembership"),
        roleAssignable: it.isAssignableToRole ?? false,
        onPremises: it.onPremisesSyncEnabled ?? false,
        planted: false,
      }))
      .toSorted((a, b) => byText(a.groupId, b.groupId))
  );
}
