import type { LogRow } from "../../state/logs.ts";

/** Who did it, as the directory's audit log names people and applications. */
export type AuditInitiator =
  | {
      readonly kind: "user";
      readonly id: string;
      readonly userPrincipalName: string;
      readonly displayName?: string | undefined;
      readonly ipAddress?: string | undefined;
    }
  | {
      readonly kind: "app";
      readonly servicePrincipalId: string;
      readonly appId: string | undefined;
      readonly displayName: string;
    };

export interface AuditTarget {
  readonly id: string;
  readonly displayName?: string | undefined;
  readonly type:
    | "Application"
    | "ServicePrincipal"
    | "User"
    | "Group"
    | "Role"
    | "Policy"
    | "Directory"
    | "Other";
  readonly userPrincipalName?: string | undefined;
  readonly modifiedProperties?: readonly ModifiedProperty[] | undefined;
}

/** Both values are JSON in a string, as the log has them (`"[]"`, `"\"x\""`). */
export interface ModifiedProperty {
  readonly displayName: string;
  readonly oldValue: string | null;
  readonly newValue: string | null;
}

/**
 * What the directory calls what happened. Two traps: the certificates-and-secrets names have an en dash and end with a
 * blank, and a federated credential on an application is a plain `Update application`.
 */
export const AUDIT_OPERATIONS = {
  createApplicationCredentials: "Create application – Certificates and secrets management ",
  updateApplicationCredentials: "Update application – Certificates and secrets management ",
  updateApplication: "Update application",
  addApplication: "Add application",
  deleteApplication: "Delete application",
  hardDeleteApplication: "Hard Delete application",
  restoreApplication: "Restore application",
  addServicePrincipal: "Add service principal",
  updateServicePrincipal: "Update service principal",
  removeServicePrincipal: "Remove service principal",
  hardDeleteServicePrincipal: "Hard delete service principal",
  restoreServicePrincipal: "Restore service principal",
  addServicePrincipalCredentials: "Add service principal credentials",
  removeServicePrincipalCredentials: "Remove service principal credentials",
  addApplicationOwner: "Add owner to application",
  removeApplicationOwner: "Remove owner from application",
  addServicePrincipalOwner: "Add owner to service principal",
  removeServicePrincipalOwner: "Remove owner from service principal",
  addAppRoleAssignment: "Add app role assignment to service principal",
  removeAppRoleAssignment: "Remove app role assignment from service principal",
  addDelegatedGrant: "Add delegated permission grant",
  removeDelegatedGrant: "Remove delegated permission grant",
  consent: "Consent to application",
  addRoleMember: "Add member to role",
  removeRoleMember: "Remove member from role",
  addEligibleRoleMember: "Add eligible member to role",
  removeEligibleRoleMember: "Remove eligible member from role",
  addGroupMember: "Add member to group",
  removeGroupMember: "Remove member from group",
  addUser: "Add user",
  updateUser: "Update user",
  disableUser: "Disable account",
  enableUser: "Enable account",
  deleteUser: "Delete user",
  restoreUser: "Restore user",
  revokeSessions: "Update StsRefreshTokenValidFrom Timestamp",
  confirmUserCompromised: "Confirm user compromised",
  confirmServicePrincipalCompromised: "Confirm service principal compromised",
} as const;

export interface AuditFacts {
  readonly at: number;
  /** A GUID. */
  readonly id: string;
  readonly correlationId: string;
  readonly tenantId: string;
  /** One of AUDIT_OPERATIONS, or another the directory has. */
  readonly operationName: string;
  readonly category:
    | "ApplicationManagement"
    | "UserManagement"
    | "GroupManagement"
    | "RoleManagement"
    | "DirectoryManagement"
    | "Policy"
    | "IdentityProtection"
    | "Other";
  readonly result?: "success" | "failure" | undefined;
  readonly resultReason?: string | undefined;
  readonly operationType?: "Add" | "Update" | "Delete" | "Assign" | "Unassign" | "Other" | undefined;
  readonly initiatedBy: AuditInitiator;
  readonly targets: readonly AuditTarget[];
  readonly additionalDetails?: Readonly<Record<string, string>> | undefined;
  readonly loggedByService?: string | undefined;
}

/** A row of AuditLogs. */
export function auditRow(facts: AuditFacts): LogRow {
  const when = new Date(facts.at).toISOString();
  const result = facts.result ?? "success";
  return {
    TimeGenerated: when,
    ActivityDateTime: when,
    ActivityDisplayName: facts.operationName,
    OperationName: facts.operationName,
    OperationVersion: "1.0",
    AADOperationType: facts.operationType ?? "Update",
    AADTenantId: facts.tenantId,
    Category: facts.category,
    CorrelationId: facts.correlationId,
    Id: `Directory_${facts.id}`,
    Identity: facts.initiatedBy.displayName ?? "",
    InitiatedBy: initiatorOf(facts.initiatedBy),
    TargetResources: facts.targets.map(targetOf),
    AdditionalDetails: Object.entries(facts.additionalDetails ?? {}).map(([key, value]) => ({ key, value })),
    Level: "4",
    LoggedByService: facts.loggedByService ?? "Core Directory",
    Result: result,
    ResultReason: facts.resultReason ?? "",
    ResultType: "",
    ResultDescription: "",
    ResultSignature: "None",
    ResourceGroup: "Microsoft.aadiam",
    Resource: "Microsoft.aadiam",
    SourceSystem: "Azure AD",
    DurationMs: 0,
  };
}

function initiatorOf(who: AuditInitiator) {
  switch (who.kind) {
    case "user":
      return {
        user: {
          id: who.id,
          displayName: who.displayName ?? null,
          userPrincipalName: who.userPrincipalName,
          ipAddress: who.ipAddress ?? "",
          roles: [],
        },
      };
    case "app":
      return {
        app: {
          appId: who.appId ?? null,
          displayName: who.displayName,
          servicePrincipalId: who.servicePrincipalId,
          servicePrincipalName: null,
        },
      };
    default:
      return who satisfies never;
  }
}

function targetOf(target: AuditTarget) {
  return {
    id: target.id,
    displayName: target.displayName ?? null,
    type: target.type,
    ...(target.userPrincipalName === undefined ? {} : { userPrincipalName: target.userPrincipalName }),
    modifiedProperties: target.modifiedProperties ?? [],
    administrativeUnits: [],
  };
}
