import type { TimeWindow } from "./case.ts";
import type { Principal } from "./principal.ts";

/**
 * Everything known about a case's principals, complete enough to restore from. Plain data: it is stored as
 * `scope.json`, hashed, and planned from. Lists are sorted by id, so that equal tenants give equal bytes.
 */
export interface Scope {
  readonly schema: 1;
  readonly caseId: string;
  readonly takenAt: string;
  readonly window: TimeWindow;
  readonly principals: readonly ScopedPrincipal[];
  /** What the principals could touch, and by what path. */
  readonly reach: readonly Reach[];
  /** What they did, oldest first. */
  readonly activity: readonly Activity[];
  /** What they made or changed since the first suspicious event, on themselves or on others. */
  readonly planted: readonly Planted[];
  /** Things people will have to know before a cut: locks, last owners, property locks. */
  readonly obstacles: readonly Obstacle[];
  /** What could not be read or is not yet known. An unread scope is never an empty one. */
  readonly limitations: readonly Limitation[];
  /** Secrets that the case is about by name, whoever could read them. */
  readonly namedSecrets?: readonly NamedSecret[];
  /** Principals likely in the same hands, for a person or a case of their own: nothing is done to them here. */
  readonly related?: readonly RelatedPrincipal[];
  /**
   * Principals the suspects empowered, or made usable for themselves: as likely victims as accomplices. What was planted on
   * them is in `planted`; they themselves are for a person to look at.
   */
  readonly affected?: readonly RelatedPrincipal[];
}

/** A vault's secret that a person, a sweep or the vault itself asked to have rotated; nobody is suspected of reading it. */
export interface NamedSecret {
  readonly vaultId: string;
  readonly name: string;
  readonly managed: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly because: string;
}

export interface RelatedPrincipal {
  readonly principal: Principal;
  readonly because: string;
  /** The first event that ties it to the suspects. */
  readonly since: string;
}

export interface ScopedPrincipal {
  readonly principal: Principal;
  /** What was claimed and how it led here. */
  readonly because: string;
  /** `named`: an id of its own was claimed. `derived`: found through something else, so that a person decides on it. */
  readonly certainty: "named" | "derived";
  readonly signIn: SignInState;
  readonly passwords: readonly PasswordCredential[];
  readonly certificates: readonly CertificateCredential[];
  readonly federated: readonly FederatedCredential[];
  readonly owners: readonly Ownership[];
  readonly ownedObjects: readonly Ownership[];
  readonly groups: readonly GroupMembership[];
  readonly appRoles: readonly AppRoleAssignment[];
  /** App roles others hold on it: who loses access when it goes. */
  readonly appRolesOnIt: readonly AppRoleAssignment[];
  readonly delegatedGrants: readonly DelegatedGrant[];
  readonly directoryRoles: readonly DirectoryRole[];
  readonly roleAssignments: readonly RoleAssignment[];
  readonly vaultPolicies: readonly VaultPolicy[];
  /** Workloads that use a managed identity: they lose it with a detachment and its roles with a cut. */
  readonly attachments: readonly Attachment[];
}

export interface SignInState {
  /** `accountEnabled` of the service principal or user; null where there is none. */
  readonly enabled: boolean | null;
  /** `isDisabled` of the application; null where there is none. */
  readonly deactivated: boolean | null;
  /** Set when Microsoft disabled it. */
  readonly disabledByMicrosoft: string | null;
  readonly syncedFromOnPremises: boolean;
  readonly propertyLock: PropertyLock | null;
}

/** App instance property lock: while on, the service principal's credentials refuse change. */
export interface PropertyLock {
  readonly enabled: boolean;
  readonly allProperties: boolean;
  readonly credentialsWithUsageSign: boolean;
  readonly credentialsWithUsageVerify: boolean;
  readonly tokenEncryptionKeyId: boolean;
}

export type CredentialHolder = "application" | "service-principal";

/** How much a credential has to do with the attack. */
export interface CredentialEvidence {
  readonly usedBySuspiciousSignIn: boolean;
  readonly lastUsed: string | null;
  /** Added by the suspect, or inside the window. */
  readonly planted: boolean;
  /** Named by a leak finding or a risk detection. */
  readonly leaked: boolean;
}

export interface PasswordCredential {
  readonly holder: CredentialHolder;
  readonly holderId: string;
  readonly keyId: string;
  readonly displayName: string | null;
  readonly hint: string | null;
  /** Chosen by whoever added it: not proof of age. */
  readonly startDateTime: string | null;
  readonly endDateTime: string | null;
  readonly customKeyIdentifier: string | null;
  readonly evidence: CredentialEvidence;
}

export interface CertificateCredential {
  readonly holder: CredentialHolder;
  readonly holderId: string;
  readonly keyId: string;
  readonly displayName: string | null;
  readonly type: string;
  readonly usage: string;
  readonly startDateTime: string | null;
  readonly endDateTime: string | null;
  readonly customKeyIdentifier: string | null;
  /** The public certificate, base64: what a restore puts back. Never a private key; Entra does not give one out. */
  readonly key: string | null;
  readonly thumbprint: string | null;
  readonly evidence: CredentialEvidence;
}

export interface FederatedCredential {
  /** An application's (by its object id) or a user-assigned identity's (by its ARM id). */
  readonly holder: "application" | "identity";
  readonly holderId: string;
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly subject: string | null;
  readonly audiences: readonly string[];
  readonly description: string | null;
  /** Flexible credentials match by expression; Graph shows it in beta only, and a restore needs it. */
  readonly claimsMatchingExpression: { readonly value: string; readonly languageVersion: number } | null;
  readonly trusts: FederatedTrust;
  readonly planted: boolean;
  readonly usedBySuspiciousSignIn: boolean;
}

/** What a federated credential lets in, read from issuer and subject. */
export type FederatedTrust =
  | {
      readonly kind: "github";
      readonly owner: string;
      readonly ownerId: string | null;
      readonly repository: string;
      readonly repositoryId: string | null;
      readonly filter: string;
    }
  | {
      readonly kind: "azure-devops";
      readonly organisation: string;
      readonly project: string | null;
      readonly connection: string;
    }
  | {
      readonly kind: "kubernetes";
      readonly clusterId: string | null;
      readonly issuer: string;
      readonly namespace: string;
      readonly serviceAccount: string;
    }
  | { readonly kind: "entra"; readonly tenantId: string; readonly subject: string }
  | { readonly kind: "flexible"; readonly issuer: string; readonly expression: string }
  /** Nobody we know issues this: an attacker's own issuer looks like it. */
  | { readonly kind: "unknown-issuer"; readonly issuer: string; readonly subject: string | null };

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

export interface Attachment {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly resourceName: string;
  readonly location: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** How the identity is fastened, for the detachment and its undoing: `SystemAssigned, UserAssigned` and the like. */
  readonly identityType: string | null;
  /** The resource is in the alert or its activity: likelier the way in than a bystander. */
  readonly implicated: boolean;
}

export type ReachKind =
  | "vault-secret"
  | "vault-key"
  | "vault-certificate"
  | "storage-account"
  | "cluster"
  | "database"
  | "message-broker"
  | "registry"
  | "site"
  | "pipeline"
  | "identity"
  | "directory"
  | "subscription";

/** One thing the principal could touch. */
export interface Reach {
  readonly kind: ReachKind;
  /** ARM id; for a vault's secret `<vault id>/secrets/<name>`; for the directory the app role or directory role. */
  readonly targetId: string;
  readonly name: string;
  readonly can: readonly ReachPower[];
  /** By what: role assignment ids, access policies, app roles. */
  readonly through: readonly string[];
  /** `read`: logs show it was. `reachable`: it could be. */
  readonly evidence: "read" | "reachable";
  readonly lastTouched: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly principalKey: string;
  /** ARM ids of sites that take a vault's secret as a setting: they are hurt when it changes. Absent: none known. */
  readonly consumers?: readonly string[];
  /** Of a cluster: what decides which cuts are possible there. */
  readonly cluster?: ClusterSettings;
}

/** How a cluster is guarded, as ARM has it. */
export interface ClusterSettings {
  readonly entraIntegration: boolean;
  readonly localAccountsDisabled: boolean;
  readonly privateCluster: boolean;
  readonly authorizedIpRanges: readonly string[];
  /** Its OIDC issuer is on. */
  readonly issuesTokens: boolean;
}

export type ReachPower =
  | "read-secret"
  | "write-secret"
  | "use-key"
  | "list-keys"
  | "regenerate-keys"
  | "read-data"
  | "write-data"
  | "admin-credential"
  | "user-credential"
  | "run-command"
  | "read-app-settings"
  | "publish"
  | "assign-roles"
  | "grant-itself-data-access"
  | "use-identity"
  | "add-credential"
  | "escalate-directory"
  | "write-resource";

export type ActivitySource =
  | "service-principal-sign-in"
  | "managed-identity-sign-in"
  | "user-sign-in"
  | "directory-audit"
  | "graph-activity"
  | "azure-activity"
  | "key-vault"
  | "storage"
  | "cluster-audit";

export interface Activity {
  readonly at: string;
  readonly source: ActivitySource;
  readonly principalKey: string;
  readonly operation: string;
  readonly target: string | null;
  readonly outcome: "success" | "failure" | "unknown";
  readonly address: string | null;
  readonly country: string | null;
  readonly userAgent: string | null;
  /** Which credential signed in, where the log says. */
  readonly credentialKeyId: string | null;
  readonly tokenId: string | null;
  readonly correlationId: string | null;
  readonly suspicious: boolean;
  /** How it widened what somebody can do, or narrowed what is seen; null or absent for the rest. */
  readonly expanded?: string | null;
  /** Said when the link to the principal is by address and time, not by an id in the row. */
  readonly attribution: "proven" | "inferred";
}

/** Something the suspect made or changed. `step` says what would take it away; a person's action where nothing can. */
export interface Planted {
  readonly kind:
    | "application-password"
    | "application-certificate"
    | "service-principal-password"
    | "service-principal-certificate"
    | "federated-credential"
    | "owner"
    | "group-membership"
    | "app-role-assignment"
    | "delegated-grant"
    | "directory-role"
    | "role-assignment"
    | "vault-policy"
    | "service-principal"
    | "application"
    | "user"
    | "diagnostic-setting"
    | "cluster-object"
    | "other";
  readonly at: string;
  /** The object it was done to, by id: an application, a scope, a vault. */
  readonly onId: string;
  readonly onKind: string;
  readonly onName: string | null;
  /** The planted thing's own id where there is one (keyId, assignment id, owner's object id). */
  readonly id: string | null;
  readonly by: string;
  readonly evidence: string;
  /** False once it is seen to be gone again. Null: could not be looked at. */
  readonly present: boolean | null;
  /** What is needed to take it away and to put it back: the object as read. */
  readonly detail: PlantedDetail;
}

export type PlantedDetail =
  | { readonly kind: "password"; readonly credential: PasswordCredential }
  | { readonly kind: "certificate"; readonly credential: CertificateCredential }
  | { readonly kind: "federated"; readonly credential: FederatedCredential }
  | { readonly kind: "owner"; readonly ownership: Ownership }
  | { readonly kind: "group"; readonly membership: GroupMembership; readonly memberId: string }
  | { readonly kind: "app-role"; readonly assignment: AppRoleAssignment }
  | { readonly kind: "grant"; readonly grant: DelegatedGrant }
  | { readonly kind: "directory-role"; readonly role: DirectoryRole; readonly principalId: string }
  | { readonly kind: "role-assignment"; readonly assignment: RoleAssignment }
  | { readonly kind: "vault-policy"; readonly policy: VaultPolicy }
  | { readonly kind: "principal"; readonly principal: Principal }
  /** Only the cluster's own API can show it: what its audit log said when it was made or changed. */
  | {
      readonly kind: "cluster-object";
      readonly clusterId: string;
      readonly verb: string;
      readonly apiGroup: string | null;
      readonly apiVersion: string | null;
      /** Plural, as in the API's paths: `daemonsets`. */
      readonly resource: string;
      readonly namespace: string | null;
      readonly name: string | null;
      readonly uid: string | null;
      /** The caller had no name of its own: tied to the suspect by address and time. */
      readonly inferred: boolean;
    }
  | { readonly kind: "noted" };

export type Obstacle =
  | {
      readonly kind: "lock";
      readonly lockId: string;
      readonly scope: string;
      readonly level: "CanNotDelete" | "ReadOnly";
    }
  | { readonly kind: "last-owner"; readonly roleAssignmentId: string; readonly scope: string }
  | { readonly kind: "deny-assignment"; readonly id: string; readonly scope: string };

export interface Limitation {
  /** What was to be read. */
  readonly about: string;
  readonly code: string;
  readonly detail: string;
}
