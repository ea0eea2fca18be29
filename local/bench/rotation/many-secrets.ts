/** Two secrets share a resource, as they do in life. */
const SECRETS_A_RESOURCE = 2;
export const VAULTS = 40;

interface Kind {
  readonly type: string | null;
  readonly credential: string;
}
/** Spread evenly: the first two secrets are of the first kind, the next two of the second, and round again. */
export const KINDS = {
  storage: { type: "Microsoft.Storage/storageAccounts", credential: "key1" },
  redis: { type: "Microsoft.Cache/redis", credential: "Primary" },
  cognitive: { type: "Microsoft.CognitiveServices/accounts", credential: "Key1" },
  cosmos: { type: "Microsoft.DocumentDB/databaseAccounts", credential: "primary" },
  random: { type: null, credential: "random" },
} as const satisfies Readonly<Record<string, Kind>>;

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const kindOf = (secret: number): Kind =>
  Object.values(KINDS)[Math.floor(secret / SECRETS_A_RESOURCE) % Object.keys(KINDS).length] ?? KINDS.random;
const resourceOf = (secret: number) => `r${Math.floor(secret / SECRETS_A_RESOURCE)}`;

/** A tenant where one principal, `thief`, may read so many secrets in forty vaults. */
export function manySecrets(secrets: number): object {
  const shared = numbered(Math.ceil(secrets / SECRETS_A_RESOURCE), (index) => index * SECRETS_A_RESOURCE);
  return {
    name: "many-secrets",
    describes: "One principal that may read all secrets of many vaults.",
    tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
    directory: { applications: [{ name: "thief", secrets: [{ name: "s", start: "-9d", end: "+99d" }] }] },
    azure: {
      subscriptions: [{ name: "prod" }],
      resourceGroups: [{ name: "rg" }],
      resources: [
        ...shared.flatMap((secret) => {
          const { type } = kindOf(secret);
          return type === null ? [] : [{ type, name: resourceOf(secret), resourceGroup: "rg" }];
        }),
        ...numbered(VAULTS, (vault) => ({
          type: "Microsoft.KeyVault/vaults",
          name: `kv-${vault}`,
          resourceGroup: "rg",
          properties: {
            tenantId: "{{tenant.id}}",
            sku: { family: "A", name: "standard" },
            vaultUri: `https://kv-${vault}.vault.azure.net/`,
            enableRbacAuthorization: true,
            accessPolicies: [],
          },
        })),
      ],
      roleAssignments: [
        { principal: "servicePrincipal.thief", role: "Key Vault Secrets User", scope: "prod" },
      ],
    },
    vaults: Object.fromEntries(
      numbered(VAULTS, (vault) => [
        `kv-${vault}`,
        {
          secrets: Object.fromEntries(
            numbered(secrets, (secret) => secret)
              .filter((secret) => secret % VAULTS === vault)
              .map((secret) => [`s${secret}`, { versions: [{ tags: tagsOf(secret) }] }]),
          ),
        },
      ]),
    ),
  };
}

function tagsOf(secret: number): Record<string, string> {
  const { type, credential } = kindOf(secret);
  if (type === null) return { Generator: "random" };
  return {
    CredentialId: credential,
    ProviderAddress: `/subscriptions/{{subscription.prod}}/resourceGroups/rg/providers/${type}/${resourceOf(secret)}`,
  };
}
