import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { fetch, request } from "undici";
import { expect, test } from "vitest";
import { startTenant } from "../../../local/tenant/start.ts";

const run = promisify(execFile);
const VAULT_SCOPE = "https://vault.azure.net/.default";

test("the JS identity client gets a token with a client secret, given only the client options", async () => {
  await using tenant = await startTenant();
  const credential = new ClientSecretCredential(
    tenant.tenant.id,
    tenant.names.guid("appId", "deploy"),
    tenant.names.secret("keyId", "deploy.leaked"),
    tenant.clientOptions(),
  );

  const token = await credential.getToken("https://management.azure.com/.default");

  expect(token.expiresOnTimestamp).toBeGreaterThan(Date.now() + 55 * 60_000);
});

test("the JS Key Vault client reads a secret by its real name, challenge and all", async () => {
  await using tenant = await startTenant();
  const options = tenant.clientOptions({ clientAddress: "203.0.113.50" });
  const credential = new ClientSecretCredential(
    tenant.tenant.id,
    tenant.names.guid("appId", "deploy"),
    tenant.names.secret("keyId", "deploy.current"),
    options,
  );
  const client = new SecretClient("https://kv-shop.vault.azure.net", credential, options);

  const secret = await client.getSecret("db-password");

  expect(secret.value).toBe(tenant.names.secret("vaultSecret", "kv-shop.db-password.1"));
  const seenFrom = new Set(tenant.requests.entries.map(({ clientAddress }) => clientAddress));
  expect([...seenFrom]).toEqual(["203.0.113.50"]);
});

test("a process of its own needs nothing but the environment: fetch, identity and a vault", async () => {
  await using tenant = await startTenant();
  const script = `
    import { ManagedIdentityCredential } from "@azure/identity";
    const { clientId } = process.env;
    const token = await new ManagedIdentityCredential({ clientId: process.env.READER }).getToken("https://graph.microsoft.com/.default");
    const keys = await (await fetch("https://login.microsoftonline.com/" + process.env.AZURE_TENANT_ID + "/discovery/v2.0/keys")).json();
    console.log(JSON.stringify({ keys: keys.keys.length, hours: Math.round((token.expiresOnTimestamp - Date.now()) / 3_600_000) }));
  `;

  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], {
    env: {
      ...tenant.env(),
      PATH: process.env["PATH"] ?? "",
      READER: tenant.names.guid("clientId", "id-tourniquet-reader"),
    },
    timeout: 30_000,
  });

  expect(JSON.parse(stdout)).toEqual({ keys: 1, hours: 24 });
});

test("a process can enter the tenant and leave it again", async () => {
  await using tenant = await startTenant();
  const url = `https://login.microsoftonline.com/${tenant.tenant.id}/v2.0/.well-known/openid-configuration`;
  const proxyBefore = process.env["HTTPS_PROXY"];
  {
    using inside = tenant.enterProcess();
    expect(inside).toBeDefined();
    const answer = await globalThis.fetch(url);
    expect(answer.status).toBe(200);
    const token = await new ManagedIdentityCredential({
      clientId: tenant.names.guid("clientId", "id-tourniquet-actor"),
    }).getToken(VAULT_SCOPE);
    expect(token.token).toMatch(/^ey/);
  }

  expect(process.env["HTTPS_PROXY"]).toBe(proxyBefore);
  expect(tenant.refused).toEqual([]);
});

test("a name that is not Azure's is refused and noted, with who asked", async () => {
  await using tenant = await startTenant();

  const attempt = fetch("https://telemetry.example.com/v1", {
    dispatcher: tenant.dispatcher({ clientAddress: "198.51.100.7" }),
  });

  await expect(attempt).rejects.toThrow();
  expect(tenant.refused).toMatchObject([
    { host: "telemetry.example.com", port: 443, clientAddress: "198.51.100.7", why: "not-azure" },
  ]);
});

test("an Azure name on another port is refused", async () => {
  await using tenant = await startTenant();

  await expect(
    fetch("https://management.azure.com:8443/", { dispatcher: tenant.dispatcher() }),
  ).rejects.toThrow();

  expect(tenant.refused).toMatchObject([{ host: "management.azure.com", port: 8443, why: "not-azure" }]);
});

test("a tunnel to one name is no way to another", async () => {
  await using tenant = await startTenant();

  // fetch would not let the header differ from the URL.
  const answer = await request(`https://login.microsoftonline.com/${tenant.tenant.id}/discovery/v2.0/keys`, {
    dispatcher: tenant.dispatcher(),
    headers: { host: "graph.microsoft.com" },
  });

  expect(answer.statusCode).toBe(421);
  expect(tenant.refused).toMatchObject([{ host: "graph.microsoft.com", why: "host-mismatch" }]);
});

test("a request in the clear is refused, unless it is for a machine's own metadata", async () => {
  await using tenant = await startTenant();

  const { stdout } = await run(
    "curl",
    ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-x", tenant.proxyUrl, "http://example.com/"],
    {
      timeout: 10_000,
      env: {},
    },
  );

  expect(stdout).toBe("403");
  expect(tenant.refused).toMatchObject([{ host: "example.com", why: "not-https" }]);
});
