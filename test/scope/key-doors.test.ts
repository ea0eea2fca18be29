import { expect, test } from "vitest";
import type { Reach } from "../../src/case/reach.ts";
import { scopeWithoutPrincipals } from "../../src/respond/rotation-scope.ts";
import { readKeyDoors } from "../../src/scope/key-doors.ts";
import { readTenant } from "./tenant-reader.ts";

const group = "rg";
const RESOURCES = [
  ["Microsoft.Storage/storageAccounts", "stopen", {}, "open"],
  ["Microsoft.Storage/storageAccounts", "stclosed", { allowSharedKeyAccess: false }, "closed"],
  ["Microsoft.DocumentDB/databaseAccounts", "cosmos", { disableLocalAuth: true }, "closed"],
  ["Microsoft.ServiceBus/namespaces", "sb", { disableLocalAuth: false }, "open"],
  ["Microsoft.EventHub/namespaces", "eh", {}, "open"],
  ["Microsoft.Cache/redis", "redis", { disableAccessKeyAuthentication: true }, "closed"],
  ["Microsoft.ContainerRegistry/registries", "acroff", {}, "closed"],
  ["Microsoft.ContainerRegistry/registries", "acron", { adminUserEnabled: true }, "open"],
  ["Microsoft.AppConfiguration/configurationStores", "appcs", {}, "open"],
  ["Microsoft.CognitiveServices/accounts", "ai", { disableLocalAuth: true }, "closed"],
  ["Microsoft.Sql/servers", "sqlnone", {}, "needs-entra"],
  ["Microsoft.Sql/servers", "sqlboth", { administrators: { sid: "x" } }, "open"],
  [
    "Microsoft.Sql/servers",
    "sqlonly",
    { administrators: { sid: "x", azureADOnlyAuthentication: true } },
    "closed",
  ],
  [
    "Microsoft.DBforPostgreSQL/flexibleServers",
    "pg",
    { authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Enabled" } },
    "open",
  ],
] as const;

test("whether keys are taken is what each resource says, of those whose keys the case is about", async () => {
  await using on = await readTenant({
    scenario: {
      name: "doors",
      describes: "Resources of every kind that takes keys, some of which refuse them.",
      tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
      directory: {},
      azure: {
        subscriptions: [{ name: "prod" }],
        resourceGroups: [{ name: group }],
        resources: RESOURCES.map(([type, name, properties]) => ({
          type,
          name,
          properties,
          resourceGroup: group,
        })),
      },
      vaults: {},
    },
  });
  const root = `/subscriptions/${on.tenant.names.guid("subscription", "prod")}/resourceGroups/${group}/providers`;
  const reached = (targetId: string, more: Partial<Reach>): Reach => ({
    kind: "storage-account",
    targetId,
    name: targetId.split("/").at(-1) ?? "",
    can: ["list-keys"],
    through: [],
    evidence: "reachable",
    lastTouched: null,
    tags: {},
    principalKey: "p",
    ...more,
  });
  const [first, second, ...others] = RESOURCES.map(([type, name]) => `${root}/${type}/${name}`);
  if (first === undefined || second === undefined) throw new Error("no resources");
  const scope = {
    ...scopeWithoutPrincipals("case-1", { from: "", to: "" }, new Date(0)),
    reach: [
      ...others.map((id) => reached(id, {})),
      reached(`${root}/Microsoft.KeyVault/vaults/kv/secrets/key`, {
        kind: "vault-secret",
        can: ["read-secret"],
        evidence: "read",
        tags: { ProviderAddress: first.toLowerCase() },
      }),
    ],
  };

  const { keyDoors = [], limitations } = await readKeyDoors(on.azure, scope, []);

  expect(limitations).toEqual([]);
  expect(Object.fromEntries(keyDoors.map(({ name, state }) => [name, state]))).toEqual(
    Object.fromEntries(
      RESOURCES.filter(([, name]) => name !== "stclosed").map(([, name, , state]) => [name, state]),
    ),
  );
  expect(keyDoors.find(({ name }) => name === "stopen")?.because).toEqual([
    "The secret key in kv, which a suspect read, holds its key.",
  ]);
  const again = await readKeyDoors(on.azure, { ...scope, reach: [] }, keyDoors);
  expect(again.keyDoors).toEqual(keyDoors);
});
