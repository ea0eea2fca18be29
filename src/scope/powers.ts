import type { ReachKind, ReachPower } from "../case/reach.ts";
import type { Operation } from "./permissions.ts";

/** An operation, and what somebody who may do it has gained. */
export interface PowerRule {
  readonly operation: Operation;
  readonly power: ReachPower;
}

const control = (name: string, power: ReachPower): PowerRule => ({
  operation: { plane: "control", name },
  power,
});
const data = (name: string, power: ReachPower): PowerRule => ({ operation: { plane: "data", name }, power });

/** What can be gained on each type of resource. One place: a type that is not here is not looked at for reach. */
export const POWERS: Readonly<
  Record<string, { readonly kind: ReachKind; readonly rules: readonly PowerRule[] }>
> = {
  "microsoft.storage/storageaccounts": {
    kind: "storage-account",
    rules: [
      control("Microsoft.Storage/storageAccounts/listKeys/action", "list-keys"),
      control("Microsoft.Storage/storageAccounts/listAccountSas/action", "list-keys"),
      control("Microsoft.Storage/storageAccounts/regenerateKey/action", "regenerate-keys"),
      control("Microsoft.Storage/storageAccounts/write", "write-resource"),
      data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", "read-data"),
      data("Microsoft.Storage/storageAccounts/fileServices/fileshares/files/read", "read-data"),
      data("Microsoft.Storage/storageAccounts/queueServices/queues/messages/read", "read-data"),
      data("Microsoft.Storage/storageAccounts/tableServices/tables/entities/read", "read-data"),
      data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", "write-data"),
      data("Microsoft.Storage/storageAccounts/fileServices/fileshares/files/write", "write-data"),
      data("Microsoft.Storage/storageAccounts/queueServices/queues/messages/write", "write-data"),
      data("Microsoft.Storage/storageAccounts/tableServices/tables/entities/write", "write-data"),
    ],
  },
  "microsoft.containerservice/managedclusters": {
    kind: "cluster",
    rules: [
      control(
        "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
        "admin-credential",
      ),
      // The older third door to the same credential.
      control(
        "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action",
        "admin-credential",
      ),
      control(
        "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
        "user-credential",
      ),
      control("Microsoft.ContainerService/managedClusters/runCommand/action", "run-command"),
      control("Microsoft.ContainerService/managedClusters/write", "write-resource"),
      data("Microsoft.ContainerService/managedClusters/secrets/read", "read-data"),
      data("Microsoft.ContainerService/managedClusters/pods/write", "write-data"),
    ],
  },
  "microsoft.web/sites": {
    kind: "site",
    rules: [
      control("Microsoft.Web/sites/config/list/action", "read-app-settings"),
      control("Microsoft.Web/sites/publishxml/action", "publish"),
      control("Microsoft.Web/sites/write", "write-resource"),
    ],
  },
  // Slots have their own publishing credentials, settings and identity.
  "microsoft.web/sites/slots": {
    kind: "site",
    rules: [
      control("Microsoft.Web/sites/slots/config/list/action", "read-app-settings"),
      control("Microsoft.Web/sites/slots/publishxml/action", "publish"),
      control("Microsoft.Web/sites/slots/write", "write-resource"),
    ],
  },
  "microsoft.managedidentity/userassignedidentities": {
    kind: "identity",
    rules: [
      control("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "use-identity"),
      control(
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
        "add-credential",
      ),
    ],
  },
  "microsoft.documentdb/databaseaccounts": {
    kind: "database",
    rules: [
      control("Microsoft.DocumentDB/databaseAccounts/listKeys/action", "list-keys"),
      control("Microsoft.DocumentDB/databaseAccounts/readonlykeys/action", "read-data"),
      control("Microsoft.DocumentDB/databaseAccounts/regenerateKey/action", "regenerate-keys"),
      control("Microsoft.DocumentDB/databaseAccounts/write", "write-resource"),
    ],
  },
  "microsoft.sql/servers": {
    kind: "database",
    // Writing the server sets its administrator's password.
    rules: [control("Microsoft.Sql/servers/write", "write-resource")],
  },
  "microsoft.cache/redis": {
    kind: "database",
    rules: [
      control("Microsoft.Cache/redis/listKeys/action", "list-keys"),
      control("Microsoft.Cache/redis/regenerateKey/action", "regenerate-keys"),
    ],
  },
  "microsoft.servicebus/namespaces": {
    kind: "message-broker",
    rules: [
      control("Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action", "list-keys"),
      control("Microsoft.ServiceBus/namespaces/authorizationRules/regenerateKeys/action", "regenerate-keys"),
      data("Microsoft.ServiceBus/namespaces/messages/receive/action", "read-data"),
      data("Microsoft.ServiceBus/namespaces/messages/send/action", "write-data"),
    ],
  },
  "microsoft.eventhub/namespaces": {
    kind: "message-broker",
    rules: [
      control("Microsoft.EventHub/namespaces/authorizationRules/listKeys/action", "list-keys"),
      control("Microsoft.EventHub/namespaces/authorizationRules/regenerateKeys/action", "regenerate-keys"),
      data("Microsoft.EventHub/namespaces/messages/receive/action", "read-data"),
      data("Microsoft.EventHub/namespaces/messages/send/action", "write-data"),
    ],
  },
  "microsoft.containerregistry/registries": {
    kind: "registry",
    rules: [
      control("Microsoft.ContainerRegistry/registries/listCredentials/action", "list-keys"),
      control("Microsoft.ContainerRegistry/registries/regenerateCredential/action", "regenerate-keys"),
      // Registries came before data actions: pulling and pushing are control-plane actions of theirs.
      control("Microsoft.ContainerRegistry/registries/pull/read", "read-data"),
      control("Microsoft.ContainerRegistry/registries/push/write", "write-data"),
    ],
  },
  "microsoft.automation/automationaccounts": {
    kind: "pipeline",
    rules: [control("Microsoft.Automation/automationAccounts/runbooks/write", "write-resource")],
  },
  "microsoft.logic/workflows": {
    kind: "pipeline",
    rules: [
      control("Microsoft.Logic/workflows/listCallbackUrl/action", "list-keys"),
      control("Microsoft.Logic/workflows/write", "write-resource"),
    ],
  },
};

/** What can be gained at a subscription, resource group or management group itself. */
export const SCOPE_POWERS: readonly PowerRule[] = [
  control("Microsoft.Authorization/roleAssignments/write", "assign-roles"),
  control("Microsoft.Resources/deployments/write", "write-resource"),
];

/** A vault's own: what RBAC mode evaluates at the single secret, and what opens the vault to whoever may change it. */
export const VAULT_OPERATIONS = {
  readSecret: data("Microsoft.KeyVault/vaults/secrets/getSecret/action", "read-secret"),
  writeSecret: data("Microsoft.KeyVault/vaults/secrets/setSecret/action", "write-secret"),
  useKey: [
    data("Microsoft.KeyVault/vaults/keys/sign/action", "use-key"),
    data("Microsoft.KeyVault/vaults/keys/decrypt/action", "use-key"),
    data("Microsoft.KeyVault/vaults/keys/unwrap/action", "use-key"),
  ],
  changePolicies: [
    control("Microsoft.KeyVault/vaults/accessPolicies/write", "grant-itself-data-access"),
    // Key Vault Contributor has no data access, but in policy mode this lets it give itself any.
    control("Microsoft.KeyVault/vaults/write", "grant-itself-data-access"),
  ],
  assignRoles: [control("Microsoft.Authorization/roleAssignments/write", "grant-itself-data-access")],
} as const;

/** Graph application permissions that give power over other principals. */
export const DIRECTORY_POWERS: Readonly<Record<string, ReachPower>> = {
  "Application.ReadWrite.All": "add-credential",
  "Application.ReadWrite.OwnedBy": "add-credential",
  "AppRoleAssignment.ReadWrite.All": "escalate-directory",
  "RoleManagement.ReadWrite.Directory": "escalate-directory",
  "RoleAssignmentSchedule.ReadWrite.Directory": "escalate-directory",
  "RoleEligibilitySchedule.ReadWrite.Directory": "escalate-directory",
  "Directory.ReadWrite.All": "escalate-directory",
  "Group.ReadWrite.All": "escalate-directory",
  "GroupMember.ReadWrite.All": "escalate-directory",
  "User.ReadWrite.All": "escalate-directory",
  "UserAuthenticationMethod.ReadWrite.All": "escalate-directory",
  "PrivilegedAccess.ReadWrite.AzureADGroup": "escalate-directory",
  "Policy.ReadWrite.ConditionalAccess": "escalate-directory",
};

/** Built-in directory roles, by template id, that give power over other principals. */
export const DIRECTORY_ROLE_POWERS: Readonly<Record<string, ReachPower>> = {
  // Global Administrator, Privileged Role Administrator, Privileged Authentication Administrator
  "62e90394-69f5-4237-9190-012177145e10": "escalate-directory",
  "e8611ab8-c189-46e8-94e1-60213ab1f814": "escalate-directory",
  "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "escalate-directory",
  // User Administrator, Authentication Administrator, Groups Administrator, Hybrid Identity Administrator
  "fe930be7-5e62-47db-91af-98c3a49a38b1": "escalate-directory",
  "c4e39bd9-1100-46d3-8c65-fb160da0071f": "escalate-directory",
  "fdd7a751-b60b-444a-984c-02652fe8fa1c": "escalate-directory",
  "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2": "escalate-directory",
  // Application Administrator, Cloud Application Administrator
  "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "add-credential",
  "158c047a-c907-4556-b7ef-446551a6b5f7": "add-credential",
};
