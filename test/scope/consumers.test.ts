import { expect, test } from "vitest";
import { startTenant } from "../../local/tenant/start.ts";
import { PRODUCT } from "../../local/tenant/scenario/product.ts";
import { azureWith } from "../../src/azure/azure.ts";
import { consumerSentence } from "../../src/case/secret-consumer.ts";
import { consumersBySecret, readConsumers } from "../../src/scope/consumers/read-consumers.ts";
import { identityIn } from "./tenant-reader.ts";

const URI = "https://kv-shop.vault.azure.net/secrets/db";
const REFERENCE = `@Microsoft.KeyVault(SecretUri=${URI}/)`;
const group = "rg";
const scenario = {
  name: "consumers",
  describes: "One secret, taken in every way that the management plane shows.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: {},
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: group }],
    resources: [
      {
        type: "Microsoft.KeyVault/vaults",
        name: "kv-shop",
        properties: { tenantId: "{{tenant.id}}", enableRbacAuthorization: true, accessPolicies: [] },
      },
      { type: "Microsoft.Web/sites", name: "app", kind: "app", identity: { system: true } },
      { type: "Microsoft.Web/sites/slots", name: "app/staging", identity: { system: true } },
      { type: "Microsoft.Web/sites", name: "func", kind: "functionapp" },
      {
        type: "Microsoft.Web/sites/config",
        name: "app/appsettings",
        properties: { DB: REFERENCE, MODE: "x" },
      },
      {
        type: "Microsoft.Web/sites/config",
        name: "app/connectionstrings",
        properties: { Main: { value: REFERENCE, type: "SQLAzure" } },
      },
      {
        type: "Microsoft.Web/sites/slots/config",
        name: "app/staging/appsettings",
        properties: { DB: `@Microsoft.KeyVault(SecretUri=${URI}/${"a".repeat(32)})` },
      },
      {
        type: "Microsoft.Web/sites/config",
        name: "func/appsettings",
        properties: { AzureWebJobsDb: "@Microsoft.KeyVault(VaultName=kv-shop;SecretName=db)" },
      },
      {
        type: "Microsoft.App/containerApps",
        name: "ca-shop",
        properties: {
          configuration: {
            secrets: [{ name: "db-url", keyVaultUrl: URI, identity: "System" }, { name: "plain" }],
          },
        },
      },
      {
        type: "Microsoft.Compute/virtualMachines",
        name: "vm-shop",
        properties: {
          osProfile: {
            secrets: [{ vaultCertificates: [{ certificateUrl: `${URI}/${"b".repeat(32)}` }] }],
          },
        },
      },
      { type: "Microsoft.Compute/virtualMachines", name: "vm-other" },
      {
        type: "Microsoft.Compute/virtualMachines/extensions",
        name: "vm-other/KeyVaultForLinux",
        properties: { settings: { secretsManagementSettings: { observedCertificates: [URI] } } },
      },
      { type: "Microsoft.ApiManagement/service", name: "apim-shop" },
      {
        type: "Microsoft.ApiManagement/service/namedValues",
        name: "apim-shop/db",
        properties: { displayName: "db", secret: true, keyVault: { secretIdentifier: URI } },
      },
      {
        type: "Microsoft.ApiManagement/service/namedValues",
        name: "apim-shop/plain",
        properties: { displayName: "plain", value: "x" },
      },
      { type: "Microsoft.DataFactory/factories", name: "adf-shop" },
      {
        type: "Microsoft.DataFactory/factories/linkedservices",
        name: "adf-shop/vault",
        properties: {
          type: "AzureKeyVault",
          typeProperties: { baseUrl: "https://kv-shop.vault.azure.net/" },
        },
      },
      {
        type: "Microsoft.DataFactory/factories/linkedservices",
        name: "adf-shop/sql",
        properties: {
          type: "AzureSqlDatabase",
          typeProperties: {
            connectionString: {
              type: "AzureKeyVaultSecret",
              store: { referenceName: "vault", type: "LinkedServiceReference" },
              secretName: "db",
            },
          },
        },
      },
      ...["aks-may", "aks-may-not"].map((name) => ({
        type: "Microsoft.ContainerService/managedClusters",
        name,
        properties: {
          addonProfiles: {
            azureKeyvaultSecretsProvider: {
              enabled: true,
              identity: { objectId: `{{identity.id-${name}}}` },
            },
          },
        },
      })),
    ].map((it) => ({ ...it, resourceGroup: group })),
    identities: ["id-aks-may", "id-aks-may-not"].map((name) => ({ name, resourceGroup: group })),
    roleAssignments: [
      { principal: "identity.id-aks-may", role: "Key Vault Secrets User", scope: `prod/${group}` },
      { principal: "identity.id-aks-may-not", role: "Reader", scope: "prod" },
    ],
  },
  vaults: { "kv-shop": { secrets: { db: { versions: [{}] }, other: { versions: [{}] } } } },
};

test("whoever takes a secret is found, in every way the management plane shows, and nobody else", async () => {
  await using tenant = await startTenant({ scenario });
  using _ = tenant.enterProcess();
  const seen = await readConsumers(azureWith(identityIn(tenant, PRODUCT.reader)));
  const bySecret = consumersBySecret(seen.consumers);

  expect(seen.unread).toEqual([]);
  const found = bySecret.of("KV-SHOP", "DB");
  expect(
    found
      .map(({ kind, resourceId, setting, version }) => [
        kind,
        resourceId.split("/").at(-1),
        setting,
        version !== null,
      ])
      .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
  ).toEqual([
    ["app-setting", "app", "DB", false],
    ["app-setting", "func", "AzureWebJobsDb", false],
    ["app-setting", "staging", "DB", true],
    ["cluster", "aks-may", "secrets provider", false],
    ["connection-string", "app", "Main", false],
    ["container-app", "ca-shop", "db-url", false],
    ["linked-service", "adf-shop", "sql", false],
    ["machine", "KeyVaultForLinux", "settings.secretsManagementSettings.observedCertificates", false],
    ["machine", "vm-shop", "osProfile.secrets.vaultCertificates.certificateUrl", true],
    ["named-value", "apim-shop", "db", false],
  ]);
  // What may take any secret of the vault stands with each; nothing else does.
  expect(bySecret.of("kv-shop", "other").map(({ kind }) => kind)).toEqual(["cluster"]);
  expect(bySecret.of("kv-else", "db")).toEqual([]);
  const slot = found.find(({ version, kind }) => version !== null && kind === "app-setting");
  if (slot === undefined) throw new Error("no slot");
  expect(consumerSentence(slot, "rotated")).toBe(
    `The site app/staging takes it as the setting DB, by its version ${"a".repeat(32)}: it stops until a person changes that.`,
  );
});
