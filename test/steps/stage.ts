/** Certificates follow their dates: with fixed ones, every stage has the same. */
const VALID = { start: "2026-01-01T00:00:00Z", end: "2028-01-01T00:00:00Z" };

/**
 * A tenant in which three principals of different kinds are compromised and hold one of everything that a step can cut,
 * each beside another that is nobody's business. Every step kind has something to do here.
 */
export const STAGE = {
  name: "stage",
  describes: "One of everything that can be cut, and beside each one that must stay.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  addresses: {
    "203.0.113.50": { countryOrRegion: "RU", city: "Moscow" },
    "198.51.100.20": { countryOrRegion: "NL", city: "Amsterdam" },
  },
  directory: {
    users: [{ name: "ada", displayName: "Ada" }, { name: "tom" }, { name: "uma", displayName: "Uma" }],
    groups: [
      { name: "ops", members: ["servicePrincipal.deploy", "user.ada"] },
      { name: "others", members: ["user.ada"] },
    ],
    applications: [
      {
        name: "deploy",
        secrets: [
          { name: "one", start: "2025-01-01T00:00:00Z" },
          { name: "two", start: "-20d" },
        ],
        certificates: [
          { name: "one", ...VALID },
          { name: "two", ...VALID },
        ],
        federated: [
          {
            name: "main",
            issuer: "https://token.actions.githubusercontent.com",
            subject: "repo:contoso/shop:ref:refs/heads/main",
          },
          {
            name: "release",
            issuer: "https://token.actions.githubusercontent.com",
            subject: "repo:contoso/shop:environment:release",
          },
        ],
        owners: ["user.ada", "user.tom"],
        servicePrincipal: {
          secrets: [{ name: "one" }, { name: "two" }],
          certificates: [
            { name: "one", ...VALID },
            { name: "two", ...VALID },
          ],
          samlSigning: [{ name: "saml", ...VALID }],
        },
      },
      {
        name: "bystander",
        secrets: [{ name: "own" }],
        certificates: [{ name: "own", ...VALID }],
        owners: ["user.ada"],
      },
    ],
    appRoleAssignments: [
      { principal: "servicePrincipal.deploy", roles: ["Application.Read.All", "AuditLog.Read.All"] },
      { principal: "servicePrincipal.bystander", roles: ["Application.Read.All"] },
    ],
    delegatedGrants: [
      { client: "servicePrincipal.deploy", scopes: ["User.Read", "Mail.Read"] },
      { client: "servicePrincipal.deploy", principal: "user.ada", scopes: ["Files.Read"] },
      { client: "servicePrincipal.bystander", scopes: ["User.Read"] },
    ],
    roleAssignments: [
      { principal: "servicePrincipal.deploy", role: "Directory Readers" },
      { principal: "servicePrincipal.bystander", role: "Directory Readers" },
      { principal: "user.tom", role: "Global Administrator" },
    ],
    eligibleRoles: [
      { principal: "user.uma", role: "Application Administrator" },
      { principal: "user.ada", role: "Application Administrator" },
    ],
  },
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: "rg" }],
    identities: [
      {
        name: "id-web",
        resourceGroup: "rg",
        federatedCredentials: [
          { name: "fic-web", issuer: "https://issuer.example/", subject: "system:serviceaccount:shop:web" },
          { name: "fic-api", issuer: "https://issuer.example/", subject: "system:serviceaccount:shop:api" },
        ],
      },
      { name: "id-other", resourceGroup: "rg" },
    ],
    resources: [
      { type: "Microsoft.Storage/storageAccounts", name: "stshop", resourceGroup: "rg" },
      { type: "Microsoft.Storage/storageAccounts", name: "stother", resourceGroup: "rg" },
      {
        type: "Microsoft.KeyVault/vaults",
        name: "kv-policies",
        resourceGroup: "rg",
        properties: {
          tenantId: "{{tenant.id}}",
          sku: { family: "A", name: "standard" },
          vaultUri: "https://kv-policies.vault.azure.net/",
          enableRbacAuthorization: false,
          accessPolicies: ["{{servicePrincipal.deploy}}", "{{user.ada}}"].map((objectId) => ({
            tenantId: "{{tenant.id}}",
            objectId,
            permissions: { keys: [], secrets: ["get", "list"], certificates: [], storage: [] },
          })),
        },
      },
      {
        type: "Microsoft.KeyVault/vaults",
        name: "kv-shop",
        resourceGroup: "rg",
        properties: {
          tenantId: "{{tenant.id}}",
          sku: { family: "A", name: "standard" },
          vaultUri: "https://kv-shop.vault.azure.net/",
          enableRbacAuthorization: true,
          accessPolicies: [],
        },
      },
      {
        type: "Microsoft.Web/sites",
        name: "web",
        resourceGroup: "rg",
        kind: "app",
        identity: { system: true, user: ["id-web", "id-other"] },
      },
      { type: "Microsoft.Web/sites/slots", name: "web/staging", resourceGroup: "rg", kind: "app" },
      {
        type: "Microsoft.ContainerService/managedClusters",
        name: "aks",
        resourceGroup: "rg",
        identity: { system: true },
        properties: {
          provisioningState: "Succeeded",
          dnsPrefix: "aks",
          enableRBAC: true,
          disableLocalAccounts: false,
          aadProfile: { managed: true, enableAzureRBAC: true, tenantID: "{{tenant.id}}" },
          oidcIssuerProfile: { enabled: true },
          apiServerAccessProfile: { authorizedIPRanges: ["192.0.2.0/24"], disableRunCommand: true },
        },
      },
    ],
    roleAssignments: [
      {
        name: "deploy-contributor",
        principal: "servicePrincipal.deploy",
        role: "Contributor",
        scope: "prod/rg",
        description: "For the pipeline",
      },
      {
        name: "deploy-blobs",
        principal: "servicePrincipal.deploy",
        role: "Storage Blob Data Contributor",
        scope: "prod/rg",
        condition:
          "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'shop'",
        conditionVersion: "2.0",
      },
      {
        name: "deploy-secrets",
        principal: "servicePrincipal.deploy",
        role: "Key Vault Secrets User",
        scope: "prod/rg",
      },
      { principal: "identity.id-web", role: "Website Contributor", scope: "prod/rg" },
      { principal: "servicePrincipal.bystander", role: "Reader", scope: "prod/rg" },
    ],
    roleSchedules: [
      { kind: "eligibility", principal: "user.uma", role: "Contributor", scope: "prod" },
      { kind: "eligibility", principal: "user.ada", role: "Contributor", scope: "prod" },
    ],
  },
  vaults: {
    "kv-shop": {
      secrets: {
        "api-key": {
          versions: [{ created: "-90d", enabled: false }, { created: "-60d" }, { created: "-30d" }],
        },
        other: { versions: [{ created: "-90d" }] },
      },
    },
  },
  history: [
    {
      what: "sign-in",
      at: "-10d",
      every: "12h",
      until: "-12h",
      who: "servicePrincipal.deploy",
      from: "198.51.100.20",
      secret: "deploy.one",
    },
    {
      what: "sign-in",
      at: "-4h",
      who: "servicePrincipal.deploy",
      from: "203.0.113.50",
      secret: "deploy.one",
    },
    ...(
      [
        ["-220m", "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action", "aks"],
        ["-215m", "Microsoft.Storage/storageAccounts/listKeys/action", "stshop"],
        ["-210m", "Microsoft.Web/sites/publishxml/action", "web"],
      ] as const
    ).map(([at, operation, on]) => ({
      what: "azure",
      at,
      who: "servicePrincipal.deploy",
      from: "203.0.113.50",
      operation,
      on,
      allowedBy: "Contributor",
    })),
    {
      what: "azure",
      at: "-200m",
      who: "identity.id-web",
      from: "203.0.113.50",
      operation: "Microsoft.Web/sites/publishxml/action",
      on: "web",
      allowedBy: "Website Contributor",
    },
    {
      what: "vault",
      at: "-198m",
      who: "servicePrincipal.deploy",
      from: "203.0.113.50",
      vault: "kv-shop",
      secret: "api-key",
    },
    {
      what: "blob",
      at: "-190m",
      account: "stshop",
      blob: "shop/a.txt",
      from: "203.0.113.50:50123",
      by: { who: "servicePrincipal.deploy" },
    },
  ],
};
