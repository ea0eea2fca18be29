import { z } from "zod";
import type { Planted, PlantedDetail } from "../../case/scope.ts";
import { withValues } from "../app-roles.ts";
import { certificateCredential, passwordCredential } from "../credentials.ts";
import {
  APPLICATION_FIELDS,
  GraphAppRoleAssignment,
  GraphApplication,
  GraphCertificate,
  GraphDirectoryObject,
  GraphGrant,
  GraphGroup,
  GraphPassword,
  GraphRoleAssignment,
  GraphServicePrincipal,
  GraphUser,
  SERVICE_PRINCIPAL_FIELDS,
  USER_FIELDS,
} from "../directory-objects.ts";
import { delegatedGrant } from "../grants.ts";
import { ownersAt } from "../owners.ts";
import type { Reading } from "../reading.ts";
import { applicationAs, servicePrincipalAs, userAs } from "../resolve/principals.ts";
import type { Lead } from "./lead.ts";
import { plantedFrom } from "./planted.ts";

type Of<K extends Lead["kind"]> = Extract<Lead, { readonly kind: K }>;

const Holder = z.object({
  id: z.string(),
  displayName: z.string().nullish(),
  passwordCredentials: z.array(GraphPassword).nullish(),
  keyCredentials: z.array(GraphCertificate).nullish(),
});

/** Clocks and the log's own delay: a start date may lie a little before the row that tells of it. */
const START_TOLERANCE_IN_MS = 10 * 60_000;

/** Each credential that was added, with what is left of it. */
export async function lookAtCredentials(
  { directory, gaps }: Reading,
  lead: Of<"credentials">,
): Promise<readonly Planted[]> {
  const { holder, holderId } = lead;
  const path = `/${holder === "application" ? "applications" : "servicePrincipals"}/${holderId}`;
  const read = await directory.get(
    `${path}?$select=id,displayName,passwordCredentials,keyCredentials`,
    Holder,
  );
  const kinds = { password: `${holder}-password`, certificate: `${holder}-certificate` } as const;
  const on = { onId: holderId, onKind: holder };
  if (read.kind === "failed") {
    const gone = read.failure.code === "NOT_FOUND";
    if (!gone) gaps.failed(`credentials added to ${holder} ${holderId}`, read.failure);
    return (lead.keyIds ?? [null]).map((id) =>
      plantedFrom(lead, { ...on, kind: kinds.password, onName: null, id, present: gone ? false : null }),
    );
  }
  const onName = read.value.displayName ?? null;
  const passwords = (read.value.passwordCredentials ?? []).map((it) =>
    passwordCredential(holder, holderId, it),
  );
  const certificates = (read.value.keyCredentials ?? []).map((it) =>
    certificateCredential(holder, holderId, it),
  );
  const since = new Date(Date.parse(lead.at) - START_TOLERANCE_IN_MS).toISOString();
  const isMeant = (it: { readonly keyId: string; readonly startDateTime: string | null }) =>
    lead.keyIds === null
      ? it.startDateTime !== null && new Date(it.startDateTime).toISOString() >= since
      : lead.keyIds.includes(it.keyId.toLowerCase());
  const present = [
    ...passwords.filter(isMeant).map((credential) => ({
      kind: kinds.password,
      id: credential.keyId,
      detail: { kind: "password", credential } satisfies PlantedDetail,
    })),
    ...certificates.filter(isMeant).map((credential) => ({
      kind: kinds.certificate,
      id: credential.keyId,
      detail: { kind: "certificate", credential } satisfies PlantedDetail,
    })),
  ].map((it) => plantedFrom(lead, { ...on, onName, present: true, ...it }));
  const seen = new Set(present.map(({ id }) => id?.toLowerCase()));
  const gone = (lead.keyIds ?? [])
    .filter((id) => !seen.has(id))
    .map((id) => plantedFrom(lead, { ...on, kind: kinds.password, onName, id, present: false }));
  // The row told of a change that can be matched to nothing: a person has to look.
  const unmatched =
    lead.keyIds === null && present.length === 0
      ? [plantedFrom(lead, { ...on, kind: kinds.password, onName, id: null, present: null })]
      : [];
  return [...present, ...gone, ...unmatched];
}

export async function lookAtOwner(reading: Reading, lead: Of<"owner">): Promise<readonly Planted[]> {
  const path = `/${lead.of === "application" ? "applications" : "servicePrincipals"}/${lead.objectId}`;
  const before = reading.gaps.all().length;
  const owners = await ownersAt(reading, path, { kind: lead.of, objectId: lead.objectId });
  const ownership = owners.find(({ objectId }) => objectId.toLowerCase() === lead.ownerId);
  const unread = owners.length === 0 && reading.gaps.all().length > before;
  return [
    plantedFrom(lead, {
      kind: "owner",
      onId: lead.objectId,
      onKind: lead.of,
      onName: null,
      id: lead.ownerId,
      present: unread ? null : ownership !== undefined,
      ...(ownership === undefined
        ? {}
        : { detail: { kind: "owner", ownership: { ...ownership, planted: true } } as const }),
    }),
  ];
}

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
        ? it.createdDateTime != null && new Date(it.createdDateTime).toISOString() >= since
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

/** A principal that was made: a way back in of its own. */
export async function lookAtObject(
  { directory, gaps }: Reading,
  lead: Of<"object">,
): Promise<readonly Planted[]> {
  const about = {
    kind: lead.objectKind,
    onId: lead.objectId,
    onKind: lead.objectKind,
    onName: lead.name,
    id: lead.objectId,
  };
  const read = await readObject(directory, lead);
  if (read.kind === "ok") {
    return [
      plantedFrom(lead, {
        ...about,
        present: true,
        detail: read.value === null ? { kind: "noted" } : { kind: "principal", principal: read.value },
      }),
    ];
  }
  const gone = read.failure.code === "NOT_FOUND";
  if (!gone) gaps.failed(`${lead.objectKind} ${lead.objectId}`, read.failure);
  return [plantedFrom(lead, { ...about, present: gone ? false : null })];
}

async function readObject(directory: Reading["directory"], lead: Of<"object">) {
  switch (lead.objectKind) {
    case "application": {
      const read = await directory.get(
        `/applications/${lead.objectId}?$select=${APPLICATION_FIELDS}`,
        GraphApplication,
      );
      return read.kind === "ok" ? { kind: "ok" as const, value: applicationAs(read.value, null) } : read;
    }
    case "service-principal": {
      const read = await directory.get(
        `/servicePrincipals/${lead.objectId}?$select=${SERVICE_PRINCIPAL_FIELDS}`,
        GraphServicePrincipal,
      );
      if (read.kind === "failed") return read;
      const recognised = servicePrincipalAs(read.value, null, null);
      return { kind: "ok" as const, value: recognised.kind === "principal" ? recognised.principal : null };
    }
    case "user": {
      const read = await directory.get(`/users/${lead.objectId}?$select=${USER_FIELDS}`, GraphUser);
      return read.kind === "ok" ? { kind: "ok" as const, value: userAs(read.value, null) } : read;
    }
    default:
      return lead.objectKind satisfies never;
  }
}
