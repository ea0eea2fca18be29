import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/azure/secret.ts";
import { cluesIn } from "../../src/rotate/clues.ts";
import { findByValue } from "../../src/rotate/find-by-value.ts";
import { type RotatedTenant, rotatedTenant } from "./rotated-tenant.ts";

let house: RotatedTenant;
beforeAll(async () => {
  house = await rotatedTenant();
});
afterAll(() => house[Symbol.asyncDispose]());

const key = (path: string, name: string) => house.keys(house.resourceId(path))[name.toLowerCase()] ?? "";
const STORAGE = "Microsoft.Storage/storageAccounts/stapp";
const COSMOS = "Microsoft.DocumentDB/databaseAccounts/cosmos-app";
const BUS = "Microsoft.ServiceBus/namespaces/sb-app/authorizationRules/send";
const HUB = "Microsoft.EventHub/namespaces/eh-app/authorizationRules/send";
const REDIS = "Microsoft.Cache/redis/redis-app";
const REGISTRY = "Microsoft.ContainerRegistry/registries/acrapp";
const CONFIGURATION = "Microsoft.AppConfiguration/configurationStores/appcs-app";
const AI = "Microsoft.CognitiveServices/accounts/ai-app";
const SITE = "Microsoft.Web/sites/site-app";
const SQL = "Microsoft.Sql/servers/sql-app";
const POSTGRES = "Microsoft.DBforPostgreSQL/flexibleServers/pg-app";
const MYSQL = "Microsoft.DBforMySQL/flexibleServers/mysql-app";

async function find(value: string) {
  const is = house.versions("plain")[0];
  if (is === undefined) throw new Error("no version");
  return findByValue(
    house.work("it"),
    {
      vaultUri: "https://kv-app.vault.azure.net",
      name: "it",
      version: is.version,
      enabled: true,
      managed: false,
      contentType: null,
      tags: {},
      createdOn: null,
      updatedOn: null,
      expiresOn: null,
      notBefore: null,
    },
    new Secret(value),
  );
}

describe("whose it is, by what the value says and by what the resource says its keys are", () => {
  test.for<readonly [form: string, resource: string, value: () => string]>([
    [
      "storage connection string",
      STORAGE,
      () =>
        `DefaultEndpointsProtocol=https;AccountName=stapp;AccountKey=${key(STORAGE, "key2")};EndpointSuffix=core.windows.net`,
    ],
    [
      "storage, by its endpoint",
      STORAGE,
      () => `BlobEndpoint=https://stapp.blob.core.windows.net/;AccountKey=${key(STORAGE, "key1")}`,
    ],
    [
      "storage, in JSON",
      STORAGE,
      () =>
        JSON.stringify({
          account: "https://stapp-secondary.blob.core.windows.net",
          key: key(STORAGE, "key1"),
        }),
    ],
    ["bare storage key", STORAGE, () => key(STORAGE, "key1")],
    [
      "Cosmos DB connection string",
      COSMOS,
      () =>
        `AccountEndpoint=https://cosmos-app.documents.azure.com:443/;AccountKey=${key(COSMOS, "primary")};`,
    ],
    [
      "Cosmos DB for MongoDB",
      COSMOS,
      () =>
        `mongodb://cosmos-app:${encodeURIComponent(key(COSMOS, "secondary"))}@cosmos-app.mongo.cosmos.azure.com:10255/?ssl=true&replicaSet=globaldb`,
    ],
    ["bare Cosmos DB key", COSMOS, () => key(COSMOS, "secondaryReadonly")],
    [
      "Service Bus connection string",
      BUS,
      () =>
        `Endpoint=sb://sb-app.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=${key(BUS, "PrimaryKey")}`,
    ],
    [
      "Service Bus, naming an entity whose rule is the namespace's",
      BUS,
      () =>
        `Endpoint=sb://sb-app.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=${key(BUS, "PrimaryKey")};EntityPath=orders`,
    ],
    ["bare Service Bus key", BUS, () => key(BUS, "SecondaryKey")],
    [
      "Event Hubs connection string",
      HUB,
      () =>
        `Endpoint=sb://eh-app.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=${key(HUB, "SecondaryKey")}`,
    ],
    [
      "Redis, StackExchange form",
      REDIS,
      () =>
        `redis-app.redis.cache.windows.net:6380,password=${key(REDIS, "Primary")},ssl=True,abortConnect=False`,
    ],
    [
      "Redis URL",
      REDIS,
      () =>
        `rediss://:${encodeURIComponent(key(REDIS, "Secondary"))}@redis-app.redis.cache.windows.net:6380/0`,
    ],
    ["bare Redis key", REDIS, () => key(REDIS, "Primary")],
    [
      "App Configuration connection string",
      CONFIGURATION,
      () => `Endpoint=https://appcs-app.azconfig.io;Id=abc;Secret=${key(CONFIGURATION, "Primary Read Only")}`,
    ],
    [
      "docker config",
      REGISTRY,
      () =>
        JSON.stringify({
          auths: { "acrapp.azurecr.io": { username: "acrapp", password: key(REGISTRY, "password2") } },
        }),
    ],
    [
      "docker config with nothing but the login",
      REGISTRY,
      () => {
        const auth = Buffer.from(`acrapp:${key(REGISTRY, "password")}`).toString("base64");
        return JSON.stringify({ auths: { "acrapp.azurecr.io": { auth } } });
      },
    ],
    ["bare registry password", REGISTRY, () => key(REGISTRY, "password")],
    [
      "Azure AI key with its endpoint",
      AI,
      () => `endpoint=https://ai-app.openai.azure.com/ key=${key(AI, "Key1")}`,
    ],
    ["bare Azure AI key", AI, () => key(AI, "Key2")],
    [
      "ADO.NET",
      SQL,
      () =>
        `Server=tcp:sql-app.database.windows.net,1433;Initial Catalog=shop;User ID=boss;Password=${key(SQL, "administratorLoginPassword")};Encrypt=True`,
    ],
    [
      "JDBC for SQL Server",
      SQL,
      () =>
        `jdbc:sqlserver://sql-app.database.windows.net:1433;database=shop;user=boss@sql-app;password=${key(SQL, "administratorLoginPassword")};encrypt=true`,
    ],
    [
      "libpq",
      POSTGRES,
      () =>
        `host=pg-app.postgres.database.azure.com port=5432 dbname=shop user=boss password='${key(POSTGRES, "administratorLoginPassword")}' sslmode=require`,
    ],
    [
      "PostgreSQL URL",
      POSTGRES,
      () =>
        `postgresql+psycopg2://boss:${encodeURIComponent(key(POSTGRES, "administratorLoginPassword"))}@pg-app.postgres.database.azure.com:5432/shop?sslmode=require`,
    ],
    [
      "JDBC for PostgreSQL",
      POSTGRES,
      () =>
        `jdbc:postgresql://pg-app.postgres.database.azure.com:5432/shop?user=boss&password=${encodeURIComponent(key(POSTGRES, "administratorLoginPassword"))}&sslmode=require`,
    ],
    [
      "MySQL URL",
      MYSQL,
      () =>
        `mysql://boss:${encodeURIComponent(key(MYSQL, "administratorLoginPassword"))}@mysql-app.mysql.database.azure.com:3306/shop`,
    ],
    [
      "server, in JSON",
      MYSQL,
      () =>
        JSON.stringify({
          host: "mysql-app.mysql.database.azure.com",
          username: "boss",
          password: key(MYSQL, "administratorLoginPassword"),
        }),
    ],
  ])("%s", async ([, resource, value]) => {
    const found = await find(value());
    expect(found).toMatchObject({ kind: "found", found: { foundBy: "value", suspect: false } });
    expect(found.kind === "found" ? found.found.resourceId.toLowerCase() : "").toBe(
      house.resourceId(resource).toLowerCase(),
    );
  });

  test.for([
    ["/slots/staging", "site-app", "staging"],
    ["", "site-app", null],
  ] as const)("publishing profile of site-app%s", async ([path, name, slot]) => {
    const id = house.resourceId(`${SITE}${path}`);
    const { publishingCredential } = await import("../../src/rotate/providers/publishing-credential.ts");
    await publishingCredential.list(house.work("it").azure, id);
    const password = house.keys(id)["publishingpassword"] ?? "";
    const user = slot === null ? `$${name}` : `$${name}__${slot}`;
    const profile = (method: string) =>
      `<publishProfile profileName="${name} - ${method}" publishMethod="${method}" publishUrl="${name}.scm.azurewebsites.net:443" userName="${user}" userPWD="${password}"/>`;
    const found = await find(`<publishData>${profile("MSDeploy")}${profile("ZipDeploy")}</publishData>`);
    expect(found).toMatchObject({ kind: "found", found: { provider: "publishing-credential" } });
    expect(found.kind === "found" ? found.found.resourceId.toLowerCase() : "").toBe(id.toLowerCase());
  });

  test.for(["billing.old", "billing.servicePrincipal.sp-old"])(
    "client secret %s, in JSON beside its app id",
    async (name) => {
      const { names } = house.tenant;
      const found = await find(
        JSON.stringify({
          clientId: names.guid("appId", "billing"),
          clientSecret: names.secret("keyId", name),
        }),
      );
      expect(found).toMatchObject({
        kind: "found",
        found: { provider: "client-secret", credential: names.guid("keyId", name) },
      });
    },
  );
});

describe("what is not found is said, and nothing is guessed at", () => {
  test.for<readonly [form: string, value: () => string, tried: RegExp]>([
    [
      "a key that was renewed since",
      () => `AccountName=stapp;AccountKey=${Buffer.alloc(64, 7).toString("base64")}`,
      /names stapp, and holds none of its keys/,
    ],
    [
      "an account that is not ours",
      () => `AccountName=elsewhere;AccountKey=${Buffer.alloc(64, 7).toString("base64")}`,
      /names elsewhere, which is no resource we can see/,
    ],
    [
      "a login of the database's own",
      () =>
        `Server=tcp:sql-app.database.windows.net;User ID=shop_app;Password=${key(SQL, "administratorLoginPassword")}`,
      /not its administrator's/,
    ],
    [
      "a server without a login",
      () => "Server=tcp:sql-app.database.windows.net;Authentication=Active Directory Default",
      /does not say as whom/,
    ],
    [
      "somebody else's key",
      () => Buffer.alloc(64, 7).toString("base64"),
      /none of 2 resources whose keys look so/,
    ],
    ["a third party's key", () => "sk_live_4eC39HqLyjWDarjtT1zdp7dc", /looks like no key that Azure makes/],
    ["words", () => "who knows", /looks like no key that Azure makes/],
    [
      "a signature",
      () => "https://stapp.blob.core.windows.net/orders?sv=2024-11-04&sp=rl&sig=abc%3D",
      /shared access signature/,
    ],
    [
      "a client secret of nobody here",
      () => `abc8Q~${"x".repeat(34)}`,
      /looks like a client secret, and none of 0 applications/,
    ],
  ])("%s", async ([, value, tried]) => {
    const search = await find(value());
    expect(search.kind).toBe("unknown");
    expect(search.kind === "unknown" ? search.tried.join("; ") : "").toMatch(tried);
  });

  test("a moment's throttling is not taken for an answer", async () => {
    const fault = house.tenant.faults.add({
      service: "arm",
      operation: "POST /storageAccounts/{name}/listKeys",
      answer: 429,
      times: 100,
    });
    try {
      expect(await find(key(STORAGE, "key1"))).toMatchObject({
        kind: "failed",
        failure: { retryable: true },
      });
    } finally {
      fault.remove();
    }
  });
});

test("what is read off a value holds no part of its credential", () => {
  const credential = Buffer.alloc(64, 9).toString("base64");
  const clues = cluesIn(`AccountName=stapp;AccountKey=${credential};User ID=boss;Password=hunter2`);
  expect(JSON.stringify(clues)).not.toContain(credential.slice(0, 12));
  expect(JSON.stringify(clues)).not.toContain("hunter2");
});
