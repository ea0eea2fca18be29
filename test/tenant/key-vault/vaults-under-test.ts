import { ClientSecretCredential } from "@azure/identity";
import { KeyClient } from "@azure/keyvault-keys";
import { SecretClient } from "@azure/keyvault-secrets";
import { request } from "undici";
import { z } from "zod";
import { type StartOptions, startTenant, type TenantHandle } from "../../../local/tenant/start.ts";
import { visibleRows } from "../../../local/tenant/state/logs.ts";

const vault = (name: string, properties: object = {}) => ({
  type: "Microsoft.KeyVault/vaults",
  name,
  resourceGroup: "rg",
  location: "westeurope",
  properties: {
    tenantId: "{{tenant.id}}",
    enableRbacAuthorization: true,
    softDeleteRetentionInDays: 90,
    publicNetworkAccess: "Enabled",
    ...properties,
  },
});
const secret = (extra: object = {}) => ({ versions: [{ value: "s3cret-one", ...extra }] });
const withSecret = (name: string) => ({ name, secrets: [{ name: "only" }] });

/** Vaults of every kind, and callers with each kind of access to them. */
const SCENARIO = {
  name: "vaults-under-test",
  describes: "Vaults in both permission models, guarded in every way.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: {
    applications: [
      "officer",
      "user",
      "one-secret",
      "contributor",
      "nobody",
      "policy-reader",
      "member",
      "denied",
    ].map(withSecret),
    groups: [{ name: "vault-readers", members: ["servicePrincipal.member"] }],
  },
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: "rg" }],
    resources: [
      vault("kv-rbac"),
      vault("kv-policy", {
        enableRbacAuthorization: false,
        accessPolicies: [
          {
            tenantId: "{{tenant.id}}",
            objectId: "{{servicePrincipal.policy-reader}}",
            permissions: { secrets: ["Get", "List"] },
          },
          {
            tenantId: "{{tenant.id}}",
            objectId: "{{group.vault-readers}}",
            permissions: { secrets: ["Get"] },
          },
        ],
      }),
      vault("kv-guarded", {
        networkAcls: {
          defaultAction: "Deny",
          bypass: "AzureServices",
          ipRules: [{ value: "198.51.100.0/24" }],
          virtualNetworkRules: [],
        },
      }),
      vault("kv-private", { publicNetworkAccess: "Disabled" }),
      vault("kv-protected", { enablePurgeProtection: true, softDeleteRetentionInDays: 7 }),
      vault("kv-older"),
    ],
    roleAssignments: [
      ...["kv-rbac", "kv-guarded", "kv-private", "kv-protected", "kv-older"].flatMap((name) => [
        {
          principal: "servicePrincipal.officer",
          role: "Key Vault Administrator",
          scope: `prod/rg/Microsoft.KeyVault/vaults/${name}`,
        },
      ]),
      {
        principal: "servicePrincipal.user",
        role: "Key Vault Secrets User",
        scope: "prod/rg/Microsoft.KeyVault/vaults/kv-rbac",
      },
      {
        principal: "servicePrincipal.one-secret",
        role: "Key Vault Secrets User",
        scope: "prod/rg/Microsoft.KeyVault/vaults/kv-rbac/secrets/sql-password",
      },
      { principal: "servicePrincipal.contributor", role: "Key Vault Contributor", scope: "prod" },
      { principal: "servicePrincipal.policy-reader", role: "Reader", scope: "prod" },
      // In policy mode data actions count for nothing.
      {
        principal: "servicePrincipal.nobody",
        role: "Key Vault Administrator",
        scope: "prod/rg/Microsoft.KeyVault/vaults/kv-policy",
      },
      {
        principal: "servicePrincipal.denied",
        role: "Key Vault Secrets User",
        scope: "prod/rg/Microsoft.KeyVault/vaults/kv-rbac",
      },
    ],
    denyAssignments: [
      {
        name: "no-secrets",
        scope: "prod/rg",
        dataActions: ["Microsoft.KeyVault/vaults/secrets/getSecret/action"],
        principals: [{ id: "servicePrincipal.denied", type: "ServicePrincipal" }],
      },
    ],
  },
  vaults: {
    "kv-rbac": {
      secrets: {
        "sql-password": secret({ tags: { owner: "shop" }, contentType: "text/plain" }),
        "other-password": secret(),
        disabled: secret({ enabled: false }),
        expired: secret({ expires: "-1d" }),
        certified: { managed: true, versions: [{ value: "PFX", contentType: "application/x-pkcs12" }] },
        many: { versions: Array.from({ length: 30 }, (_, index) => ({ created: `-${60 - index}d` })) },
      },
      keys: { record: {} },
    },
    "kv-policy": { secrets: { "sql-password": secret() } },
    "kv-guarded": { secrets: { "sql-password": secret() } },
    "kv-private": { secrets: { "sql-password": secret() } },
    "kv-protected": { secrets: { "sql-password": secret() } },
    "kv-older": { diagnostics: "azure-diagnostics", secrets: { "sql-password": secret() } },
  },
};

export type VaultTenant = TenantHandle & {
  credential(application: string, clientAddress?: string): ClientSecretCredential;
  secrets(vault: string, application: string, clientAddress?: string): SecretClient;
  keys(vault: string, application: string): KeyClient;
  /** For Key Vault unless said otherwise. */
  token(application: string, scope?: string): Promise<string>;
  /** The rows of a log table so far. */
  rows(table: string): readonly Readonly<Record<string, unknown>>[];
};

/** Starts a tenant with the vaults, and makes real clients for its callers. They do not retry. */
export async function startVaultTenant(options: Omit<StartOptions, "scenario"> = {}): Promise<VaultTenant> {
  const tenant = await startTenant({ ...options, scenario: SCENARIO });
  const optionsFrom = (clientAddress: string | undefined) => ({
    ...tenant.clientOptions(clientAddress === undefined ? {} : { clientAddress }),
    retryOptions: { maxRetries: 0 },
  });
  const credential = (application: string, clientAddress?: string) =>
    new ClientSecretCredential(
      tenant.tenant.id,
      tenant.names.guid("appId", application),
      tenant.names.secret("keyId", `${application}.only`),
      optionsFrom(clientAddress),
    );
  return Object.assign(tenant, {
    credential,
    secrets: (vaultName: string, application: string, clientAddress?: string) =>
      new SecretClient(
        `https://${vaultName}.vault.azure.net`,
        credential(application, clientAddress),
        optionsFrom(clientAddress),
      ),
    keys: (vaultName: string, application: string) =>
      new KeyClient(`https://${vaultName}.vault.azure.net`, credential(application), optionsFrom(undefined)),
    token: async (application: string, scope = "https://vault.azure.net/.default") =>
      (await credential(application).getToken(scope)).token,
    rows: (table: string) =>
      [...tenant.state.logs.workspaces.values()].flatMap((workspace) => [
        ...visibleRows(workspace, table, tenant.tenant.clock.now()),
      ]),
  });
}

/** What the SDK keeps of an answer it did not expect: the body, with `innererror` renamed, and the headers. */
const Failure = z.looseObject({
  statusCode: z.number(),
  details: z.looseObject({
    error: z.looseObject({
      code: z.string(),
      message: z.string(),
      innerError: z.looseObject({ code: z.string() }).nullish(),
    }),
  }),
  response: z.looseObject({ headers: z.custom<{ get(name: string): string | undefined }>() }),
});

/** How a call was refused, as the wire had it. */
export async function refusalOf(call: Promise<unknown>) {
  const error = await call.then(
    () => {
      throw new Error("the call was not refused");
    },
    (reason: unknown) => reason,
  );
  const { statusCode, response, details } = Failure.parse(error);
  const { code, message, innerError } = details.error;
  return { status: statusCode, code, inner: innerError?.code, message, headers: response.headers };
}

/** A call as no SDK would make it. */
export async function rawCall(
  tenant: TenantHandle,
  vaultName: string,
  call: { readonly token: string | undefined; readonly path: string; readonly method: string },
) {
  const answer = await request(`https://${vaultName}.vault.azure.net${call.path}?api-version=7.4`, {
    method: call.method,
    dispatcher: tenant.dispatcher(),
    headers: call.token === undefined ? {} : { authorization: `Bearer ${call.token}` },
  });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
