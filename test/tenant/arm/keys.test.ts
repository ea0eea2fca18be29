import { describe, expect, test } from "vitest";
import { z } from "zod";
import { acceptsKey } from "../../../local/tenant/arm/accepts-key.ts";
import { type ArmUnderTest, armWith } from "./arm-under-test.ts";

const RESOURCES = [
  { type: "Microsoft.Storage/storageAccounts", name: "st" },
  { type: "Microsoft.DocumentDB/databaseAccounts", name: "cosmos" },
  { type: "Microsoft.ServiceBus/namespaces", name: "bus" },
  { type: "Microsoft.ServiceBus/namespaces/authorizationRules", name: "bus/RootManageSharedAccessKey" },
  { type: "Microsoft.ServiceBus/namespaces/queues", name: "bus/orders" },
  { type: "Microsoft.ServiceBus/namespaces/queues/authorizationRules", name: "bus/orders/send" },
  { type: "Microsoft.EventHub/namespaces", name: "hub" },
  { type: "Microsoft.EventHub/namespaces/authorizationRules", name: "hub/root" },
  { type: "Microsoft.Cache/redis", name: "cache" },
  { type: "Microsoft.ContainerRegistry/registries", name: "acr", properties: { adminUserEnabled: true } },
  { type: "Microsoft.AppConfiguration/configurationStores", name: "config" },
  { type: "Microsoft.CognitiveServices/accounts", name: "ai" },
  { type: "Microsoft.Sql/servers", name: "sql", keys: { administratorLoginPassword: "old-password" } },
  {
    type: "Microsoft.DBforPostgreSQL/flexibleServers",
    name: "pg",
    keys: { administratorLoginPassword: "old-password" },
  },
  {
    type: "Microsoft.DBforMySQL/flexibleServers",
    name: "my",
    keys: { administratorLoginPassword: "old-password" },
  },
].map((it) => ({ ...it, resourceGroup: "rg-shop" }));

const services = (delays: { longRunningOperationInMs?: number } = {}) =>
  armWith({
    delays,
    azure: {
      resources: RESOURCES,
      roleAssignments: [{ principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
    },
  });
const at = (arm: ArmUnderTest, path: string) => `${arm.group}/providers/${path}`;
const accepted = (arm: ArmUnderTest, path: string, key: string) => acceptsKey(arm.tenant, at(arm, path), key);

const ACCOUNT = "Microsoft.Storage/storageAccounts/st";

describe("storage keys", () => {
  const Keys = z.object({
    keys: z.array(
      z.object({ creationTime: z.string(), keyName: z.string(), value: z.string(), permissions: z.string() }),
    ),
  });
  const list = (arm: ArmUnderTest, suffix = "") =>
    Keys.parse(arm.ask("POST", `${at(arm, ACCOUNT)}/listKeys${suffix}`).raw).keys;

  test("are two of 64 bytes with FULL permissions, served by the storage provider without a charset", () => {
    const arm = services();
    const keys = list(arm);
    expect(keys.map(({ keyName, permissions }) => [keyName, permissions])).toEqual([
      ["key1", "FULL"],
      ["key2", "FULL"],
    ]);
    expect(keys.map(({ value }) => Buffer.from(value, "base64").length)).toEqual([64, 64]);
    const { headers } = arm.ask("POST", `${at(arm, ACCOUNT)}/listKeys`);
    expect(headers["Content-Type"]).toBe("application/json");
    expect(headers["Server"]).toMatch(/^Microsoft-Azure-Storage-Resource-Provider/);
  });

  test("regenerating one answers both, with a new value and time for that one alone", () => {
    const arm = services();
    const [key1, key2] = list(arm);
    arm.clock.advance(1_000);
    const answer = arm.ask("POST", `${at(arm, ACCOUNT)}/regenerateKey`, { body: { keyName: "key1" } });
    const [after1, after2] = Keys.parse(answer.raw).keys;
    expect(after2).toEqual(key2);
    expect(after1?.value).not.toBe(key1?.value);
    expect(after1?.creationTime).not.toBe(key1?.creationTime);
    expect(accepted(arm, ACCOUNT, key1?.value ?? "")).toBe(false);
    expect(accepted(arm, ACCOUNT, after1?.value ?? "")).toBe(true);
    expect(accepted(arm, ACCOUNT, key2?.value ?? "")).toBe(true);
  });

  test("Kerberos keys are shown only when asked for", () => {
    const arm = services();
    arm.ask("POST", `${at(arm, ACCOUNT)}/regenerateKey`, { body: { keyName: "kerb1" } });
    expect(list(arm)).toHaveLength(2);
    expect(list(arm, "?$expand=kerb").map(({ keyName }) => keyName)).toEqual(["key1", "key2", "kerb1"]);
  });

  test("none is accepted with allowSharedKeyAccess off, and all are again with it on", () => {
    const arm = services();
    const value = list(arm)[0]?.value ?? "";
    arm.ask("PATCH", at(arm, ACCOUNT), { body: { properties: { allowSharedKeyAccess: false } } });
    expect(accepted(arm, ACCOUNT, value)).toBe(false);
    arm.ask("PATCH", at(arm, ACCOUNT), { body: { properties: { allowSharedKeyAccess: true } } });
    expect(accepted(arm, ACCOUNT, value)).toBe(true);
  });

  test("user delegation keys are all revoked at once: 200 without a body", () => {
    const arm = services();
    expect(arm.ask("POST", `${at(arm, ACCOUNT)}/revokeUserDelegationKeys`)).toMatchObject({
      status: 200,
      raw: undefined,
    });
    expect(arm.tenant.state.azure.userDelegationRevokedAt.get(at(arm, ACCOUNT).toLowerCase())).toBe(
      arm.clock.now(),
    );
  });

  test("a locked policy keeps its container, an unlocked one protects nothing", () => {
    const arm = services();
    const container = (name: string) => `${at(arm, ACCOUNT)}/blobServices/default/containers/${name}`;
    for (const name of ["open", "locked"]) {
      expect(arm.ask("PUT", container(name), { body: {} }).status).toBe(201);
      arm.ask("PUT", `${container(name)}/immutabilityPolicies/default`, {
        body: { properties: { immutabilityPeriodSinceCreationInDays: 30 } },
      });
    }
    const etag = arm.ask("GET", `${container("locked")}/immutabilityPolicies/default`).headers["ETag"] ?? "";
    const lock = (ifMatch: string) =>
      arm.ask("POST", `${container("locked")}/immutabilityPolicies/default/lock`, {
        headers: { "if-match": ifMatch },
      });
    expect(lock('"other"').status).toBe(412);
    expect(lock(etag).body.properties).toMatchObject({ state: "Locked" });
    expect(arm.ask("DELETE", container("locked")).status).toBe(409);
    expect(arm.ask("DELETE", `${container("locked")}/immutabilityPolicies/default`).status).toBe(409);
    expect(arm.ask("DELETE", container("open")).status).toBe(200);
  });
});

describe("keys that are listed and regenerated", () => {
  const NAMED = z.record(z.string(), z.unknown());
  test.each([
    [
      "Microsoft.Cache/redis/cache",
      "listKeys",
      "primaryKey",
      "secondaryKey",
      "regenerateKey",
      { keyType: "Primary" },
    ],
    [
      "Microsoft.CognitiveServices/accounts/ai",
      "listKeys",
      "key1",
      "key2",
      "regenerateKey",
      { keyName: "Key1" },
    ],
    [
      "Microsoft.ServiceBus/namespaces/bus/authorizationRules/RootManageSharedAccessKey",
      "listKeys",
      "primaryKey",
      "secondaryKey",
      "regenerateKeys",
      { keyType: "PrimaryKey" },
    ],
    [
      "Microsoft.ServiceBus/namespaces/bus/queues/orders/authorizationRules/send",
      "listKeys",
      "primaryKey",
      "secondaryKey",
      "regenerateKeys",
      { keyType: "PrimaryKey" },
    ],
    [
      "Microsoft.EventHub/namespaces/hub/authorizationRules/root",
      "listKeys",
      "primaryKey",
      "secondaryKey",
      "regenerateKeys",
      { keyType: "PrimaryKey" },
    ],
  ])(
    "%s: the regenerated one is refused from then on, the other is not",
    (path, list, first, second, renew, body) => {
      const arm = services();
      const before = NAMED.parse(arm.ask("POST", `${at(arm, path)}/${list}`).raw);
      const after = NAMED.parse(arm.ask("POST", `${at(arm, path)}/${renew}`, { body }).raw);
      expect(after[first]).not.toBe(before[first]);
      expect(after[second]).toBe(before[second]);
      expect(accepted(arm, path, String(before[first]))).toBe(false);
      expect(accepted(arm, path, String(after[first]))).toBe(true);
      expect(accepted(arm, path, String(before[second]))).toBe(true);
    },
  );

  test("Cosmos DB regenerates as a long operation, and takes the old key until it is done", () => {
    const arm = services({ longRunningOperationInMs: 20_000 });
    const path = "Microsoft.DocumentDB/databaseAccounts/cosmos";
    const before = NAMED.parse(arm.ask("POST", `${at(arm, path)}/listKeys`).raw);
    const old = String(before["primaryMasterKey"]);
    const begun = arm.ask("POST", `${at(arm, path)}/regenerateKey`, { body: { keyKind: "primary" } });
    expect(begun).toMatchObject({ status: 202, raw: undefined });
    const poll = begun.headers["Azure-AsyncOperation"] ?? "";
    expect(poll).toMatch(/^https:\/\/management\.azure\.com\/subscriptions\/.*\/operations\//);
    expect(arm.ask("GET", poll).raw).toMatchObject({ status: "InProgress" });
    expect(accepted(arm, path, old)).toBe(true);
    arm.clock.advance(20_000);
    expect(arm.ask("GET", poll).raw).toMatchObject({ status: "Succeeded", endTime: expect.any(String) });
    expect(arm.ask("GET", begun.headers["Location"] ?? "").status).toBe(204);
    expect(accepted(arm, path, old)).toBe(false);
  });

  test("App Configuration regenerates by the id of the key", () => {
    const arm = services();
    const path = "Microsoft.AppConfiguration/configurationStores/config";
    const List = z.object({
      value: z.array(z.object({ id: z.string(), value: z.string(), readOnly: z.boolean() })),
    });
    const keys = List.parse(arm.ask("POST", `${at(arm, path)}/listKeys`).raw).value;
    expect(keys.map(({ readOnly }) => readOnly)).toEqual([false, false, true, true]);
    arm.ask("POST", `${at(arm, path)}/regenerateKey`, { body: { id: keys[0]?.id } });
    expect(accepted(arm, path, keys[0]?.value ?? "")).toBe(false);
    expect(accepted(arm, path, keys[1]?.value ?? "")).toBe(true);
  });

  test("a registry's passwords are shown and taken only while its admin user is on", () => {
    const arm = services();
    const path = "Microsoft.ContainerRegistry/registries/acr";
    const Credentials = z.object({
      username: z.string(),
      passwords: z.array(z.object({ name: z.string(), value: z.string() })),
    });
    const before = Credentials.parse(arm.ask("POST", `${at(arm, path)}/listCredentials`).raw);
    const after = Credentials.parse(
      arm.ask("POST", `${at(arm, path)}/regenerateCredential`, { body: { name: "password" } }).raw,
    );
    expect(accepted(arm, path, before.passwords[0]?.value ?? "")).toBe(false);
    expect(accepted(arm, path, after.passwords[0]?.value ?? "")).toBe(true);
    arm.ask("PATCH", at(arm, path), { body: { properties: { adminUserEnabled: false } } });
    expect(accepted(arm, path, after.passwords[0]?.value ?? "")).toBe(false);
    expect(arm.ask("POST", `${at(arm, path)}/listCredentials`).status).toBe(400);
  });

  test.each([
    ["Microsoft.DocumentDB/databaseAccounts/cosmos", "", "disableLocalAuth", "primary"],
    ["Microsoft.CognitiveServices/accounts/ai", "", "disableLocalAuth", "key1"],
    ["Microsoft.AppConfiguration/configurationStores/config", "", "disableLocalAuth", "primary"],
    ["Microsoft.Cache/redis/cache", "", "disableAccessKeyAuthentication", "primary"],
    [
      "Microsoft.ServiceBus/namespaces/bus",
      "/authorizationRules/RootManageSharedAccessKey",
      "disableLocalAuth",
      "primarykey",
    ],
    ["Microsoft.EventHub/namespaces/hub", "/authorizationRules/root", "disableLocalAuth", "primarykey"],
  ])("%s%s: %s makes every key good for nothing", (path, below, flag, keyName) => {
    const arm = services();
    const key =
      arm.tenant.state.azure.keys.get(`${at(arm, path)}${below}`.toLowerCase())?.get(keyName)?.value ?? "";
    expect(accepted(arm, `${path}${below}`, key)).toBe(true);
    expect(arm.ask("PATCH", at(arm, path), { body: { properties: { [flag]: true } } }).status).toBe(200);
    expect(accepted(arm, `${path}${below}`, key)).toBe(false);
  });
});

describe("database passwords", () => {
  test.each([
    "Microsoft.Sql/servers/sql",
    "Microsoft.DBforPostgreSQL/flexibleServers/pg",
    "Microsoft.DBforMySQL/flexibleServers/my",
  ])("%s has one: setting it is a hard cut, and it is never served", (path) => {
    const arm = services({ longRunningOperationInMs: 5_000 });
    expect(accepted(arm, path, "old-password")).toBe(true);
    const set = arm.ask("PATCH", at(arm, path), {
      body: { properties: { administratorLoginPassword: "new-Password-1" } },
    });
    expect(set.headers["Azure-AsyncOperation"]).toBeDefined();
    expect(JSON.stringify(set.raw)).not.toContain("new-Password-1");
    expect(accepted(arm, path, "old-password")).toBe(false);
    expect(accepted(arm, path, "new-Password-1")).toBe(true);
    expect(arm.ask("GET", at(arm, path)).body.properties?.["provisioningState"]).toBe("Updating");
    arm.clock.advance(5_000);
    expect(arm.ask("GET", at(arm, path)).body.properties?.["provisioningState"]).toBe("Succeeded");
  });
});
