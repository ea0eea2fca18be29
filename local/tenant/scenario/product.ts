/**
 * Tourniquet's own identities, which every tenant here has: what runs it, who may call it, and the vault that signs its
 * records. Written as parts of scenario sections, so that they are loaded and held to permissions like all others.
 */

/** Names by which a scenario may refer to them, as in `{{servicePrincipal.tourniquet-responder}}`. */
export const PRODUCT = {
  reader: "id-tourniquet-reader",
  actor: "id-tourniquet-actor",
  api: "Tourniquet",
  functionApp: "func-tourniquet",
  playbook: "playbook-tourniquet",
  vault: "kv-tourniquet",
  recordKey: "record",
  workspace: "law-security",
  responder: "tourniquet-responder",
  approver: "tourniquet-approver",
  caseReader: "tourniquet-reader",
} as const;

/** The secret each of the local callers signs in with, as `names.secret("keyId", …)` knows it. */
export const callerSecret = (caller: string) => `${caller}.local`;

const GROUP = "rg-tourniquet";
const SECURITY_GROUP = "rg-security";

const READER_PERMISSIONS = [
  "Application.Read.All",
  "Directory.Read.All",
  "RoleManagement.Read.Directory",
  "RoleEligibilitySchedule.Read.Directory",
  "RoleAssignmentSchedule.Read.Directory",
  "AuditLog.Read.All",
  "User.Read.All",
  "GroupMember.Read.All",
  "IdentityRiskyServicePrincipal.Read.All",
  "IdentityRiskyUser.Read.All",
];

const ACTOR_PERMISSIONS = [
  "Application.ReadWrite.All",
  "AppRoleAssignment.ReadWrite.All",
  "DelegatedPermissionGrant.ReadWrite.All",
  "Directory.Read.All",
  "GroupMember.ReadWrite.All",
  "IdentityRiskyServicePrincipal.ReadWrite.All",
  "IdentityRiskyUser.ReadWrite.All",
  "RoleManagement.ReadWrite.Directory",
  "RoleAssignmentSchedule.Remove.Directory",
  "RoleEligibilitySchedule.Remove.Directory",
  "RoleEligibilitySchedule.ReadWrite.Directory",
  "User.EnableDisableAccount.All",
  "User.Read.All",
  "User.RevokeSessions.All",
];

const API_ROLES = ["Case.Open", "Case.Read", "Case.Decide", "Case.Restore", "Sweep.Run"];

const caller = (name: string) => ({
  name,
  displayName: name,
  secrets: [{ name: "local", start: "-30d", end: "+335d" }],
});

export function productDirectory() {
  const api = `servicePrincipal.${PRODUCT.api}`;
  return {
    applications: [
      {
        name: PRODUCT.api,
        identifierUris: [`api://{{appId.${PRODUCT.api}}}`],
        appRoles: API_ROLES.map((value) => ({ value, allowedMemberTypes: ["User", "Application"] })),
        servicePrincipal: { appRoleAssignmentRequired: true },
      },
      caller(PRODUCT.responder),
      caller(PRODUCT.approver),
      caller(PRODUCT.caseReader),
    ],
    appRoleAssignments: [
      { principal: `identity.${PRODUCT.reader}`, roles: READER_PERMISSIONS },
      { principal: `identity.${PRODUCT.actor}`, roles: ACTOR_PERMISSIONS },
      { principal: `identity.${PRODUCT.playbook}`, resource: api, roles: ["Case.Open"] },
      {
        principal: `servicePrincipal.${PRODUCT.responder}`,
        resource: api,
        roles: ["Case.Open", "Case.Read", "Case.Restore", "Sweep.Run"],
      },
      {
        principal: `servicePrincipal.${PRODUCT.approver}`,
        resource: api,
        roles: ["Case.Read", "Case.Decide"],
      },
      { principal: `servicePrincipal.${PRODUCT.caseReader}`, resource: api, roles: ["Case.Read"] },
      // What a responder types by hand when Tourniquet is not there: look-ups, and removing credentials.
      {
        principal: `servicePrincipal.${PRODUCT.responder}`,
        roles: ["Application.ReadWrite.All", "Directory.Read.All", "AuditLog.Read.All"],
      },
    ],
  };
}

export function productAzure(tenantId: string, subscription: string) {
  const everywhere = `managementGroup/${tenantId}`;
  const holds = (principal: string, role: string, scope = everywhere) => ({ principal, role, scope });
  const reader = `identity.${PRODUCT.reader}`;
  const actor = `identity.${PRODUCT.actor}`;
  const responder = `servicePrincipal.${PRODUCT.responder}`;
  return {
    managementGroups: [{ name: tenantId, displayName: "Tenant Root Group" }],
    resourceGroups: [{ name: GROUP }, { name: SECURITY_GROUP }],
    identities: [
      { name: PRODUCT.reader, resourceGroup: GROUP },
      { name: PRODUCT.actor, resourceGroup: GROUP },
    ],
    resources: [
      {
        type: "Microsoft.Web/sites",
        name: PRODUCT.functionApp,
        resourceGroup: GROUP,
        kind: "functionapp,linux",
        identity: { system: false, user: [PRODUCT.reader, PRODUCT.actor] },
      },
      {
        type: "Microsoft.Logic/workflows",
        name: PRODUCT.playbook,
        resourceGroup: GROUP,
        identity: { system: true, user: [] },
      },
      {
        type: "Microsoft.KeyVault/vaults",
        name: PRODUCT.vault,
        resourceGroup: GROUP,
        properties: {
          tenantId,
          sku: { family: "A", name: "premium" },
          vaultUri: `https://${PRODUCT.vault}.vault.azure.net/`,
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          enablePurgeProtection: true,
          softDeleteRetentionInDays: 90,
          accessPolicies: [],
          publicNetworkAccess: "Enabled",
        },
      },
      {
        type: "Microsoft.OperationalInsights/workspaces",
        name: PRODUCT.workspace,
        resourceGroup: SECURITY_GROUP,
        properties: {
          customerId: `{{workspace.${PRODUCT.workspace}}}`,
          retentionInDays: 90,
          sku: { name: "PerGB2018" },
        },
      },
    ],
    roleDefinitions: [
      {
        name: "Tourniquet Actor",
        description: "What Tourniquet may change when it cuts an identity off, and nothing else.",
        actions: [
          "*/read",
          "Microsoft.Authorization/roleAssignments/write",
          "Microsoft.Automation/automationAccounts/write",
          "Microsoft.Authorization/roleAssignments/delete",
          "Microsoft.Authorization/roleEligibilityScheduleRequests/write",
          "Microsoft.Authorization/roleAssignmentScheduleRequests/write",
          "Microsoft.ContainerService/managedClusters/write",
          "Microsoft.ContainerService/managedClusters/rotateClusterCertificates/action",
          "Microsoft.ContainerService/managedClusters/rotateServiceAccountSigningKeys/action",
          "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
          "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
          "Microsoft.KeyVault/vaults/write",
          "Microsoft.KeyVault/vaults/accessPolicies/write",
          "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
          "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
          "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
          "Microsoft.SecurityInsights/incidents/comments/write",
          "Microsoft.SecurityInsights/incidents/tasks/write",
          "Microsoft.SecurityInsights/incidents/write",
          "Microsoft.Storage/storageAccounts/listKeys/action",
          "Microsoft.Storage/storageAccounts/regenerateKey/action",
          "Microsoft.Storage/storageAccounts/revokeUserDelegationKeys/action",
          "Microsoft.Storage/storageAccounts/write",
          "Microsoft.Web/sites/config/list/action",
          "Microsoft.Web/sites/config/*/action",
          "Microsoft.Web/sites/slots/config/*/action",
          "Microsoft.Web/sites/config/write",
          "Microsoft.Web/sites/newpassword/action",
          "Microsoft.Web/sites/slots/newpassword/action",
          "Microsoft.Web/sites/publishxml/action",
          "Microsoft.Web/sites/write",
          "Microsoft.Web/sites/slots/write",
          "Microsoft.Web/sites/basicPublishingCredentialsPolicies/write",
          "Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/write",
          "Microsoft.DocumentDB/databaseAccounts/listKeys/action",
          "Microsoft.DocumentDB/databaseAccounts/regenerateKey/action",
          "Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action",
          "Microsoft.ServiceBus/namespaces/authorizationRules/regenerateKeys/action",
          "Microsoft.Cache/redis/listKeys/action",
          "Microsoft.Cache/redis/regenerateKey/action",
          "Microsoft.ContainerRegistry/registries/listCredentials/action",
          "Microsoft.ContainerRegistry/registries/regenerateCredential/action",
          "Microsoft.ServiceBus/namespaces/queues/authorizationRules/listKeys/action",
          "Microsoft.ServiceBus/namespaces/queues/authorizationRules/regenerateKeys/action",
          "Microsoft.ServiceBus/namespaces/topics/authorizationRules/listKeys/action",
          "Microsoft.ServiceBus/namespaces/topics/authorizationRules/regenerateKeys/action",
          "Microsoft.EventHub/namespaces/authorizationRules/listKeys/action",
          "Microsoft.EventHub/namespaces/authorizationRules/regenerateKeys/action",
          "Microsoft.EventHub/namespaces/eventhubs/authorizationRules/listKeys/action",
          "Microsoft.EventHub/namespaces/eventhubs/authorizationRules/regenerateKeys/action",
          "Microsoft.AppConfiguration/configurationStores/ListKeys/action",
          "Microsoft.AppConfiguration/configurationStores/RegenerateKey/action",
          "Microsoft.CognitiveServices/accounts/listKeys/action",
          "Microsoft.CognitiveServices/accounts/regenerateKey/action",
          "Microsoft.Web/sites/slots/config/list/action",
          "Microsoft.DBforPostgreSQL/flexibleServers/write",
          "Microsoft.DBforMySQL/flexibleServers/write",
          "Microsoft.Sql/servers/write",
          "Microsoft.Compute/virtualMachines/write",
          "Microsoft.Compute/virtualMachineScaleSets/write",
        ],
        dataActions: [
          "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
          "Microsoft.KeyVault/vaults/secrets/getSecret/action",
          "Microsoft.KeyVault/vaults/secrets/setSecret/action",
          "Microsoft.KeyVault/vaults/secrets/update/action",
        ],
        assignableScopes: [everywhere],
      },
    ],
    roleAssignments: [
      holds(reader, "Reader"),
      holds(reader, "Log Analytics Reader"),
      holds(reader, "Key Vault Reader"),
      holds(actor, "Tourniquet Actor"),
      // The built-in role that may sign and no more, on the one vault.
      holds(
        actor,
        "Key Vault Crypto User",
        `${subscription}/${GROUP}/Microsoft.KeyVault/vaults/${PRODUCT.vault}`,
      ),
      holds(responder, "Reader"),
      holds(responder, "Log Analytics Reader"),
      holds(responder, "Managed Identity Contributor"),
      holds(responder, "Microsoft Sentinel Responder"),
    ],
  };
}

export function productVaults() {
  return { [PRODUCT.vault]: { keys: { [PRODUCT.recordKey]: { created: "-90d" } } } };
}

export function productLogs() {
  return { workspaces: [{ name: PRODUCT.workspace }] };
}
