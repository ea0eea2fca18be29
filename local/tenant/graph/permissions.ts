import { heldDirectoryRoles } from "../state/directory.ts";
import { BUILT_IN_ROLES } from "../state/directory/directory-roles.ts";
import type { GraphCall } from "./call.ts";
import { insufficientPrivileges } from "./errors.ts";
import type { GraphFault } from "./errors.ts";

/** What a call needs, as the permissions reference has it: any one permission, or owning the object, or a directory role. */
export interface Need {
  /** Application permissions; delegated scopes of the same name do for a person, who needs the right as well. */
  readonly anyOf: readonly string[];
  /** One of these too. */
  readonly andAnyOf?: readonly string[];
  /** `Application.ReadWrite.OwnedBy` does for a service principal that owns this object; owning it does for a person. */
  readonly ownedObjectId?: string;
  /** Built-in directory roles that give it, to people and service principals alike. */
  readonly roles: readonly string[];
  readonly refusal?: () => GraphFault;
}

const ROLE_IDS = new Map(BUILT_IN_ROLES.map(([name, id]) => [name, id]));
const OWNED_BY = "Application.ReadWrite.OwnedBy";

const READERS = [
  "Directory Readers",
  "Global Reader",
  "Security Reader",
  "Security Administrator",
  "Security Operator",
  "Directory Writers",
  "Application Administrator",
  "Cloud Application Administrator",
  "Privileged Role Administrator",
  "Privileged Authentication Administrator",
  "User Administrator",
  "Global Administrator",
];
const APPLICATION_ADMINISTRATORS = [
  "Application Administrator",
  "Cloud Application Administrator",
  "Hybrid Identity Administrator",
  "Global Administrator",
];
const GRANTORS = [
  "Application Administrator",
  "Cloud Application Administrator",
  "Global Administrator",
  "Privileged Role Administrator",
];
const USER_ADMINISTRATORS = [
  "User Administrator",
  "Privileged Authentication Administrator",
  "Global Administrator",
];
const RISK_READERS = [
  "Security Reader",
  "Security Operator",
  "Security Administrator",
  "Global Reader",
  "Global Administrator",
];
const RISK_ADMINISTRATORS = ["Security Operator", "Security Administrator", "Global Administrator"];

/** The permissions reference (microsoft-graph-devx-content, `permissions.json`), by what is done. */
export const NEEDS = {
  readApplications: {
    anyOf: [
      "Application.Read.All",
      "Application.ReadWrite.All",
      OWNED_BY,
      "Directory.Read.All",
      "Directory.ReadWrite.All",
    ],
    roles: READERS,
  },
  readFederatedCredentials: {
    anyOf: ["Application.Read.All", "Application.ReadWrite.All", OWNED_BY],
    roles: READERS,
  },
  readTransitiveMembershipsOfPrincipals: {
    anyOf: [
      "Application.Read.All",
      "Application.ReadWrite.All",
      "Directory.Read.All",
      "Directory.ReadWrite.All",
    ],
    roles: READERS,
  },
  createApplication: {
    anyOf: ["Application.ReadWrite.All", OWNED_BY],
    roles: [...APPLICATION_ADMINISTRATORS, "Application Developer"],
  },
  writeApplication: { anyOf: ["Application.ReadWrite.All"], roles: APPLICATION_ADMINISTRATORS },
  /** Owning an object is not enough for a service principal to give it another owner (application-post-owners.md). */
  addOwner: {
    anyOf: ["Application.ReadWrite.All", "Directory.ReadWrite.All"],
    andAnyOf: ["Directory.Read.All", "Directory.ReadWrite.All"],
    roles: APPLICATION_ADMINISTRATORS,
  },
  writeApplicationCredentials: {
    anyOf: ["Application.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: APPLICATION_ADMINISTRATORS,
  },
  writePrincipal: {
    anyOf: ["Application.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: APPLICATION_ADMINISTRATORS,
  },
  deleteAppRoleAssignment: {
    anyOf: ["AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"],
    roles: GRANTORS,
  },
  /** Graph's own permissions: `Application.ReadWrite.All` and the application administrators do not do. */
  deleteGraphAppRoleAssignment: {
    anyOf: ["AppRoleAssignment.ReadWrite.All"],
    roles: ["Global Administrator", "Privileged Role Administrator"],
  },
  readGrants: {
    anyOf: [
      "Directory.Read.All",
      "DelegatedPermissionGrant.Read.All",
      "DelegatedPermissionGrant.ReadWrite.All",
      "Directory.ReadWrite.All",
    ],
    roles: READERS,
  },
  writeGrants: {
    anyOf: ["DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: GRANTORS,
  },
  readUsers: {
    anyOf: [
      "User.Read.All",
      "User.ReadBasic.All",
      "User.ReadWrite.All",
      "Directory.Read.All",
      "Directory.ReadWrite.All",
    ],
    roles: READERS,
  },
  writeUser: { anyOf: ["User.ReadWrite.All", "Directory.ReadWrite.All"], roles: USER_ADMINISTRATORS },
  enableUser: {
    anyOf: ["User.EnableDisableAccount.All", "User.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: USER_ADMINISTRATORS,
  },
  deleteUser: { anyOf: ["User.DeleteRestore.All", "User.ReadWrite.All"], roles: USER_ADMINISTRATORS },
  revokeSessions: {
    anyOf: ["User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: [...USER_ADMINISTRATORS, "Authentication Administrator", "Helpdesk Administrator"],
  },
  readUserMemberships: {
    anyOf: [
      "Directory.Read.All",
      "Directory.ReadWrite.All",
      "GroupMember.Read.All",
      "Group.Read.All",
      "User.Read.All",
    ],
    roles: READERS,
  },
  readUserAssignments: { anyOf: ["Directory.Read.All", "AppRoleAssignment.ReadWrite.All"], roles: READERS },
  readOwnedOfUser: {
    anyOf: ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    roles: READERS,
  },
  readGroups: {
    anyOf: [
      "GroupMember.Read.All",
      "Group.Read.All",
      "Group.ReadWrite.All",
      "Directory.Read.All",
      "Directory.ReadWrite.All",
    ],
    roles: READERS,
  },
  readGroupMembers: {
    anyOf: [
      "GroupMember.Read.All",
      "GroupMember.ReadWrite.All",
      "Group.Read.All",
      "Group.ReadWrite.All",
      "Directory.Read.All",
    ],
    roles: READERS,
  },
  writeGroupMembers: {
    anyOf: ["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"],
    roles: ["Groups Administrator", "User Administrator", "Directory Writers", "Global Administrator"],
  },
  /** A group that roles can be assigned to takes more. */
  writeRoleAssignableGroup: {
    anyOf: ["RoleManagement.ReadWrite.Directory"],
    roles: ["Privileged Role Administrator", "Global Administrator"],
  },
  readRoles: {
    anyOf: [
      "RoleManagement.Read.Directory",
      "RoleManagement.ReadWrite.Directory",
      "RoleManagement.Read.All",
      "Directory.Read.All",
      "Directory.ReadWrite.All",
    ],
    roles: READERS,
  },
  writeRoles: {
    anyOf: ["RoleManagement.ReadWrite.Directory"],
    roles: ["Privileged Role Administrator", "Global Administrator"],
  },
  readEligibility: {
    anyOf: [
      "RoleEligibilitySchedule.Read.Directory",
      "RoleEligibilitySchedule.ReadWrite.Directory",
      "RoleManagement.Read.All",
      "RoleManagement.Read.Directory",
      "RoleManagement.ReadWrite.Directory",
    ],
    roles: READERS,
  },
  readAssignmentSchedules: {
    anyOf: [
      "RoleAssignmentSchedule.Read.Directory",
      "RoleAssignmentSchedule.ReadWrite.Directory",
      "RoleManagement.Read.All",
      "RoleManagement.Read.Directory",
      "RoleManagement.ReadWrite.Directory",
    ],
    roles: READERS,
  },
  writeEligibility: {
    anyOf: ["RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"],
    roles: ["Privileged Role Administrator", "Global Administrator"],
  },
  removeEligibility: {
    anyOf: [
      "RoleEligibilitySchedule.Remove.Directory",
      "RoleEligibilitySchedule.ReadWrite.Directory",
      "RoleManagement.ReadWrite.Directory",
    ],
    roles: ["Privileged Role Administrator", "Global Administrator"],
  },
  writeAssignmentSchedules: {
    anyOf: ["RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"],
    roles: ["Privileged Role Administrator", "Global Administrator"],
  },
  removeAssignmentSchedules: {
    anyOf: [
      "RoleAssignmentSchedule.Remove.Directory",
      "RoleAssignmentSchedule.ReadWrite.Directory",
      "RoleManagement.ReadWrite.Directory",
    ],
    roles: ["Privileged Role Administrator", "Global Administrator"],
  },
  readRiskyUsers: {
    anyOf: ["IdentityRiskyUser.Read.All", "IdentityRiskyUser.ReadWrite.All"],
    roles: RISK_READERS,
  },
  writeRiskyUsers: { anyOf: ["IdentityRiskyUser.ReadWrite.All"], roles: RISK_ADMINISTRATORS },
  readRiskyPrincipals: {
    anyOf: ["IdentityRiskyServicePrincipal.Read.All", "IdentityRiskyServicePrincipal.ReadWrite.All"],
    roles: RISK_READERS,
  },
  writeRiskyPrincipals: {
    anyOf: ["IdentityRiskyServicePrincipal.ReadWrite.All"],
    roles: RISK_ADMINISTRATORS,
  },
  readRiskDetections: {
    anyOf: ["IdentityRiskEvent.Read.All", "IdentityRiskEvent.ReadWrite.All"],
    roles: RISK_READERS,
  },
  readDirectoryObjects: { anyOf: ["Directory.Read.All", "Directory.ReadWrite.All"], roles: READERS },
  readReports: { anyOf: ["AuditLog.Read.All"], roles: [...RISK_READERS, "Reports Reader"] },
  readOrganization: {
    anyOf: ["Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "User.Read.All"],
    roles: READERS,
  },
} as const satisfies Record<string, Need>;

/** Reads anyone who is a member of the tenant may make, given the scope; guests may not. */
const MEMBERS_MAY = new Set<Need>([
  NEEDS.readApplications,
  NEEDS.readFederatedCredentials,
  NEEDS.readTransitiveMembershipsOfPrincipals,
  NEEDS.readGrants,
  NEEDS.readUsers,
  NEEDS.readUserMemberships,
  NEEDS.readUserAssignments,
  NEEDS.readOwnedOfUser,
  NEEDS.readGroups,
  NEEDS.readGroupMembers,
  NEEDS.readRoles,
  NEEDS.readDirectoryObjects,
  NEEDS.readOrganization,
]);

/** Throws Graph's 403 unless the caller may. Permissions are the token's, ownership and directory roles the directory's. */
export function require(call: GraphCall, need: Need, ownedObjectId?: string): void {
  if (!may(call, need, ownedObjectId)) throw need.refusal?.() ?? insufficientPrivileges();
}

export function may(call: GraphCall, need: Need, ownedObjectId?: string): boolean {
  const { caller } = call;
  const held = caller.kind === "user" ? caller.scopes : caller.roles;
  const permitted =
    need.anyOf.some((permission) => held.includes(permission)) &&
    (need.andAnyOf === undefined || need.andAnyOf.some((permission) => held.includes(permission)));
  if (caller.kind === "user") {
    // A delegated call has what the scope and the person have in common.
    if (!permitted && !held.includes("Directory.AccessAsUser.All")) return false;
    return (
      holdsRole(call, need.roles) ||
      (ownedObjectId !== undefined && owns(call, ownedObjectId)) ||
      (MEMBERS_MAY.has(need) && call.directory.users.get(caller.objectId, call.asOf)?.userType !== "Guest")
    );
  }
  if (permitted) return true;
  if (ownedObjectId !== undefined && caller.roles.includes(OWNED_BY) && owns(call, ownedObjectId))
    return true;
  return holdsRole(call, need.roles);
}

function owns(call: GraphCall, objectId: string): boolean {
  return call.directory.ownerships
    .find("object", objectId, call.asOf)
    .some(({ ownerId }) => ownerId === call.caller.objectId);
}

export function holdsRole(
  call: GraphCall,
  names: readonly string[],
  objectId = call.caller.objectId,
): boolean {
  const ids = new Set(names.map((name) => ROLE_IDS.get(name)));
  return heldDirectoryRoles(call.directory, objectId, call.asOf).some((id) => ids.has(id));
}
