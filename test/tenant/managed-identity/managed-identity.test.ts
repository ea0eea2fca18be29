import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fetch } from "undici";
import { expect, test } from "vitest";
import { z } from "zod";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";
import { claimsOf } from "../token-request.ts";

const run = promisify(execFile);
const Body = z.record(z.string(), z.unknown());

async function ask(tenant: TenantHandle, query: Record<string, string>, header = tenant.identityHeader) {
  const url = new URL(tenant.identityEndpoint);
  for (const [name, value] of Object.entries({ "api-version": "2019-08-01", ...query }))
    url.searchParams.set(name, value);
  const answer = await fetch(url, { headers: { "x-identity-header": header } });
  return { status: answer.status, body: Body.parse(await answer.json()) };
}

test("the answer has the fields of App Service, the expiry as epoch seconds in a string", async () => {
  await using tenant = await startTenant();
  const clientId = tenant.names.guid("clientId", "id-tourniquet-reader");

  const { status, body } = await ask(tenant, { resource: "https://vault.azure.net", client_id: clientId });

  expect(status).toBe(200);
  expect(body).toEqual({
    access_token: expect.any(String),
    client_id: clientId,
    expires_on: expect.stringMatching(/^\d{10}$/),
    resource: "https://vault.azure.net",
    token_type: "Bearer",
  });
  expect(claimsOf(String(body["access_token"]))).toMatchObject({
    oid: tenant.names.guid("identity", "id-tourniquet-reader"),
    appidacr: "2",
    xms_mirid: expect.stringContaining("id-tourniquet-reader"),
    xms_az_rid: expect.stringContaining("func-tourniquet"),
  });
});

test("one token per identity and resource for about a day: what changed meanwhile does not show", async () => {
  const clock = manualTenantClock("2026-11-20T09:00:00Z");
  await using tenant = await startTenant({ clock });
  const query = {
    resource: "https://graph.microsoft.com",
    client_id: tenant.names.guid("clientId", "id-tourniquet-reader"),
  };
  const first = await ask(tenant, query);
  const { appRoleAssignments, servicePrincipals } = tenant.state.directory;
  const id = tenant.names.guid("identity", "id-tourniquet-reader");
  for (const it of appRoleAssignments.find("principal", id)) appRoleAssignments.remove(it.id, clock.now());
  const principal = servicePrincipals.get(id);
  if (principal) servicePrincipals.put({ ...principal, accountEnabled: false }, clock.now());

  clock.advance(23 * 3_600_000);
  const cached = await ask(tenant, query);
  clock.advance(3_600_000);
  const fresh = await ask(tenant, query);

  expect(cached.body["access_token"]).toBe(first.body["access_token"]);
  expect(claimsOf(String(cached.body["access_token"]))["roles"]).toContain("Application.Read.All");
  expect(fresh.status).toBe(400);
});

test("an identity that is not attached is refused in the words of the platform", async () => {
  await using tenant = await startTenant();

  const { status, body } = await ask(tenant, {
    resource: "https://vault.azure.net",
    client_id: tenant.names.guid("clientId", "id-shop"),
  });

  expect(status).toBe(400);
  expect(body).toEqual({
    statusCode: 400,
    message:
      "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
    correlationId: expect.any(String),
  });
});

test("without the header of a resource there is nothing to be had", async () => {
  await using tenant = await startTenant();

  const { status } = await ask(
    tenant,
    { resource: "https://vault.azure.net" },
    "guessed.0123456789abcdef0123456789abcdef",
  );

  expect(status).toBe(401);
});

test("a token leaves one row in the managed identity sign-ins, a cached one none", async () => {
  await using tenant = await startTenant();
  const query = {
    resource: "https://vault.azure.net",
    client_id: tenant.names.guid("clientId", "id-tourniquet-actor"),
  };

  await ask(tenant, query);
  await ask(tenant, query);

  const [workspace] = tenant.state.logs.workspaces.values();
  expect(workspace?.rows.get("AADManagedIdentitySignInLogs")).toHaveLength(1);
});

test("a machine's metadata answers from its own address only, with everything as strings", async () => {
  await using tenant = await startTenant({ scenario: "imds-managed-identity" });
  const query = new URLSearchParams({
    "api-version": "2018-02-01",
    resource: "https://vault.azure.net",
    client_id: tenant.names.guid("clientId", "id-shared"),
  });
  const metadata = async (address: string, headers: string[]) => {
    const { stdout } = await run(
      "curl",
      [
        "-s",
        "-x",
        tenant.proxyUrlFrom(address),
        ...headers,
        `http://169.254.169.254/metadata/identity/oauth2/token?${query.toString()}`,
      ],
      { env: {}, timeout: 10_000 },
    );
    return Body.parse(JSON.parse(stdout));
  };

  const inside = await metadata("10.1.0.4", ["-H", "Metadata: true"]);
  const outside = await metadata("203.0.113.61", ["-H", "Metadata: true"]);
  const forged = await metadata("10.1.0.4", []);

  expect(inside).toMatchObject({
    token_type: "Bearer",
    expires_in: expect.stringMatching(/^\d+$/),
    not_before: expect.stringMatching(/^\d+$/),
  });
  expect(outside).toEqual({ error: "invalid_request", error_description: "Identity not found" });
  expect(forged).toMatchObject({ error: "invalid_request" });
});
