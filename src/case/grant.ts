// What a principal may do, and through what: ownership, groups, consents, directory roles, Azure roles, vault policies.

import type { CredentialHolder } from "./credential.ts";

export type DirectoryObjectKind = "application" | "service-principal" | "user" | "group" | "other";

export interface Ownership {
  readonly objectId: string;
  readonly objectKind: DirectoryObjectKind;
  readonly displayName: string | null;
  /** The application or service principal that is owned (owners), or that the principal owns (ownedObjects). */
  readonly of: { readonly kind: CredentialHolder | "group" | "other"; readonly objectId: string };
  readonly planted: boolean;
}

export interface GroupMembership {
  readonly groupId: string;
  readonly displayName: string | null;
  readonly direct: boolean;
  readonly securityEnabled: boolean;
  readonly dynamic: boolean;
  readonly roleAssignable: boolean;
  readonly onPremises: boolean;
  readonly planted: boolean;
}

export interface AppRoleAssignment {
  readonly id: string;
  readonly principalId: string;
  readonly principalDisplayName: string | null;
  readonly resourceId: string;
  readonly resourceDisplayName: string | null;
  readonly appRoleId: string;
  /** The role's value (`Application.ReadWrite.All`), when the resource's roles could be read. */
  readonly value: string | null;
  readonly createdDateTime: string | null;
  readonly planted: boolean;
}

export interface DelegatedGrant {
  readonly id: string;
  readonly clientId: string;
  readonly consentType: string;
  readonly principalId: string | null;
  readonly resourceId: string;
  readonly scope: string;
  readonly planted: boolean;
}

export interface DirectoryRole {
  readonly id: string;
  readonly assignment: "active" | "eligible";
  readonly roleDefinitionId: string;
  readonly roleName: string | null;
  readonly directoryScopeId: string;
  /** Null: to the principal itself. */
  readonly throughGroupId: string | null;
  readonly endDateTime: string | null;
  readonly planted: boolean;
}

export interface RoleAssignment {
  /** ARM id; its last segment, a GUID, is the name that a restore keeps. */
  readonly id: string;
  readonly assignment: "active" | "eligible";
  readonly scope: string;
  readonly roleDefinitionId: string;
  readonly roleName: string | null;
  /** Null when the definition could not be read: then reach is unknown, not none. */
  readonly permissions: readonly RolePermissions[] | null;
  readonly principalId: string;
  readonly principalType: string | null;
  readonly condition: string | null;
  readonly conditionVersion: string | null;
  /** When an eligibility ends by itself; null: never, or it is none. */
  readonly endDateTime?: string | null;
  readonly description: string | null;
  readonly delegatedManagedIdentityResourceId: string | null;
  readonly createdOn: string | null;
  readonly createdBy: string | null;
  /** Null: to the principal itself. */
  readonly throughGroupId: string | null;
  readonly planted: boolean;
}

export interface RolePermissions {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

export interface VaultPolicy {
  readonly vaultId: string;
  readonly tenantId: string;
  readonly objectId: string;
  readonly applicationId: string | null;
  readonly permissions: {
    readonly keys: readonly string[];
    readonly secrets: readonly string[];
    readonly certificates: readonly string[];
    readonly storage: readonly string[];
  };
  readonly throughGroupId: string | null;
  readonly planted: boolean;
}
