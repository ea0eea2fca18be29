import type { Principal } from "../case/principal.ts";
import type { AppRoleAssignment } from "../case/grant.ts";
import { GraphAppRoleAssignment, GraphResourceRoles } from "./directory-objects.ts";
import { readOr, readOrAbsent } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { directoryPath, principalLabel, type Reading } from "./reading.ts";

export interface AppRoles {
  readonly appRoles: readonly AppRoleAssignment[];
  readonly appRolesOnIt: readonly AppRoleAssignment[];
}

/** App roles both ways: what it may do elsewhere, and who loses access when it goes. Two round trips: roles, then their names. */
export async function readAppRoles(reading: Reading, principal: Principal): Promise<AppRoles> {
  const path = directoryPath(principal);
  if (path === null) return { appRoles: [], appRolesOnIt: [] };
  const { directory, gaps } = reading;
  const label = principalLabel(principal);
  const [held, onIt] = await Promise.all([
    directory.list(`${path}/appRoleAssignments?$top=999`, GraphAppRoleAssignment),
    principal.kind === "user"
      ? null
      : directory.list(`${path}/appRoleAssignedTo?$top=999`, GraphAppRoleAssignment),
  ]);
  const [appRoles, appRolesOnIt] = await Promise.all([
    withValues(reading, readOrAbsent(gaps, `app roles of ${label}`, held, [])),
    onIt === null ? [] : withValues(reading, readOrAbsent(gaps, `app roles on ${label}`, onIt, [])),
  ]);
  return { appRoles, appRolesOnIt };
}

/** Assignments with their roles' values, which only the resource's own list of roles gives. */
export async function withValues(
  { directory, gaps }: Reading,
  assignments: readonly GraphAppRoleAssignment[],
): Promise<readonly AppRoleAssignment[]> {
  const resources = [...new Set(assignments.map(({ resourceId }) => resourceId))];
  const values = new Map<string, string | null>();
  await Promise.all(
    resources.map(async (resourceId) => {
      const read = await directory.get(
        `/servicePrincipals/${resourceId}?$select=id,appRoles`,
        GraphResourceRoles,
      );
      const resource = readOr(gaps, `names of the app roles of ${resourceId}`, read, null);
      for (const role of resource?.appRoles ?? []) {
        values.set(`${resourceId}/${role.id}`, role.value ?? null);
      }
    }),
  );
  return assignments
    .map((it) => ({
      id: it.id,
      principalId: it.principalId,
      principalDisplayName: it.principalDisplayName ?? null,
      resourceId: it.resourceId,
      resourceDisplayName: it.resourceDisplayName ?? null,
      appRoleId: it.appRoleId,
      value: values.get(`${it.resourceId}/${it.appRoleId}`) ?? null,
      createdDateTime: it.createdDateTime ?? null,
      planted: false,
    }))
    .toSorted((a, b) => byText(a.id, b.id));
}
