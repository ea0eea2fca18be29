/**
 * A tenant in which an application, a user-assigned identity and a person are suspects of one case, and an accomplice
 * who is none has an application of their own that may do everything: who comes back comes back through it.
 */
export const WATCHED = {
  name: "watched",
  describes: "Three suspects, an accomplice, and a place for everything that may be planted.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: {
    users: [{ name: "ada" }, { name: "eve" }],
    groups: [{ name: "deployers" }, { name: "admins", isAssignableToRole: true }],
    applications: [
      {
        name: "ci",
        secrets: [{ name: "leaked", start: "-600d", end: "+100d" }],
        certificates: [{ name: "signing" }],
        federated: [
          { name: "main", issuer: "https://token.actions.githubusercontent.com", subject: "repo:contoso/ci" },
        ],
        owners: ["user.ada"],
      },
      {
        name: "tool",
        secrets: [{ name: "door" }],
        servicePrincipal: { tags: [] },
      },
      { name: "shop", secrets: [{ name: "own" }] },
    ],
    appRoleAssignments: [
      {
        principal: "servicePrincipal.tool",
        roles: [
          "Application.ReadWrite.All",
          "AppRoleAssignment.ReadWrite.All",
          "Directory.ReadWrite.All",
          "RoleManagement.ReadWrite.Directory",
          "RoleEligibilitySchedule.ReadWrite.Directory",
          "GroupMember.ReadWrite.All",
          "DelegatedPermissionGrant.ReadWrite.All",
          "User.ReadWrite.All",
        ],
      },
    ],
  },
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: "rg" }],
    identities: [{ name: "id-build", resourceGroup: "rg" }],
    resources: [
      {
        type: "Microsoft.KeyVault/vaults",
        name: "kv-policies",
        resourceGroup: "rg",
        properties: {
          tenantId: "{{tenant.id}}",
          sku: { family: "A", name: "standard" },
          vaultUri: "https://kv-policies.vault.azure.net/",
          enableRbacAuthorization: false,
          accessPolicies: [],
        },
      },
      {
        type: "Microsoft.KeyVault/vaults",
        name: "kv-app",
        resourceGroup: "rg",
        properties: {
          tenantId: "{{tenant.id}}",
          sku: { family: "A", name: "standard" },
          vaultUri: "https://kv-app.vault.azure.net/",
          enableRbacAuthorization: true,
          accessPolicies: [],
        },
      },
    ],
    roleAssignments: [
      {
        principal: "servicePrincipal.ci",
        role: "Key Vault Secrets User",
        scope: "prod/rg/Microsoft.KeyVault/vaults/kv-app",
      },
      {
        principal: "servicePrincipal.tool",
        role: "Key Vault Secrets Officer",
        scope: "prod/rg/Microsoft.KeyVault/vaults/kv-app",
      },
      { name: "ci-contributor", principal: "servicePrincipal.ci", role: "Contributor", scope: "prod/rg" },
      { name: "tool-owner", principal: "servicePrincipal.tool", role: "Owner", scope: "prod" },
    ],
  },
  vaults: { "kv-app": { secrets: { "api-key": { versions: [{ enabled: false }, {}] } } } },
};
