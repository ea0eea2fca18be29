import { fetch } from "undici";
import type { TenantHandle } from "../../local/tenant/start.ts";

/** A tenant in which one over-powerful service principal is about to be abused; every kind of principal stands beside it. */
export const ATTACKED = {
  name: "attacked",
  describes: "One service principal that may do everything, and one of each other kind.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  addresses: {
    "203.0.113.50": { countryOrRegion: "RU", city: "Moscow" },
    "198.51.100.20": { countryOrRegion: "NL", city: "Amsterdam" },
  },
  directory: {
    users: [{ name: "ada" }, { name: "mallory" }],
    groups: [
      { name: "nobody-yet", members: [] },
      { name: "outer", members: ["group.inner"] },
      { name: "inner", members: ["servicePrincipal.ci"] },
      { name: "admins", isAssignableToRole: true, members: ["servicePrincipal.ci"] },
    ],
    applications: [
      { name: "ci", secrets: [{ name: "leaked", start: "-600d", end: "+100d" }], owners: ["user.ada"] },
      {
        name: "victim",
        secrets: [{ name: "own", start: "-10d", end: "+100d" }],
        federated: [
          {
            name: "main",
            issuer: "https://token.actions.githubusercontent.com",
            subject: "repo:contoso/victim:ref:refs/heads/main",
          },
        ],
      },
      { name: "twin", displayName: "ci", secrets: [{ name: "own", start: "-10d", end: "+100d" }] },
    ],
    servicePrincipals: [
      { name: "vendor", displayName: "Vendor", ownerTenant: "4d3bac44-0230-4732-9e70-cc00736f0a97" },
      { name: "microsofts", displayName: "Office", ownerTenant: "f8cdef31-a31e-4b4a-93e4-5f571e91255a" },
      { name: "social", displayName: "Social", type: "SocialIdp" },
    ],
    appRoleAssignments: [
      {
        principal: "servicePrincipal.ci",
        roles: [
          "Application.ReadWrite.All",
          "AppRoleAssignment.ReadWrite.All",
          "RoleManagement.ReadWrite.Directory",
          "GroupMember.ReadWrite.All",
          "DelegatedPermissionGrant.ReadWrite.All",
          "User.ReadWrite.All",
        ],
      },
    ],
    roleAssignments: [{ principal: "group.admins", role: "Application Administrator" }],
  },
  azure: {
    managementGroups: [{ name: "corp" }],
    subscriptions: [{ name: "prod", managementGroup: "corp" }],
    resourceGroups: [{ name: "rg" }],
    identities: [
      { name: "id-shared", resourceGroup: "rg" },
      { name: "id-lonely", resourceGroup: "rg" },
    ],
    resources: [
      {
        type: "Microsoft.ContainerService/managedClusters",
        name: "aks",
        resourceGroup: "rg",
        identity: { system: true },
        properties: {
          oidcIssuerProfile: {
            enabled: true,
            issuerURL: "https://westeurope.oic.prod-aks.azure.com/{{tenant.id}}/{{id.issuer}}/",
          },
        },
      },
      {
        type: "Microsoft.Web/sites",
        name: "one-identity",
        resourceGroup: "rg",
        kind: "app",
        identity: { system: false, user: ["id-shared"] },
      },
      {
        type: "Microsoft.Web/sites",
        name: "two-identities",
        resourceGroup: "rg",
        kind: "app",
        identity: { system: true, user: ["id-shared"] },
      },
      {
        type: "Microsoft.KeyVault/vaults",
        name: "kv-policies",
        resourceGroup: "rg",
        properties: {
          tenantId: "{{tenant.id}}",
          sku: { family: "A", name: "standard" },
          vaultUri: "https://kv-policies.vault.azure.net/",
          enableRbacAuthorization: false,
          accessPolicies: [
            {
              tenantId: "{{tenant.id}}",
              objectId: "{{group.outer}}",
              permissions: { keys: [], secrets: ["Get"], certificates: [], storage: [] },
            },
          ],
        },
      },
      {
        type: "Microsoft.KeyVault/vaults",
        name: "kv-rbac",
        resourceGroup: "rg",
        properties: {
          tenantId: "{{tenant.id}}",
          sku: { family: "A", name: "standard" },
          vaultUri: "https://kv-rbac.vault.azure.net/",
          enableRbacAuthorization: true,
          accessPolicies: [],
        },
      },
    ],
    roleAssignments: [
      { name: "ci-owner", principal: "servicePrincipal.ci", role: "Owner", scope: "prod" },
      {
        principal: "group.outer",
        role: "Key Vault Secrets User",
        scope: "prod/rg/Microsoft.KeyVault/vaults/kv-rbac/secrets/only-this",
      },
      { principal: "group.inner", role: "Reader", scope: "managementGroup/corp" },
    ],
    denyAssignments: [],
  },
  vaults: {
    "kv-policies": { secrets: { one: { versions: [{}] }, two: { versions: [{}] } } },
    "kv-rbac": { secrets: { "only-this": { versions: [{}] }, "not-this": { versions: [{}] } } },
  },
  history: [
    {
      what: "sign-in",
      at: "-10d",
      every: "12h",
      until: "-12h",
      who: "servicePrincipal.ci",
      from: "198.51.100.20",
      secret: "ci.leaked",
    },
  ],
};

const ATTACKER = "203.0.113.50";

/** Somebody who holds `ci`'s secret and sits somewhere else: plain HTTP, as an attacker's tools would speak it. */
export async function attackerWith(tenant: TenantHandle, application: string, secret: string) {
  const dispatcher = tenant.dispatcher({ clientAddress: ATTACKER });
  const { names } = tenant;
  const tokens = new Map<string, string>();
  const token = async (resource: string): Promise<string> => {
    const known = tokens.get(resource);
    if (known !== undefined) return known;
    const response = await fetch(`https://login.microsoftonline.com/${tenant.tenant.id}/oauth2/v2.0/token`, {
      dispatcher,
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: names.guid("appId", application),
        client_secret: names.secret("keyId", `${application}.${secret}`),
        scope: `${resource}/.default`,
      }),
    });
    const body: unknown = await response.json();
    if (typeof body !== "object" || body === null || !("access_token" in body)) throw new Error("no token");
    const issued = String(body.access_token);
    tokens.set(resource, issued);
    return issued;
  };
  const send = async (
    resource: string,
    method: string,
    path: string,
    body?: unknown,
    root = resource,
  ): Promise<unknown> => {
    const response = await fetch(`${root}${path}`, {
      dispatcher,
      method,
      headers: { Authorization: `Bearer ${await token(resource)}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  return {
    graph: (method: string, path: string, body?: unknown) =>
      send("https://graph.microsoft.com", method, `/v1.0${path}`, body),
    arm: (method: string, path: string, body?: unknown) =>
      send("https://management.azure.com", method, path, body),
    vault: (name: string, method: string, path: string, body?: unknown) =>
      send("https://vault.azure.net", method, path, body, `https://${name}.vault.azure.net`),
  };
}
