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
import type { Principal } from "./principal.ts";

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
