import type { DirectoryRole, GroupMembership } from "../case/grant.ts";
import { GraphRoleAssignment } from "./directory-objects.ts";
import { readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import type { Reading } from "./reading.ts";

/** Directory roles, active and eligible, of the principal itself: one round trip. */
export function readDirectoryRoles(reading: Reading, objectId: string): Promise<readonly DirectoryRole[]> {
  return rolesOf(reading, objectId, null);
}

/**
 * Directory roles through groups: v1.0 cannot be asked for transitive assignments, so each group is. Only role-assignable
 * groups can hold any, which leaves few of them.
 */
export async function readDirectoryRolesOfGroups(
  reading: Reading,
  groups: readonly GroupMembership[],
): Promise<readonly DirectoryRole[]> {
  const found = await Promise.all(
    groups
      .filter(({ roleAssignable }) => roleAssignable)
      .map(({ groupId }) => rolesOf(reading, groupId, groupId)),
  );
  return found.flat();
}

async function rolesOf(
  { directory, gaps }: Reading,
  principalId: string,
  throughGroupId: string | null,
): Promise<readonly DirectoryRole[]> {
  const at = (collection: string) =>
    directory.list(
      `/roleManagement/directory/${collection}?$filter=principalId eq '${principalId}'&$expand=roleDefinition`,
      GraphRoleAssignment,
    );
  const [assigned, scheduled, eligible] = await Promise.all([
    at("roleAssignments"),
    at("roleAssignmentScheduleInstances"),
    at("roleEligibilityScheduleInstances"),
  ]);
  const about = (what: string) =>
    `${what} of ${throughGroupId === null ? "principal" : "group"} ${principalId}`;
  // Instances say until when an activated role lasts; the assignments themselves do not.
  const ends = new Map(
    readOr(gaps, about("activations of directory roles"), scheduled, []).map((it) => [
      `${it.roleDefinitionId} ${it.directoryScopeId ?? "/"}`,
      it.endDateTime ?? null,
    ]),
  );
  const asRole =
    (assignment: DirectoryRole["assignment"]) =>
    (it: GraphRoleAssignment): DirectoryRole => ({
      id: it.id,
      assignment,
      roleDefinitionId: it.roleDefinitionId,
      roleName: it.roleDefinition?.displayName ?? null,
      directoryScopeId: it.directoryScopeId ?? "/",
      throughGroupId,
      endDateTime: it.endDateTime ?? ends.get(`${it.roleDefinitionId} ${it.directoryScopeId ?? "/"}`) ?? null,
      planted: false,
    });
  return [
    ...readOr(gaps, about("directory roles"), assigned, []).map(asRole("active")),
    ...readOr(gaps, about("eligible directory roles"), eligible, []).map(asRole("eligible")),
  ].toSorted((a, b) => byText(a.id, b.id));
}
