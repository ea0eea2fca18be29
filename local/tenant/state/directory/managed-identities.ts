import type { Directory } from "./directory.ts";
import type { ServicePrincipal } from "./objects.ts";

export interface ManagedIdentity {
  /** The service principal's object id: ARM's `principalId`. */
  readonly principalId: string;
  /** ARM's `clientId`. */
  readonly clientId: string;
  /** The identity's name, or the resource's for a system-assigned one. */
  readonly displayName: string;
  /** The user-assigned identity's ARM id, or that of the resource a system-assigned one belongs to. */
  readonly resourceId: string;
  readonly userAssigned: boolean;
}

/** The service principal of a managed identity: no application object, no owners, credentials that are the platform's. */
export function addManagedIdentity(
  directory: Directory,
  identity: ManagedIdentity,
  createdAt: number,
): ServicePrincipal {
  const created = new Date(createdAt).toISOString();
  const principal: ServicePrincipal = {
    id: identity.principalId,
    appId: identity.clientId,
    displayName: identity.displayName,
    appDisplayName: null,
    description: null,
    notes: null,
    accountEnabled: true,
    servicePrincipalType: "ManagedIdentity",
    alternativeNames: [`isExplicit=${identity.userAssigned ? "True" : "False"}`, identity.resourceId],
    appOwnerOrganizationId: null,
    appRoleAssignmentRequired: false,
    appRoles: [],
    oauth2PermissionScopes: [],
    servicePrincipalNames: [
      identity.clientId,
      `https://identity.azure.net/${Buffer.from(identity.principalId).toString("base64")}`,
    ],
    createdDateTime: created.replace(/\.\d+Z$/, "Z"),
    deletedDateTime: null,
    isDisabled: null,
    disabledByMicrosoftStatus: null,
    signInAudience: null,
    tags: [],
    keyCredentials: [],
    passwordCredentials: [],
    tokenEncryptionKeyId: null,
    preferredSingleSignOnMode: null,
    foreignLock: null,
    other: {},
  };
  directory.servicePrincipals.put(principal, createdAt);
  return principal;
}

/** Its ARM resource was deleted, or a system-assigned one switched off: the principal goes with it, for good. */
export function removeManagedIdentity(directory: Directory, principalId: string, at: number): void {
  directory.servicePrincipals.remove(principalId, at);
}
