import type {
  AppRoleAssignment,
  Application,
  DeletedItem,
  DirectoryRoleAssignment,
  DirectoryRoleDefinition,
  DirectoryRoleSchedule,
  FederatedCredential,
  Group,
  Membership,
  OAuth2PermissionGrant,
  Ownership,
  RiskDetection,
  RiskyPrincipal,
  ServicePrincipal,
  User,
} from "./objects.ts";
import { BUILT_IN_ROLES } from "./directory-roles.ts";
import { firstPartyPrincipals } from "./first-party.ts";
import { namedGuid } from "../../random.ts";
import { Versioned } from "./versioned.ts";

/**
 * Everything Entra knows of one tenant. Every look-up takes an optional `asOf` (tenant time): who lags sees what was.
 * Links to what is deleted stay and are passed over by the look-ups, so that a restore brings them back.
 */
export class Directory {
  readonly applications = new Versioned<Application>({ appId: ({ appId }) => [appId] });
  readonly servicePrincipals = new Versioned<ServicePrincipal>({
    appId: ({ appId }) => [appId],
  });
  readonly users = new Versioned<User>({ upn: ({ userPrincipalName }) => [userPrincipalName.toLowerCase()] });
  readonly groups = new Versioned<Group>();
  readonly memberships = new Versioned<Membership>({
    group: ({ groupId }) => [groupId],
    member: ({ memberId }) => [memberId],
  });
  readonly ownerships = new Versioned<Ownership>({
    object: ({ objectId }) => [objectId],
    owner: ({ ownerId }) => [ownerId],
  });
  readonly federatedCredentials = new Versioned<FederatedCredential>({
    application: ({ applicationId }) => [applicationId],
  });
  readonly appRoleAssignments = new Versioned<AppRoleAssignment>({
    principal: ({ principalId }) => [principalId],
    resource: ({ resourceId }) => [resourceId],
  });
  readonly grants = new Versioned<OAuth2PermissionGrant>({
    client: ({ clientId }) => [clientId],
    principal: ({ principalId }) => (principalId === null ? [] : [principalId]),
  });
  readonly roleDefinitions = new Versioned<DirectoryRoleDefinition>();
  readonly roleAssignments = new Versioned<DirectoryRoleAssignment>({
    principal: ({ principalId }) => [principalId],
  });
  readonly roleSchedules = new Versioned<DirectoryRoleSchedule>({
    principal: ({ principalId }) => [principalId],
  });
  readonly deletedItems = new Versioned<DeletedItem>();
  readonly riskyPrincipals = new Versioned<RiskyPrincipal>();
  readonly riskDetections = new Versioned<RiskDetection>({ principal: ({ principalId }) => [principalId] });
}

/** A directory with Microsoft's own principals and Entra's built-in roles, and nobody else. */
export function emptyDirectory(
  idOfFirstParty = (appId: string) => namedGuid("first-party", appId),
): Directory {
  const directory = new Directory();
  for (const principal of firstPartyPrincipals(idOfFirstParty)) directory.servicePrincipals.load(principal);
  for (const [displayName, id, isPrivileged] of BUILT_IN_ROLES) {
    directory.roleDefinitions.load({
      id,
      templateId: id,
      displayName,
      description: displayName,
      isBuiltIn: true,
      isEnabled: true,
      isPrivileged,
      allowedResourceActions: [],
    });
  }
  return directory;
}

export function applicationByAppId(
  directory: Directory,
  appId: string,
  asOf?: number,
): Application | undefined {
  return directory.applications.find("appId", appId.toLowerCase(), asOf)[0];
}

export function servicePrincipalByAppId(
  directory: Directory,
  appId: string,
  asOf?: number,
): ServicePrincipal | undefined {
  return directory.servicePrincipals.find("appId", appId.toLowerCase(), asOf)[0];
}

export function servicePrincipal(
  directory: Directory,
  id: string,
  asOf?: number,
): ServicePrincipal | undefined {
  return directory.servicePrincipals.get(id.toLowerCase(), asOf);
}

export function user(directory: Directory, idOrUpn: string, asOf?: number): User | undefined {
  const key = idOrUpn.toLowerCase();
  return directory.users.get(key, asOf) ?? directory.users.find("upn", key, asOf)[0];
}

type DirectoryObjectKind = "application" | "servicePrincipal" | "user" | "group";

export function directoryObjectKind(
  directory: Directory,
  id: string,
  asOf?: number,
): DirectoryObjectKind | undefined {
  const key = id.toLowerCase();
  if (directory.applications.get(key, asOf)) return "application";
  if (directory.servicePrincipals.get(key, asOf)) return "servicePrincipal";
  if (directory.users.get(key, asOf)) return "user";
  if (directory.groups.get(key, asOf)) return "group";
  return undefined;
}

/** The groups an object is in, directly and through other groups, nearest first. Cycles are walked once. */
export function transitiveGroupIds(directory: Directory, objectId: string, asOf?: number): string[] {
  const found = new Set<string>();
  let edge = [objectId.toLowerCase()];
  while (edge.length > 0) {
    const next: string[] = [];
    for (const memberId of edge) {
      for (const { groupId } of directory.memberships.find("member", memberId, asOf)) {
        if (found.has(groupId) || directory.groups.get(groupId, asOf) === undefined) continue;
        found.add(groupId);
        next.push(groupId);
      }
    }
    edge = next;
  }
  return [...found];
}

/**
 * What `roles` a token for this principal to this resource carries; of enabled roles only. A role given to a group
 * reaches people who are direct members, and never a service principal in it (howto-add-app-roles-in-apps,
 * group-post-approleassignments).
 */
export function grantedAppRoles(
  directory: Directory,
  principalId: string,
  resourceAppId: string,
  asOf?: number,
): string[] {
  const resource = servicePrincipalByAppId(directory, resourceAppId, asOf);
  if (resource === undefined) return [];
  const roles = new Map(appRolesOf(directory, resource, asOf).map((role) => [role.id, role]));
  const id = principalId.toLowerCase();
  const groups =
    directory.users.get(id, asOf) === undefined ? [] : directory.memberships.find("member", id, asOf);
  const values = new Set<string>();
  for (const holder of [id, ...groups.map(({ groupId }) => groupId)]) {
    for (const { resourceId, appRoleId } of directory.appRoleAssignments.find("principal", holder, asOf)) {
      const role = roles.get(appRoleId);
      if (resourceId === resource.id && role?.isEnabled === true && role.value !== null)
        values.add(role.value);
    }
  }
  return [...values];
}

/** An application homed here defines its service principal's roles. */
export function appRolesOf(directory: Directory, principal: ServicePrincipal, asOf?: number) {
  return applicationByAppId(directory, principal.appId, asOf)?.appRoles ?? principal.appRoles;
}

/** Template ids of the directory roles a principal holds now, directly, through groups, or activated. Eligible is not held. */
export function heldDirectoryRoles(directory: Directory, principalId: string, asOf?: number): string[] {
  const holders = [principalId.toLowerCase(), ...transitiveGroupIds(directory, principalId, asOf)];
  return holders.flatMap((holder) =>
    directory.roleAssignments.find("principal", holder, asOf).map(({ roleDefinitionId }) => roleDefinitionId),
  );
}
