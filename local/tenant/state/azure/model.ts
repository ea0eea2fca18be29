import type { ActivityFacts } from "../../logs/rows/activity.ts";
import type { History } from "./history.ts";
import type { ResourceIndex } from "./resources.ts";
import type { RoleAssignmentIndex } from "./role-assignments.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface Subscription {
  /** The GUID, lower case. */
  readonly id: string;
  readonly displayName: string;
  readonly state: "Enabled" | "Warned" | "PastDue" | "Disabled" | "Deleted";
  /** Name of the management group it hangs under; the tenant's root group has the tenant's id as its name. */
  readonly managementGroup: string | undefined;
}

export interface ManagementGroup {
  readonly name: string;
  readonly displayName: string;
  readonly parent: string | undefined;
}

export interface ResourceGroup {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly managedBy?: string;
}

export interface ResourceIdentity {
  /** Whether the resource has an identity of its own; its object id goes with the resource. */
  readonly systemAssigned?: { readonly principalId: string; readonly clientId: string };
  /** ARM ids of user-assigned identities, as written. Deleting the identity leaves the reference, as in Azure. */
  readonly userAssigned: readonly string[];
}

export interface Resource {
  /** As written; compared without case. */
  readonly id: string;
  /** `Microsoft.Web/sites/slots` */
  readonly type: string;
  /** The last segment; the wire joins nested names with `/` where the provider does. */
  readonly name: string;
  readonly location?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly kind?: string;
  readonly sku?: JsonObject;
  readonly zones?: readonly string[];
  readonly identity?: ResourceIdentity;
  readonly properties: JsonObject;
  readonly etag?: string;
  readonly createdAt: number;
  readonly createdBy?: string;
  readonly changedAt: number;
}

/** A key or password of a resource. Held apart from `properties`, so that nothing that prints a resource prints it. */
export interface HeldKey {
  readonly name: string;
  readonly value: string;
  readonly createdAt: number;
  /** The value before, where replacing it takes the provider a while. */
  readonly previous?: { readonly value: string; readonly acceptedUntil: number };
}

export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
  /** A few built-in roles carry a condition of their own, besides the assignment's. */
  readonly condition?: string;
}

export interface RoleDefinition {
  /** The GUID, lower case. */
  readonly name: string;
  readonly roleName: string;
  readonly description: string;
  readonly type: "BuiltInRole" | "CustomRole";
  readonly permissions: readonly Permission[];
  readonly assignableScopes: readonly string[];
  readonly createdOn: string;
  readonly updatedOn: string;
  readonly createdBy?: string;
  readonly updatedBy?: string;
}

export type PrincipalType = "User" | "Group" | "ServicePrincipal" | "ForeignGroup" | "Device";

export interface RoleAssignment {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  /** GUID of the role definition, lower case. */
  readonly roleDefinition: string;
  readonly principalId: string;
  readonly principalType: PrincipalType;
  readonly condition: string | null;
  readonly conditionVersion: string | null;
  readonly description: string | null;
  readonly delegatedManagedIdentityResourceId: string | null;
  readonly createdOn: string;
  readonly updatedOn: string;
  readonly createdBy: string;
  readonly updatedBy: string;
}

/** PIM for Azure: what a principal may activate (`eligibility`) or holds through PIM (`assignment`). */
export interface RoleSchedule {
  readonly kind: "eligibility" | "assignment";
  readonly name: string;
  readonly scope: string;
  readonly roleDefinition: string;
  readonly principalId: string;
  readonly principalType: PrincipalType;
  readonly memberType: "Direct" | "Group" | "Inherited";
  readonly assignmentType?: "Assigned" | "Activated";
  readonly startDateTime: string;
  readonly endDateTime: string | null;
  readonly condition: string | null;
  readonly conditionVersion: string | null;
  readonly createdOn: string;
  /** The plain role assignment that an assignment schedule shows up as. */
  readonly roleAssignment?: string;
}

export interface RoleScheduleRequest {
  readonly kind: "eligibility" | "assignment";
  readonly name: string;
  readonly scope: string;
  readonly roleDefinition: string;
  readonly principalId: string;
  readonly requestType: string;
  readonly status: string;
  readonly createdOn: string;
  readonly requestorId: string;
  readonly justification: string | null;
  readonly schedule: string;
}

export interface DenyAssignment {
  readonly id: string;
  readonly name: string;
  readonly denyAssignmentName: string;
  readonly description: string;
  readonly scope: string;
  readonly permissions: readonly Permission[];
  readonly doNotApplyToChildScopes: boolean;
  /** `00000000-0000-0000-0000-000000000000` of type `SystemDefined` means everyone. */
  readonly principals: readonly { readonly id: string; readonly type: string }[];
  readonly excludePrincipals: readonly { readonly id: string; readonly type: string }[];
  readonly isSystemProtected: boolean;
}

export interface ManagementLock {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly level: "CanNotDelete" | "ReadOnly";
  readonly notes?: string;
}

/** One event of the activity log; each change is two, as it began and as it ended. */
export interface ActivityEvent {
  readonly facts: ActivityFacts;
  readonly tenantId: string;
}

export interface LongRunningOperation {
  readonly id: string;
  readonly startedAt: number;
  readonly doneAt: number;
  readonly status: "Succeeded" | "Failed" | "Canceled";
  readonly result?: JsonObject;
  readonly resourceId: string;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface AzureState {
  readonly subscriptions: Map<string, Subscription>;
  readonly managementGroups: Map<string, ManagementGroup>;
  /** By lower-case ARM id. */
  readonly resourceGroups: History<ResourceGroup>;
  readonly resources: ResourceIndex;
  /** By lower-case ARM id of the resource, then by key name. */
  readonly keys: Map<string, Map<string, HeldKey>>;
  /** By lower-case GUID, built-in ones included. */
  readonly roleDefinitions: History<RoleDefinition>;
  readonly roleAssignments: RoleAssignmentIndex;
  readonly roleSchedules: Map<string, RoleSchedule>;
  readonly roleScheduleRequests: Map<string, RoleScheduleRequest>;
  readonly denyAssignments: History<DenyAssignment>;
  readonly locks: Map<string, ManagementLock>;
  readonly activity: ActivityEvent[];
  readonly operations: Map<string, LongRunningOperation>;
  /** Federated-credential writes per identity, for Azure's refusal of concurrent ones. */
  readonly federatedCredentialWrites: Map<string, number>;
  /** What Sentinel knows of an incident besides its properties, by lower-case ARM id. */
  readonly incidentDetails: Map<
    string,
    {
      readonly entities: readonly { readonly kind: string; readonly properties: JsonObject }[];
      readonly alerts: readonly JsonObject[];
    }
  >;
  /** When all user delegation keys of a storage account were last revoked, by lower-case ARM id. */
  readonly userDelegationRevokedAt: Map<string, number>;
  /** Vaults that were deleted and can be recovered, by lower-case ARM id. */
  readonly deletedVaults: Map<
    string,
    { readonly vault: Resource; readonly deletedAt: number; readonly purgeAt: number }
  >;
}
