import type { SecretConsumer } from "./secret-consumer.ts";
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
  /** Who takes a vault's secret, as far as ARM shows. Absent: none known. */
  readonly consumers?: readonly SecretConsumer[];
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
