import { ClientSecretCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { fetch } from "undici";
import { expect, test } from "vitest";
import { z } from "zod";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";
import { HOSTILE_NEXT_LINK } from "../../../local/tenant/weather/fault-answer.ts";
import { askForToken, bySecret } from "../token-request.ts";

async function vaultToken(tenant: TenantHandle): Promise<string> {
  const { body } = await askForToken(
    tenant,
    bySecret(tenant, "deploy", "current", "https://vault.azure.net"),
  );
  return body.access_token ?? "";
}

function readSecret(tenant: TenantHandle, token: string, signal?: AbortSignal) {
  return fetch("https://kv-shop.vault.azure.net/secrets/db-password?api-version=7.4", {
    headers: { authorization: `Bearer ${token}` },
    dispatcher: tenant.dispatcher(),
    ...(signal === undefined ? {} : { signal }),
  });
}

test.each([400, 401, 403, 404, 409, 412, 429, 500, 502, 503, 504])(
  "a fault of %i reaches the client once, in the service's own shape",
  async (status) => {
    await using tenant = await startTenant();
    const token = await vaultToken(tenant);
    tenant.faults.next("key-vault", status);

    const spoiled = await readSecret(tenant, token);
    const body: unknown = await spoiled.json();
    const next = await readSecret(tenant, token);

    expect(spoiled.status).toBe(status);
    expect(body).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
    expect(spoiled.headers.get("retry-after")).toBeNull();
    expect(next.status).toBe(200);
  },
);

test("throttling carries Retry-After only where the rule says so", async () => {
  await using tenant = await startTenant();
  const token = await vaultToken(tenant);
  tenant.faults.next("key-vault", 429, { retryAfterInS: 7, code: "Throttled" });

  const answer = await readSecret(tenant, token);

  expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "7"]);
  expect(await answer.json()).toMatchObject({ error: { code: "Throttled" } });
});

test("each service fails in its own shape: Graph with innerError, Entra with an AADSTS number, ARM with code and message", async () => {
  await using tenant = await startTenant();
  for (const service of ["graph", "arm", "entra"] as const) tenant.faults.next(service, 503);
  const ask = async (url: string) =>
    (await fetch(url, { method: "POST", dispatcher: tenant.dispatcher() })).json();

  expect(await ask("https://graph.microsoft.com/v1.0/users")).toMatchObject({
    error: { code: "ServiceUnavailable", innerError: { date: expect.not.stringContaining("Z") } },
  });
  expect(await ask("https://management.azure.com/subscriptions")).toMatchObject({
    error: { code: "ServerTimeout" },
  });
  expect(await ask(`https://login.microsoftonline.com/${tenant.tenant.id}/oauth2/v2.0/token`)).toMatchObject({
    error: "temporarily_unavailable",
    error_codes: [90033],
  });
});

test("a reset cuts the connection before an answer, and nothing was done", async () => {
  await using tenant = await startTenant();
  const token = await vaultToken(tenant);
  tenant.faults.next("key-vault", "reset");

  await expect(readSecret(tenant, token)).rejects.toThrow();

  expect(tenant.requests.entries.at(-1)).toMatchObject({ service: "key-vault", status: 0, fault: "reset" });
});

test("a reset after the effect loses the answer only: the secret was written", async () => {
  await using tenant = await startTenant();
  const { client_id, client_secret } = bySecret(tenant, "deploy", "current");
  const { body } = await askForToken(tenant, {
    client_id,
    client_secret,
    scope: "https://vault.azure.net/.default",
  });
  tenant.faults.next("entra", "reset", { afterEffect: true });

  await expect(askForToken(tenant, bySecret(tenant, "deploy", "current"))).rejects.toThrow();

  const [workspace] = tenant.state.logs.workspaces.values();
  expect(body.access_token).toBeDefined();
  expect(workspace?.rows.get("AADServicePrincipalSignInLogs")).toHaveLength(2);
});

test("a hang lasts until the client gives up", async () => {
  await using tenant = await startTenant();
  const token = await vaultToken(tenant);
  tenant.faults.next("key-vault", "hang");

  await expect(readSecret(tenant, token, AbortSignal.timeout(300))).rejects.toMatchObject({
    name: "TimeoutError",
  });
});

test("half a body is half of the right one, with the length of the whole", async () => {
  await using tenant = await startTenant();
  const token = await vaultToken(tenant);
  tenant.faults.next("key-vault", "half-body");

  const answer = await readSecret(tenant, token);

  expect(answer.status).toBe(200);
  expect(Number(answer.headers.get("content-length"))).toBeGreaterThan(50);
  await expect(answer.text()).rejects.toThrow();
});

test("garbage is a good status and a JSON type around what no parser takes", async () => {
  await using tenant = await startTenant();
  const token = await vaultToken(tenant);
  tenant.faults.next("key-vault", "garbage");

  const answer = await readSecret(tenant, token);

  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "application/json; charset=utf-8",
  ]);
  await expect(answer.json()).rejects.toThrow();
});

test("a hostile next link is followed by a client that does not look, and the proxy tells", async () => {
  await using tenant = await startTenant();
  const options = { ...tenant.clientOptions(), retryOptions: { maxRetries: 0 } };
  const { client_id, client_secret } = bySecret(tenant, "deploy", "current");
  const client = new SecretClient(
    "https://kv-shop.vault.azure.net",
    new ClientSecretCredential(tenant.tenant.id, client_id, client_secret, options),
    options,
  );
  tenant.faults.add({
    service: "key-vault",
    operation: "GET /secrets/{name}/versions",
    nth: 2,
    answer: "hostile-next-link",
  });

  const listing = async () => {
    for await (const version of client.listPropertiesOfSecretVersions("db-password"))
      expect(version.name).toBe("db-password");
  };

  await expect(listing()).rejects.toThrow();
  expect(tenant.refused).toMatchObject([{ host: new URL(HOSTILE_NEXT_LINK).hostname, why: "not-azure" }]);
});

test("a rule may wait for the nth call of one operation on one target, and last for several", async () => {
  await using tenant = await startTenant();
  const token = await vaultToken(tenant);
  const rule = tenant.faults.add({
    service: "key-vault",
    operation: "GET /secrets/{name}",
    target: "DB-PASSWORD",
    nth: 2,
    times: 2,
    answer: 500,
  });

  const statuses: number[] = [];
  for (let call = 0; call < 5; call++) {
    const answer = await readSecret(tenant, token);
    await answer.text();
    statuses.push(answer.status);
  }

  expect(statuses).toEqual([200, 500, 500, 200, 200]);
  expect([rule.seen, rule.hits]).toEqual([5, 2]);
});

test("a rule for one address leaves the others alone", async () => {
  await using tenant = await startTenant();
  const token = await vaultToken(tenant);
  tenant.faults.add({ service: "key-vault", clientAddress: "203.0.113.50", times: Infinity, answer: 503 });
  const from = (clientAddress: string) =>
    fetch("https://kv-shop.vault.azure.net/secrets/db-password?api-version=7.4", {
      headers: { authorization: `Bearer ${token}` },
      dispatcher: tenant.dispatcher({ clientAddress }),
    });

  expect((await from("203.0.113.50")).status).toBe(503);
  expect((await from("198.51.100.1")).status).toBe(200);
});

test("the request log says who asked for what, where from, and counts by service", async () => {
  await using tenant = await startTenant();
  const token = await vaultToken(tenant);
  await readSecret(tenant, token);

  expect(tenant.requests.byService()).toEqual({ entra: 1, "key-vault": 1 });
  expect(tenant.requests.entries.at(-1)).toMatchObject({
    service: "key-vault",
    method: "GET",
    host: "kv-shop.vault.azure.net",
    status: 200,
    clientAddress: "20.50.0.10",
    caller: tenant.names.guid("servicePrincipal", "deploy"),
  });
});

test("an item of a $batch fails by itself, and what depends on it is not tried", async () => {
  await using tenant = await startTenant();
  const { body } = await askForToken(
    tenant,
    bySecret(tenant, "tourniquet-responder", "local", "https://graph.microsoft.com"),
  );
  const [deploy, billing] = ["deploy", "billing"].map((name) => tenant.names.guid("servicePrincipal", name));
  tenant.faults.add({
    service: "graph",
    operation: "PATCH /servicePrincipals/{id}",
    target: deploy ?? "",
    answer: 429,
    retryAfterInS: 9,
  });
  const disable = (id: string, principal: string | undefined, dependsOn?: string[]) => ({
    id,
    method: "PATCH",
    url: `/servicePrincipals/${principal ?? ""}`,
    headers: { "Content-Type": "application/json" },
    body: { accountEnabled: false },
    ...(dependsOn === undefined ? {} : { dependsOn }),
  });

  const answer = await fetch("https://graph.microsoft.com/v1.0/$batch", {
    method: "POST",
    headers: { authorization: `Bearer ${body.access_token ?? ""}`, "content-type": "application/json" },
    body: JSON.stringify({
      requests: [
        disable("1", deploy),
        { id: "2", method: "GET", url: `/servicePrincipals/${deploy ?? ""}`, dependsOn: ["1"] },
        { id: "3", method: "GET", url: `/servicePrincipals/${billing ?? ""}` },
      ],
    }),
    dispatcher: tenant.dispatcher(),
  });
  const { responses } = z
    .object({
      responses: z.array(
        z.object({ id: z.string(), status: z.number(), headers: z.record(z.string(), z.string()) }),
      ),
    })
    .parse(await answer.json());

  expect(answer.status).toBe(200);
  const byId = new Map(responses.map((it) => [it.id, it]));
  expect([byId.get("1")?.status, byId.get("2")?.status, byId.get("3")?.status]).toEqual([429, 424, 200]);
  expect(byId.get("1")?.headers["Retry-After"]).toBe("9");
  expect(tenant.state.directory.servicePrincipals.get(deploy ?? "")?.accountEnabled).toBe(true);
});
