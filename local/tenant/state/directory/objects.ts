/** The objects of a directory, named and shaped as Microsoft Graph v1.0 names and shapes them. Times are ISO, UTC. */

export interface PasswordCredential {
  readonly keyId: string;
  readonly displayName: string | null;
  /** The first three characters. */
  readonly hint: string | null;
  readonly startDateTime: string;
  readonly endDateTime: string;
  /** Base64. Shared by the three parts of a SAML signing certificate. */
  readonly customKeyIdentifier: string | null;
  /** Kept for the token endpoint to compare with; Graph never shows it again. */
  readonly secretText: string | null;
}

export interface KeyCredential {
  readonly keyId: string;
  readonly displayName: string | null;
  readonly type: "AsymmetricX509Cert" | "X509CertAndPassword" | "Symmetric";
  readonly usage: "Verify" | "Sign" | "Encrypt";
  readonly startDateTime: string;
  readonly endDateTime: string;
  /** Base64 of the certificate's SHA-1 thumbprint, unless the caller chose another. */
  readonly customKeyIdentifier: string | null;
  /** Base64 of the DER certificate. */
  readonly key: string | null;
}

export interface FederatedCredential {
  readonly id: string;
  /** The application object it trusts tokens for. */
  readonly applicationId: string;
  readonly name: string;
  readonly issuer: string;
  /** null: the flexible kind, whose `claimsMatchingExpression` only beta shows. */
  readonly subject: string | null;
  readonly audiences: readonly string[];
  readonly description: string | null;
  readonly claimsMatchingExpression: { readonly value: string; readonly languageVersion: number } | null;
}

export interface AppRole {
  readonly id: string;
  readonly value: string | null;
  readonly displayName: string;
  readonly description: string;
  readonly isEnabled: boolean;
  readonly origin?: string;
  readonly allowedMemberTypes: readonly string[];
}

export interface PermissionScope {
  readonly id: string;
  readonly value: string;
  readonly type: "User" | "Admin";
  readonly isEnabled: boolean;
  readonly adminConsentDisplayName: string;
  readonly adminConsentDescription: string;
  readonly userConsentDisplayName: string | null;
  readonly userConsentDescription: string | null;
}

export interface PropertyLock {
  readonly isEnabled: boolean;
  readonly allProperties?: boolean | null | undefined;
  readonly credentialsWithUsageVerify?: boolean | null | undefined;
  readonly credentialsWithUsageSign?: boolean | null | undefined;
  readonly tokenEncryptionKeyId?: boolean | null | undefined;
}

export interface Application {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly notes: string | null;
  readonly createdDateTime: string;
  readonly deletedDateTime: string | null;
  readonly isDisabled: boolean | null;
  readonly disabledByMicrosoftStatus: string | null;
  readonly signInAudience: string;
  readonly identifierUris: readonly string[];
  readonly tags: readonly string[];
  readonly appRoles: readonly AppRole[];
  readonly oauth2PermissionScopes: readonly PermissionScope[];
  readonly requiredResourceAccess: readonly unknown[];
  readonly keyCredentials: readonly KeyCredential[];
  readonly passwordCredentials: readonly PasswordCredential[];
  readonly servicePrincipalLockConfiguration: PropertyLock | null;
  readonly tokenEncryptionKeyId: string | null;
  /** Other properties a caller has set, by name: kept and shown, with no effect here. */
  readonly other: Readonly<Record<string, unknown>>;
}

type ServicePrincipalType = "Application" | "ManagedIdentity" | "Legacy" | "SocialIdp" | "ServiceIdentity";

export interface ServicePrincipal {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string;
  readonly appDisplayName: string | null;
  readonly description: string | null;
  readonly notes: string | null;
  readonly accountEnabled: boolean;
  readonly servicePrincipalType: ServicePrincipalType;
  /** A managed identity's `isExplicit=…` and ARM resource id. */
  readonly alternativeNames: readonly string[];
  /** undefined: this tenant. null: none (managed identities). */
  readonly appOwnerOrganizationId: string | null | undefined;
  readonly appRoleAssignmentRequired: boolean;
  /** Those of an application homed here are the application's own; these are for the others. */
  readonly appRoles: readonly AppRole[];
  readonly oauth2PermissionScopes: readonly PermissionScope[];
  readonly servicePrincipalNames: readonly string[];
  readonly createdDateTime: string;
  readonly deletedDateTime: string | null;
  readonly isDisabled: boolean | null;
  readonly disabledByMicrosoftStatus: string | null;
  readonly signInAudience: string | null;
  readonly tags: readonly string[];
  readonly keyCredentials: readonly KeyCredential[];
  readonly passwordCredentials: readonly PasswordCredential[];
  readonly tokenEncryptionKeyId: string | null;
  readonly preferredSingleSignOnMode: string | null;
  /** The home application's lock, for an application homed elsewhere: its publisher decides it. */
  readonly foreignLock: PropertyLock | null;
  readonly other: Readonly<Record<string, unknown>>;
}

export interface User {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly mail: string | null;
  readonly givenName: string | null;
  readonly surname: string | null;
  readonly jobTitle: string | null;
  readonly accountEnabled: boolean;
  readonly userType: "Member" | "Guest";
  readonly onPremisesSyncEnabled: boolean | null;
  readonly createdDateTime: string;
  readonly deletedDateTime: string | null;
  /** Refresh tokens and cookies issued before this are worth nothing. */
  readonly signInSessionsValidFromDateTime: string;
  /** For the stand-in's own sign-in of people; never shown. */
  readonly password: string | null;
  readonly other: Readonly<Record<string, unknown>>;
}

export interface Group {
  readonly id: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly mailNickname: string;
  readonly securityEnabled: boolean;
  readonly mailEnabled: boolean;
  readonly isAssignableToRole: boolean | null;
  readonly groupTypes: readonly string[];
  readonly createdDateTime: string;
  readonly deletedDateTime: string | null;
}

export interface Membership {
  /** `groupId|memberId` */
  readonly id: string;
  readonly groupId: string;
  readonly memberId: string;
}

export interface Ownership {
  /** `objectId|ownerId` */
  readonly id: string;
  readonly objectId: string;
  readonly ownerId: string;
}

export interface AppRoleAssignment {
  /** Opaque: neither the role's id nor a GUID. */
  readonly id: string;
  readonly appRoleId: string;
  readonly principalId: string;
  readonly principalType: "User" | "Group" | "ServicePrincipal";
  readonly resourceId: string;
  readonly createdDateTime: string;
}

export interface OAuth2PermissionGrant {
  readonly id: string;
  readonly clientId: string;
  readonly consentType: "AllPrincipals" | "Principal";
  readonly principalId: string | null;
  readonly resourceId: string;
  /** Space-separated, as Graph keeps it. */
  readonly scope: string;
}

export interface DirectoryRoleDefinition {
  readonly id: string;
  readonly templateId: string;
  readonly displayName: string;
  readonly description: string;
  readonly isBuiltIn: boolean;
  readonly isEnabled: boolean;
  readonly isPrivileged: boolean;
  readonly allowedResourceActions: readonly string[];
}

export interface DirectoryRoleAssignment {
  readonly id: string;
  readonly principalId: string;
  readonly roleDefinitionId: string;
  /** `/`, or `/<object id>` of what the role is limited to. */
  readonly directoryScopeId: string;
}

/** A PIM schedule of a directory role: eligible, or active (`Assigned` for good, or `Activated` for a while). */
export interface DirectoryRoleSchedule {
  readonly id: string;
  readonly kind: "eligibility" | "assignment";
  readonly principalId: string;
  readonly roleDefinitionId: string;
  readonly directoryScopeId: string;
  readonly assignmentType: "Assigned" | "Activated";
  readonly startDateTime: string;
  readonly endDateTime: string | null;
}

export interface DeletedItem {
  readonly id: string;
  readonly deletedDateTime: string;
  readonly object:
    | { readonly kind: "application"; readonly value: Application }
    | { readonly kind: "servicePrincipal"; readonly value: ServicePrincipal }
    | { readonly kind: "user"; readonly value: User }
    | { readonly kind: "group"; readonly value: Group };
}

export interface RiskyPrincipal {
  /** The principal's object id. */
  readonly id: string;
  readonly kind: "user" | "servicePrincipal";
  readonly riskLevel: "low" | "medium" | "high" | "hidden" | "none";
  readonly riskState:
    | "none"
    | "confirmedSafe"
    | "remediated"
    | "dismissed"
    | "atRisk"
    | "confirmedCompromised";
  readonly riskDetail: string;
  readonly riskLastUpdatedDateTime: string;
}

export interface RiskDetection {
  readonly id: string;
  readonly kind: "user" | "servicePrincipal";
  readonly principalId: string;
  readonly riskEventType: string;
  readonly riskLevel: string;
  readonly riskState: string;
  readonly riskDetail: string;
  readonly keyIds: readonly string[];
  readonly ipAddress: string | null;
  readonly activityDateTime: string;
  readonly detectedDateTime: string;
  readonly additionalInfo: string;
}
