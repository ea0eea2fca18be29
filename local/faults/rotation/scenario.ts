import { createHash } from "node:crypto";

/** Who issued what a secret holds, for the judge: the resource and its key, or the holder of a client secret. */
export interface RotatedSecret {
  readonly name: string;
  readonly holds:
    | { readonly kind: "key"; readonly resource: string }
    | { readonly kind: "client-secret"; readonly holder: "application" | "service-principal" }
    | { readonly kind: "random" };
}

export const VAULT = "kv-app";
const GROUP = "rg-app";
const PROVIDERS = `/subscriptions/{{subscription.prod}}/resourceGroups/${GROUP}/providers`;
const STORAGE = "Microsoft.Storage/storageAccounts/stapp";
const COSMOS = "Microsoft.DocumentDB/databaseAccounts/cosmos-app";
const BUS_RULE = "Microsoft.ServiceBus/namespaces/sb-app/authorizationRules/send";
const SQL = "Microsoft.Sql/servers/sql-app";
const SETTINGS = "Microsoft.AppConfiguration/configurationStores/appcs-app";

/** Keys as they were in the beginning: the secrets have to hold them before the tenant makes any. */
const key = (name: string, length: number) =>
  createHash("sha512").update(`campaign ${name}`).digest().subarray(0, length).toString("base64");
const STORAGE_KEYS = { key1: key("storage 1", 64), key2: key("storage 2", 64) };
const COSMOS_KEYS = {
  primary: key("cosmos 1", 64),
  secondary: key("cosmos 2", 64),
  primaryReadonly: key("cosmos 3", 64),
  secondaryReadonly: key("cosmos 4", 64),
};
const BUS_KEYS = { PrimaryKey: key("bus 1", 32), SecondaryKey: key("bus 2", 32) };
const SETTINGS_KEYS = { Primary: key("settings 1", 32), Secondary: key("settings 2", 32) };
const SQL_PASSWORD = `${key("sql", 15).replaceAll(/[+/]/g, "x")}!1aA`;

/** Rotated in an incident: a suspect read them all. */
export const LEAKED: readonly RotatedSecret[] = [
  { name: "storage-key", holds: { kind: "key", resource: STORAGE } },
  { name: "storage-connection", holds: { kind: "key", resource: STORAGE } },
  { name: "cosmos-key", holds: { kind: "key", resource: COSMOS } },
  { name: "bus-connection", holds: { kind: "key", resource: BUS_RULE } },
  { name: "sql-admin", holds: { kind: "key", resource: SQL } },
  { name: "billing", holds: { kind: "client-secret", holder: "application" } },
  { name: "billing-locked", holds: { kind: "client-secret", holder: "service-principal" } },
  { name: "session-signing", holds: { kind: "random" } },
];

/** Rotated by name, with an overlap of seconds. */
export const AGED: RotatedSecret = { name: "settings-key", holds: { kind: "key", resource: SETTINGS } };

const VERSIONS: Readonly<Record<string, object>> = {
  "storage-key": { value: STORAGE_KEYS.key1, tags: tagsFor(STORAGE, "key1") },
  "storage-connection": {
    value: `DefaultEndpointsProtocol=https;AccountName=stapp;AccountKey=${STORAGE_KEYS.key2};EndpointSuffix=core.windows.net`,
    tags: tagsFor(STORAGE, "key2"),
  },
  "cosmos-key": { value: COSMOS_KEYS.primary, tags: tagsFor(COSMOS, "primary") },
  "bus-connection": {
    value: `Endpoint=sb://sb-app.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=${BUS_KEYS.PrimaryKey}`,
  },
  "sql-admin": { value: SQL_PASSWORD, tags: tagsFor(SQL, "boss") },
  billing: {
    value: "{{secret.keyId.billing.old}}",
    tags: { ProviderAddress: "/applications/{{application.billing}}", CredentialId: "{{keyId.billing.old}}" },
  },
  "billing-locked": {
    value: "{{secret.keyId.billing.servicePrincipal.old}}",
    tags: {
      ProviderAddress: "/servicePrincipals/{{servicePrincipal.billing}}",
      CredentialId: "{{keyId.billing.servicePrincipal.old}}",
    },
  },
  "session-signing": { tags: { Generator: "random", GeneratorLength: "48" } },
  "settings-key": {
    value: SETTINGS_KEYS.Primary,
    tags: { ...tagsFor(SETTINGS, "Primary"), OverlapHours: "0.0015" },
  },
};

function tagsFor(path: string, credential: string) {
  return { ProviderAddress: `${PROVIDERS}/${path}`, CredentialId: credential };
}

const ATTACKER = "203.0.113.77";

/** A suspect with a leaked secret who read a vault that holds something of every provider model. */
export const ROTATION_SCENARIO = {
  name: "rotation-campaign",
  describes:
    "A leaked secret whose holder read a vault with keys, connection strings, passwords and client secrets.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: {
    applications: [
      {
        name: "deploy",
        displayName: "Deploy",
        secrets: [{ name: "leaked", start: "-300d", end: "+300d" }],
      },
      {
        name: "billing",
        displayName: "Billing",
        secrets: [
          { name: "old", start: "-100d", end: "+100d" },
          { name: "other", start: "-10d", end: "+100d" },
        ],
        propertyLock: { isEnabled: true, credentialsWithUsageVerify: true },
        servicePrincipal: { secrets: [{ name: "old", start: "-100d", end: "+100d" }] },
      },
    ],
  },
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: GROUP }],
    resources: [
      resource(STORAGE, STORAGE_KEYS, { allowSharedKeyAccess: true }),
      resource(COSMOS, COSMOS_KEYS),
      { type: "Microsoft.ServiceBus/namespaces", name: "sb-app", resourceGroup: GROUP },
      {
        type: "Microsoft.ServiceBus/namespaces/authorizationRules",
        name: "sb-app/send",
        resourceGroup: GROUP,
        keys: BUS_KEYS,
      },
      resource(SQL, { administratorLoginPassword: SQL_PASSWORD }, { administratorLogin: "boss" }),
      resource(SETTINGS, SETTINGS_KEYS),
      resource(`Microsoft.KeyVault/vaults/${VAULT}`, undefined, {
        tenantId: "{{tenant.id}}",
        sku: { family: "A", name: "standard" },
        vaultUri: `https://${VAULT}.vault.azure.net/`,
        enableRbacAuthorization: true,
        accessPolicies: [],
      }),
    ],
    roleAssignments: [
      {
        principal: "servicePrincipal.deploy",
        role: "Key Vault Secrets User",
        scope: `prod/${GROUP}/Microsoft.KeyVault/vaults/${VAULT}`,
        createdAt: "-300d",
      },
    ],
  },
  vaults: {
    [VAULT]: {
      secrets: Object.fromEntries(
        Object.entries(VERSIONS).map(([name, version]) => [
          name,
          { versions: [{ created: "-90d", ...version }] },
        ]),
      ),
    },
  },
  history: [
    {
      what: "sign-in",
      at: "-2h",
      who: "servicePrincipal.deploy",
      from: ATTACKER,
      secret: "deploy.leaked",
      to: "Azure Key Vault",
    },
    ...LEAKED.map(({ name }, index) => ({
      what: "vault",
      at: `-${110 - index}m`,
      who: "servicePrincipal.deploy",
      from: ATTACKER,
      vault: VAULT,
      secret: name,
    })),
  ],
  alert: {
    format: "graph-service-principal-risk-detection",
    body: {
      "@odata.type": "#microsoft.graph.servicePrincipalRiskDetection",
      id: "{{id.risk}}",
      requestId: null,
      correlationId: null,
      riskEventType: "leakedCredentials",
      riskState: "atRisk",
      riskLevel: "high",
      riskDetail: "none",
      source: "IdentityProtection",
      detectionTimingType: "offline",
      activity: "servicePrincipal",
      tokenIssuerType: "AzureAD",
      ipAddress: null,
      location: null,
      activityDateTime: "{{at.-130m}}",
      detectedDateTime: "{{at.-40m}}",
      lastUpdatedDateTime: "{{at.-40m}}",
      servicePrincipalId: "{{servicePrincipal.deploy}}",
      servicePrincipalDisplayName: "Deploy",
      appId: "{{appId.deploy}}",
      keyIds: ["{{keyId.deploy.leaked}}"],
      additionalInfo: "[]",
    },
  },
};

function resource(path: string, keys?: Readonly<Record<string, string>>, properties: object = {}) {
  const [provider, type, name] = path.split("/");
  return {
    type: `${provider}/${type}`,
    name,
    resourceGroup: GROUP,
    properties,
    ...(keys === undefined ? {} : { keys }),
  };
}
