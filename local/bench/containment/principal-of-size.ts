export interface Size {
  readonly name: string;
  readonly credentials: number;
  readonly roles: number;
  readonly vaults: number;
  readonly secretsPerVault: number;
}

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** A scenario: one application with so many secrets of its own, role assignments, and secrets in reach; and its thief. */
export function principalOfSize({ name, credentials, roles, vaults, secretsPerVault }: Size): object {
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
      resourceGroups: numbered(Math.max(roles, vaults), (index) => ({ name: `rg-${index}` })),
      resources: numbered(vaults, (index) => ({
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
      roleAssignments: numbered(roles, (index) => ({
        principal: "servicePrincipal.suspect",
        role: index < vaults ? "Key Vault Secrets User" : "Contributor",
        scope: `prod/rg-${index}`,
      })),
    },
    vaults: Object.fromEntries(
      numbered(vaults, (vault) => [
        `kv-bench-${vault}`,
        {
          secrets: Object.fromEntries(
            numbered(secretsPerVault, (index) => [`secret-${index}`, { versions: [{}] }]),
          ),
        },
      ]),
    ),
    attack: {
      clientAddress: "203.0.113.77",
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
          do: "list-role-assignments",
          name: "look at role assignments",
          scope: "/subscriptions/{{subscription.prod}}/resourceGroups/rg-0",
        },
      ],
    },
    truth: {
      suspect: { objectId: "{{servicePrincipal.suspect}}", appId: "{{appId.suspect}}", kind: "application" },
    },
  };
}
