export interface Size {
  readonly name: string;
  readonly credentials: number;
  readonly roles: number;
  readonly vaults: number;
  readonly secretsPerVault: number;
}

export const ATTACKER_ADDRESS = "203.0.113.77";
const UNDER = "Microsoft.Storage/storageAccounts";
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/**
 * A scenario: one application with so many secrets of its own, role assignments, and secrets in reach; and its thief, who
 * also hands out roles. Of the secrets in reach every second is a storage account's key, the others are random values.
 */
export function principalOfSize({ name, credentials, roles, vaults, secretsPerVault }: Size): object {
  const granting = `rg-${roles - 1}`;
  return {
    name: `bench-${name}`,
    describes: `One principal with ${credentials} credentials, ${roles} roles and ${vaults * secretsPerVault} secrets.`,
    tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
    directory: {
      applications: [
        {
          name: "suspect",
          secrets: numbered(credentials, (index) => ({
            name: `secret-${index}`,
            start: "-100d",
            end: "+100d",
          })),
        },
      ],
    },
    azure: {
      subscriptions: [{ name: "prod" }],
      resourceGroups: [
        ...numbered(Math.max(roles, vaults), (index) => ({ name: `rg-${index}` })),
        // Out of the suspect's reach, so that keys are only got at through the vaults.
        { name: "rg-data" },
      ],
      resources: [
        ...numbered(vaults, (index) => ({
          type: "Microsoft.KeyVault/vaults",
          name: `kv-bench-${index}`,
          resourceGroup: `rg-${index}`,
          properties: {
            tenantId: "{{tenant.id}}",
            sku: { family: "A", name: "standard" },
            vaultUri: `https://kv-bench-${index}.vault.azure.net/`,
            enableRbacAuthorization: true,
            accessPolicies: [],
          },
        })),
        ...numbered(vaults * secretsPerVault, (index) => index)
          .filter(isKey)
          .map((index) => ({ type: UNDER, name: accountOf(index), resourceGroup: "rg-data" })),
      ],
      roleAssignments: numbered(roles, (index) => ({
        principal: "servicePrincipal.suspect",
        role:
          index < vaults
            ? "Key Vault Secrets User"
            : index === roles - 1
              ? "User Access Administrator"
              : "Contributor",
        scope: `prod/rg-${index}`,
      })),
    },
    vaults: Object.fromEntries(
      numbered(vaults, (vault) => [
        `kv-bench-${vault}`,
        {
          secrets: Object.fromEntries(
            numbered(secretsPerVault, (index) => [
              `secret-${index}`,
              { versions: [{ tags: tagsOf(vault * secretsPerVault + index) }] },
            ]),
          ),
        },
      ]),
    ),
    attack: {
      clientAddress: ATTACKER_ADDRESS,
      everyInMs: 200,
      credentials: {
        stolen: {
          kind: "secret",
          appId: "{{appId.suspect}}",
          secret: "{{secret.keyId.suspect.secret-0}}",
        },
      },
      capabilities: [
        { do: "get-token", name: "new token" },
        { do: "read-secret", name: "read a secret", vault: "kv-bench-0", secret: "secret-0" },
        {
          do: "add-role-assignment",
          name: "change a role",
          scope: `/subscriptions/{{subscription.prod}}/resourceGroups/${granting}`,
          roleDefinitionId: `/subscriptions/{{subscription.prod}}/providers/Microsoft.Authorization/roleDefinitions/${READER}`,
          principalId: "{{servicePrincipal.suspect}}",
        },
      ],
    },
    truth: {
      suspect: { objectId: "{{servicePrincipal.suspect}}", appId: "{{appId.suspect}}", kind: "application" },
    },
  };
}

const isKey = (index: number) => index % 2 === 1;
const accountOf = (index: number) => `stbench${index}`;

function tagsOf(index: number): Record<string, string> {
  if (!isKey(index)) return { Generator: "random" };
  const account = `/subscriptions/{{subscription.prod}}/resourceGroups/rg-data/providers/${UNDER}/${accountOf(index)}`;
  return { CredentialId: "key1", ProviderAddress: account };
}
