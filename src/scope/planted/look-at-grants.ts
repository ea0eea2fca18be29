import type { Planted } from "../../case/planted.ts";
import { momentOf } from "../activity/log-source.ts";
import { withValues } from "../app-roles.ts";
import {
  GraphAppRoleAssignment,
  GraphDirectoryObject,
  GraphGrant,
  GraphGroup,
  GraphRoleAssignment,
} from "../directory-objects.ts";
import { delegatedGrant } from "../grants.ts";
import type { Reading } from "../reading.ts";
import { START_TOLERANCE_IN_MS, type Lead } from "./lead.ts";
import { plantedFrom } from "./planted.ts";

type Of<K extends Lead["kind"]> = Extract<Lead, { readonly kind: K }>;

export async function lookAtMember(
  { directory, gaps }: Reading,
  lead: Of<"group-member">,
): Promise<readonly Planted[]> {
  const [members, group] = await Promise.all([
    directory.list(`/groups/${lead.groupId}/members?$select=id,displayName&$top=999`, GraphDirectoryObject),
    directory.get(
      `/groups/${lead.groupId}?$select=id,displayName,securityEnabled,groupTypes,isAssignableToRole,onPremisesSyncEnabled`,
      GraphGroup,
    ),
  ]);
  const about = { kind: "group-membership", onId: lead.groupId, onKind: "group", id: lead.memberId } as const;
  if (members.kind === "failed" || group.kind === "failed") {
    for (const read of [members, group]) {
      if (read.kind === "failed" && read.failure.code !== "NOT_FOUND") {
        gaps.failed(`members of group ${lead.groupId}`, read.failure);
      }
    }
    const gone = group.kind === "failed" && group.failure.code === "NOT_FOUND";
    return [plantedFrom(lead, { ...about, onName: null, present: gone ? false : null })];
  }
  const { value } = group;
  const present = members.value.some(({ id }) => id.toLowerCase() === lead.memberId);
  return [
    plantedFrom(lead, {
      ...about,
      onName: value.displayName ?? null,
      present,
      detail: {
        kind: "group",
        memberId: lead.memberId,
        membership: {
          groupId: lead.groupId,
          displayName: value.displayName ?? null,
          direct: true,
          securityEnabled: value.securityEnabled ?? false,
          dynamic: (value.groupTypes ?? []).includes("DynamicMembership"),
          roleAssignable: value.isAssignableToRole ?? false,
          onPremises: value.onPremisesSyncEnabled ?? false,
          planted: true,
        },
      },
    }),
  ];
}

export async function lookAtAppRole(reading: Reading, lead: Of<"app-role">): Promise<readonly Planted[]> {
  const { directory, gaps } = reading;
  const about = { kind: "app-role-assignment", onId: lead.granteeId, onKind: "service-principal" } as const;
  const read = await directory.list(
    `/servicePrincipals/${lead.granteeId}/appRoleAssignments?$top=999`,
    GraphAppRoleAssignment,
  );
  if (read.kind === "failed") {
    const gone = read.failure.code === "NOT_FOUND";
    if (!gone) gaps.failed(`app roles given to ${lead.granteeId}`, read.failure);
    return [plantedFrom(lead, { ...about, onName: null, id: null, present: gone ? false : null })];
  }
  const since = new Date(Date.parse(lead.at) - START_TOLERANCE_IN_MS).toISOString();
  const meant = read.value.filter(
    (it) =>
      (lead.resourceId === null || it.resourceId.toLowerCase() === lead.resourceId) &&
      (lead.appRoleId === null
        ? (momentOf(it.createdDateTime) ?? "") >= since
        : it.appRoleId.toLowerCase() === lead.appRoleId),
  );
  const assignments = await withValues(reading, meant);
  return assignments.length === 0
    ? [plantedFrom(lead, { ...about, onName: null, id: lead.appRoleId, present: false })]
    : assignments.map((assignment) =>
        plantedFrom(lead, {
          ...about,
          onName: assignment.principalDisplayName,
          id: assignment.id,
          present: true,
          detail: { kind: "app-role", assignment: { ...assignment, planted: true } },
        }),
      );
}

export async function lookAtGrant(
  { directory, gaps }: Reading,
  lead: Of<"grant">,
): Promise<readonly Planted[]> {
  const about = {
    kind: "delegated-grant",
    onId: lead.clientId,
    onKind: "service-principal",
    onName: null,
  } as const;
  const read = await directory.list(
    `/servicePrincipals/${lead.clientId}/oauth2PermissionGrants?$top=999`,
    GraphGrant,
  );
  if (read.kind === "failed") {
    const gone = read.failure.code === "NOT_FOUND";
    if (!gone) gaps.failed(`consents given to ${lead.clientId}`, read.failure);
    return [plantedFrom(lead, { ...about, id: null, present: gone ? false : null })];
  }
  const meant = read.value.filter(
    (it) => lead.resourceId === null || it.resourceId.toLowerCase() === lead.resourceId,
  );
  return meant.length === 0
    ? [plantedFrom(lead, { ...about, id: null, present: false })]
    : meant.map((grant) =>
        plantedFrom(lead, {
          ...about,
          id: grant.id,
          present: true,
          detail: { kind: "grant", grant: { ...delegatedGrant(grant), planted: true } },
        }),
      );
}

export async function lookAtDirectoryRole(
  { directory, gaps }: Reading,
  lead: Of<"directory-role">,
): Promise<readonly Planted[]> {
  const about = {
    kind: "directory-role",
    onId: lead.principalId,
    onKind: "principal",
    onName: null,
  } as const;
  const at = (collection: string) =>
    directory.list(
      `/roleManagement/directory/${collection}?$filter=principalId eq '${lead.principalId}'&$expand=roleDefinition`,
      GraphRoleAssignment,
    );
  const [active, eligible] = await Promise.all([
    at("roleAssignments"),
    at("roleEligibilityScheduleInstances"),
  ]);
  for (const read of [active, eligible]) {
    if (read.kind === "failed") gaps.failed(`directory roles given to ${lead.principalId}`, read.failure);
  }
  const isMeant = ({ roleDefinitionId }: GraphRoleAssignment) =>
    lead.roleIds.length === 0 || lead.roleIds.includes(roleDefinitionId.toLowerCase());
  const found = [
    ...(active.kind === "ok" ? active.value : []).map((it) => ({ it, assignment: "active" as const })),
    ...(eligible.kind === "ok" ? eligible.value : []).map((it) => ({ it, assignment: "eligible" as const })),
  ].filter(({ it }) => isMeant(it));
  if (found.length === 0) {
    const unread = active.kind === "failed" || eligible.kind === "failed";
    return [plantedFrom(lead, { ...about, id: lead.roleIds[0] ?? null, present: unread ? null : false })];
  }
  return found.map(({ it, assignment }) =>
    plantedFrom(lead, {
      ...about,
      id: it.id,
      present: true,
      detail: {
        kind: "directory-role",
        principalId: it.principalId,
        role: {
          id: it.id,
          assignment,
          roleDefinitionId: it.roleDefinitionId,
          roleName: it.roleDefinition?.displayName ?? null,
          directoryScopeId: it.directoryScopeId ?? "/",
          throughGroupId: null,
          endDateTime: it.endDateTime ?? null,
          planted: true,
        },
      },
    }),
  );
}
