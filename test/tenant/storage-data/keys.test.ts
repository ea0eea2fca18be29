import { createHmac } from "node:crypto";
import { ClientSecretCredential } from "@azure/identity";
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobSASPermissions,
  BlobServiceClient,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";
import { resourcesOfType } from "../../../local/tenant/state/azure.ts";
import { visibleRows } from "../../../local/tenant/state/logs.ts";
import { request as send } from "undici";

const NOW = "2026-11-20T10:00:00Z";
const clock = manualTenantClock(NOW);
const resource = (type: string, name: string, properties: object = {}) => ({
  type,
  name,
  resourceGroup: "rg",
  properties,
});
const ACCOUNT = "Microsoft.Storage/storageAccounts";

// The storage client takes no options of the tenant's: the process enters it instead.
let tenant: TenantHandle;
let inside: Disposable;
beforeAll(async () => {
  tenant = await startTenant({
    clock,
    scenario: {
      name: "storage-under-test",
      describes: "One of each provider whose keys are rotated.",
      tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
      directory: {
        applications: ["reader", "nobody", "operator"].map((name) => ({ name, secrets: [{ name: "only" }] })),
      },
      azure: {
        subscriptions: [{ name: "prod" }],
        resourceGroups: [{ name: "rg" }],
        resources: [
          resource(ACCOUNT, "stshop"),
          resource(ACCOUNT, "stnokeys", { allowSharedKeyAccess: false }),
          resource("Microsoft.DocumentDB/databaseAccounts", "cosmos-shop"),
          resource("Microsoft.ServiceBus/namespaces", "sb-shop"),
          resource("Microsoft.ServiceBus/namespaces/authorizationRules", "sb-shop/RootManageSharedAccessKey"),
          resource("Microsoft.ContainerRegistry/registries", "crshop", { adminUserEnabled: true }),
          resource("Microsoft.Web/sites", "app-shop"),
        ],
        roleAssignments: [
          { principal: "servicePrincipal.reader", role: "Storage Blob Data Reader", scope: "prod" },
          { principal: "servicePrincipal.operator", role: "Contributor", scope: "prod" },
        ],
      },
    },
  });
  inside = tenant.enterProcess();
});
afterAll(() => {
  inside[Symbol.dispose]();
  return tenant.stop();
});

const credential = (application: string) =>
  new ClientSecretCredential(
    tenant.tenant.id,
    tenant.names.guid("appId", application),
    tenant.names.secret("keyId", `${application}.only`),
    tenant.clientOptions(),
  );
const idOf = (type: string, name: string) => {
  for (const found of resourcesOfType(tenant.state.azure, type)) if (found.name === name) return found.id;
  throw new Error(`no ${type} ${name}`);
};
const keyOf = (type: string, name: string, key: string) => {
  const held = tenant.state.azure.keys.get(idOf(type, name).toLowerCase())?.get(key.toLowerCase());
  if (held === undefined) throw new Error(`${name} has no ${key}`);
  return held.value;
};
/** Rotates a key as an operator would: through ARM. */
const regenerate = async (id: string, action: string, body: object) => {
  const { token } = await credential("operator").getToken("https://management.azure.com/.default");
  const answer = await send(`https://management.azure.com${id}/${action}`, {
    method: "POST",
    dispatcher: tenant.dispatcher(),
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${await answer.body.text()}`);
  await answer.body.dump();
};

/** A call as no SDK would make it. */
const call = async (
  url: string,
  init: { readonly method?: "GET" | "POST" | "DELETE"; readonly headers?: Record<string, string> } = {},
) => {
  const answer = await send(url, {
    method: init.method ?? "GET",
    headers: init.headers ?? {},
    dispatcher: tenant.dispatcher(),
  });
  await answer.body.dump();
  return { status: answer.statusCode, code: answer.headers["x-ms-error-code"] };
};
const options = { retryOptions: { maxTries: 1 } };
const blobs = (account: string, key: string) =>
  new BlobServiceClient(
    `https://${account}.blob.core.windows.net`,
    new StorageSharedKeyCredential(account, key),
    options,
  );
const firstContainer = (client: BlobServiceClient) => client.listContainers().next();
const codeOf = async (attempt: Promise<unknown>) =>
  attempt.then(
    () => "taken",
    (error: unknown) => (typeof error === "object" && error !== null && "code" in error ? error.code : error),
  );

test("an account key opens the account until it is regenerated; the other key goes on", async () => {
  const [key1, key2] = [keyOf(ACCOUNT, "stshop", "key1"), keyOf(ACCOUNT, "stshop", "key2")];
  expect(await codeOf(firstContainer(blobs("stshop", key1)))).toBe("taken");

  await regenerate(idOf(ACCOUNT, "stshop"), "regenerateKey?api-version=2023-01-01", { keyName: "key1" });

  expect(await codeOf(firstContainer(blobs("stshop", key1)))).toBe("AuthenticationFailed");
  expect(await codeOf(firstContainer(blobs("stshop", key2)))).toBe("taken");
  expect(await codeOf(firstContainer(blobs("stshop", keyOf(ACCOUNT, "stshop", "key1"))))).toBe("taken");
});

test("an account SAS dies with the key that signed it", async () => {
  const signer = new StorageSharedKeyCredential("stshop", keyOf(ACCOUNT, "stshop", "key2"));
  const sas = generateAccountSASQueryParameters(
    {
      expiresOn: new Date("2027-01-01"),
      permissions: AccountSASPermissions.parse("rl"),
      services: AccountSASServices.parse("b").toString(),
      resourceTypes: AccountSASResourceTypes.parse("sco").toString(),
    },
    signer,
  ).toString();
  const client = new BlobServiceClient(`https://stshop.blob.core.windows.net?${sas}`, undefined, options);
  expect(await codeOf(firstContainer(client))).toBe("taken");

  await regenerate(idOf(ACCOUNT, "stshop"), "regenerateKey?api-version=2023-01-01", { keyName: "key2" });

  expect(await codeOf(firstContainer(client))).toBe("AuthenticationFailed");
});

test("a service SAS opens its blob, for what it permits and until it ends", async () => {
  const signer = new StorageSharedKeyCredential("stshop", keyOf(ACCOUNT, "stshop", "key1"));
  const sasUntil = (expiresOn: string) =>
    generateBlobSASQueryParameters(
      {
        containerName: "backups",
        blobName: "db.bak",
        permissions: BlobSASPermissions.parse("r"),
        expiresOn: new Date(expiresOn),
      },
      signer,
    ).toString();
  const url = (sas: string, blob = "db.bak") => `https://stshop.blob.core.windows.net/backups/${blob}?${sas}`;

  // Taken: what is missing is the blob, not the right.
  expect((await call(url(sasUntil("2027-01-01")))).code).toBe("BlobNotFound");
  expect((await call(url(sasUntil("2027-01-01"), "other.bak"))).code).toBe("AuthenticationFailed");
  expect((await call(url(sasUntil("2026-01-01")))).code).toBe("AuthenticationFailed");
  expect((await call(url(sasUntil("2027-01-01")), { method: "DELETE" })).code).toBe(
    "AuthorizationPermissionMismatch",
  );
});

test("a user delegation SAS works until the account's delegation keys are revoked", async () => {
  const service = new BlobServiceClient(
    "https://stshop.blob.core.windows.net",
    credential("reader"),
    options,
  );
  const ends = new Date("2026-11-21T10:00:00Z");
  await expect(service.getUserDelegationKey(new Date(NOW), ends)).resolves.toBeDefined();
  const key = await service.getUserDelegationKey(new Date(NOW), ends);
  const sas = generateBlobSASQueryParameters(
    {
      containerName: "backups",
      blobName: "db.bak",
      permissions: BlobSASPermissions.parse("r"),
      expiresOn: ends,
    },
    key,
    "stshop",
  ).toString();
  const url = `https://stshop.blob.core.windows.net/backups/db.bak?${sas}`;
  expect((await call(url)).code).toBe("BlobNotFound");

  clock.advance(1);
  await regenerate(idOf(ACCOUNT, "stshop"), "revokeUserDelegationKeys?api-version=2023-01-01", {});

  expect((await call(url)).code).toBe("AuthenticationFailed");
});

test("an account that permits no keys says so", async () => {
  expect(await codeOf(firstContainer(blobs("stnokeys", keyOf(ACCOUNT, "stnokeys", "key1"))))).toBe(
    "KeyBasedAuthenticationNotPermitted",
  );
});

test("with a token the caller's roles decide", async () => {
  const read = async (application: string) =>
    codeOf(
      new BlobServiceClient("https://stshop.blob.core.windows.net", credential(application), options)
        .getContainerClient("backups")
        .getBlobClient("db.bak")
        .download(),
    );

  expect(await read("reader")).toBe("BlobNotFound");
  expect(await read("nobody")).toBe("AuthorizationPermissionMismatch");
});

test("blob calls are logged with their key's hash or their caller, never with a signature", async () => {
  await codeOf(firstContainer(blobs("stshop", keyOf(ACCOUNT, "stshop", "key1"))));
  const rows = [...tenant.state.logs.workspaces.values()].flatMap((workspace) => [
    ...visibleRows(workspace, "StorageBlobLogs", clock.now()),
  ]);

  expect(rows.at(-1)).toMatchObject({
    OperationName: "ListContainers",
    AuthenticationType: "AccountKey",
    StatusCode: "200",
    RequesterObjectId: "",
  });
  expect(rows.at(-1)?.["AuthenticationHash"]).toMatch(/^key1\([0-9A-F]{64}\)$/);
  expect(JSON.stringify(rows)).not.toMatch(/sig=(?!XXXXX)/);
});

test("a Cosmos key is refused after its regeneration, and a read-only key does not write", async () => {
  const type = "Microsoft.DocumentDB/databaseAccounts";
  const date = new Date(NOW).toUTCString();
  const dbs = async (key: string, method: "GET" | "POST" = "GET") => {
    const signature = createHmac("sha256", Buffer.from(key, "base64"))
      .update(`${method.toLowerCase()}\ndbs\n\n${date.toLowerCase()}\n\n`)
      .digest("base64");
    const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`);
    const url = "https://cosmos-shop.documents.azure.com/dbs";
    return (await call(url, { method, headers: { "x-ms-date": date, authorization } })).status;
  };
  const old = keyOf(type, "cosmos-shop", "primary");
  const readOnly = keyOf(type, "cosmos-shop", "primaryReadonly");
  expect([await dbs(old), await dbs(readOnly), await dbs(readOnly, "POST")]).toEqual([200, 200, 401]);

  await regenerate(idOf(type, "cosmos-shop"), "regenerateKey?api-version=2024-05-15", { keyKind: "primary" });

  expect([await dbs(old), await dbs(keyOf(type, "cosmos-shop", "primary"))]).toEqual([401, 200]);
});

test("a Service Bus rule's key signs tokens until it is replaced", async () => {
  const rule = "Microsoft.ServiceBus/namespaces/authorizationRules";
  const key = keyOf(rule, "RootManageSharedAccessKey", "PrimaryKey");
  const open = async (value: string) => {
    const audience = encodeURIComponent("https://sb-shop.servicebus.windows.net/orders");
    const ends = Math.floor(Date.parse(NOW) / 1000) + 3600;
    const signature = encodeURIComponent(
      createHmac("sha256", value).update(`${audience}\n${ends}`).digest("base64"),
    );
    const authorization = `SharedAccessSignature sr=${audience}&sig=${signature}&se=${ends}&skn=RootManageSharedAccessKey`;
    const url = "https://sb-shop.servicebus.windows.net/orders/messages";
    return (await call(url, { method: "POST", headers: { authorization } })).status;
  };
  expect(await open(key)).toBe(200);

  await regenerate(idOf(rule, "RootManageSharedAccessKey"), "regenerateKeys?api-version=2021-11-01", {
    keyType: "PrimaryKey",
  });

  expect(await open(key)).toBe(401);
  expect(await open(keyOf(rule, "RootManageSharedAccessKey", "PrimaryKey"))).toBe(200);
});

test("a registry's and an app's password are taken until they are replaced", async () => {
  const basic = (user: string, password: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` },
  });
  const registry = "Microsoft.ContainerRegistry/registries";
  const password = keyOf(registry, "crshop", "password");
  const publishing = keyOf("Microsoft.Web/sites", "app-shop", "publishingPassword");
  const pull = async (value: string) =>
    (await call("https://crshop.azurecr.io/v2/", basic("crshop", value))).status;
  const deploy = async (value: string) =>
    (await call("https://app-shop.scm.azurewebsites.net/api/deployments", basic("$app-shop", value))).status;
  expect([await pull(password), await deploy(publishing)]).toEqual([200, 200]);

  await regenerate(idOf(registry, "crshop"), "regenerateCredential?api-version=2023-07-01", {
    name: "password",
  });
  await regenerate(idOf("Microsoft.Web/sites", "app-shop"), "newpassword?api-version=2023-12-01", {});

  expect([await pull(password), await deploy(publishing)]).toEqual([401, 401]);
  expect(await pull(keyOf(registry, "crshop", "password"))).toBe(200);
});
