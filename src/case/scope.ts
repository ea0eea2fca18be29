import type { Activity } from "./activity.ts";
import type { TimeWindow } from "./case.ts";
import type { CertificateCredential, FederatedCredential, PasswordCredential } from "./credential.ts";
import type {
  AppRoleAssignment,
  DelegatedGrant,
  DirectoryRole,
  GroupMembership,
  Ownership,
  RoleAssignment,
  VaultPolicy,
} from "./grant.ts";
import type { Planted } from "./planted.ts";
import type { Principal } from "./principal.ts";
import type { Attachment, ClusterSettings, Reach } from "./reach.ts";
import type { SecretConsumer } from "./secret-consumer.ts";
import type { KeyDoor } from "./key-door.ts";

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
  /** Resources that whoever has their keys gets into, as far as the case is about those keys. */
  readonly keyDoors?: readonly KeyDoor[];
  /** Secrets that this case was to rotate and whose issuer it did not find, as its record says. */
  readonly issuerUnknown?: readonly IssuerUnknown[];
  /** Resources whose keys or credentials somebody of the case took, whether a role still reaches them or not. */
  readonly opened?: readonly OpenedResource[];
  /** Of sites whose publishing credential was taken: whether they take passwords for publishing. */
  readonly publishingDoors?: readonly PublishingDoors[];
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
  /** Who takes it, as far as ARM shows. Absent: none known. */
  readonly consumers?: readonly SecretConsumer[];
}

/** What has to be known of a resource before anything is cut on it: whose it is, and how a cluster stands. */
export interface OpenedResource {
  readonly resourceId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly cluster?: ClusterSettings;
}

/** The two doors of a site, or of one of its slots, that take a user name and password for deployments. */
export interface PublishingDoors {
  readonly siteId: string;
  readonly scm: boolean;
  readonly ftp: boolean;
}

/** A secret whose issuer was looked for and not found. Names in lower case. */
export interface IssuerUnknown {
  readonly vaultName: string;
  readonly secretName: string;
  /** What was looked at and did not help, in a sentence. */
  readonly tried: string;
  readonly at: string;
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
