import { afterAll, beforeAll, expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { allRoleAssignments, removeRoleAssignment } from "../../../local/tenant/state/azure.ts";
import { rawCall, refusalOf, startVaultTenant, type VaultTenant } from "./vaults-under-test.ts";

const clock = manualTenantClock("2026-11-20T10:00:00Z");
let tenant: VaultTenant;
beforeAll(async () => {
  tenant = await startVaultTenant({ clock });
});
afterAll(() => tenant.stop());

const raw = (vault: string, token: string | undefined, path = "/secrets/sql-password", method = "GET") =>
  rawCall(tenant, vault, { token, path, method });

test("without a token the answer is a 401 that names authority and resource, before anything else is looked at", async () => {
  const answer = await raw("kv-rbac", undefined, "/secrets/no_such+name", "PUT");

  expect(answer.status).toBe(401);
  expect(answer.headers["www-authenticate"]).toBe(
    `Bearer authorization="https://login.microsoftonline.com/${tenant.tenant.id}", resource="https://vault.azure.net"`,
  );
  expect(JSON.parse(answer.body)).toEqual({
    error: { code: "Unauthorized", message: "AKV10000: Request is missing a Bearer or PoP token." },
  });
});

test("a token for another audience is refused by name", async () => {
  const answer = await raw("kv-rbac", await tenant.token("officer", "https://management.azure.com/.default"));

  expect(answer.status).toBe(401);
  expect(answer.body).toContain(
    "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com",
  );
});

test("every answer carries the vault's headers, an error as well as a secret", async () => {
  const token = await tenant.token("officer");
  for (const answer of [await raw("kv-rbac", undefined), await raw("kv-rbac", token)]) {
    expect(answer.headers).toMatchObject({
      "x-ms-keyvault-region": "westeurope",
      "x-ms-keyvault-service-version": "1.9.1652.1",
      "x-ms-keyvault-network-info": "conn_type=Ipv4;addr=20.50.0.10;act_addr_fam=InterNetwork;",
      "strict-transport-security": "max-age=31536000;includeSubDomains",
    });
    expect(answer.headers["x-ms-request-id"]).toBeDefined();
  }
});

test("without a role the 403 names caller, action and resource as Azure's does", async () => {
  const refusal = await refusalOf(tenant.secrets("kv-rbac", "nobody").getSecret("sql-password"));

  const appId = tenant.names.guid("appId", "nobody");
  const objectId = tenant.names.guid("servicePrincipal", "nobody");
  expect(refusal).toMatchObject({ status: 403, code: "Forbidden", inner: "ForbiddenByRbac" });
  expect(refusal.message).toBe(
    "Caller is not authorized to perform action on resource.\r\n" +
      "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n" +
      `Caller: appid=${appId};oid=${objectId};iss=https://sts.windows.net/${tenant.tenant.id}/\r\n` +
      "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n" +
      `Resource: '/subscriptions/${tenant.names.guid("subscription", "prod")}/resourcegroups/rg/providers/microsoft.keyvault/vaults/kv-rbac/secrets/sql-password'\r\n` +
      "Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\n" +
      "Vault: kv-rbac;location=westeurope\r\n",
  );
});

test("Secrets User reads a value and sets none", async () => {
  const client = tenant.secrets("kv-rbac", "user");

  expect((await client.getSecret("sql-password")).value).toBe("s3cret-one");
  expect(await refusalOf(client.setSecret("sql-password", "mine"))).toMatchObject({
    inner: "ForbiddenByRbac",
  });
});

test("a role on one secret opens that secret and no other, nor the list", async () => {
  const client = tenant.secrets("kv-rbac", "one-secret");

  expect((await client.getSecret("sql-password")).value).toBe("s3cret-one");
  expect(await refusalOf(client.getSecret("other-password"))).toMatchObject({ inner: "ForbiddenByRbac" });
  await expect(client.listPropertiesOfSecrets().next()).rejects.toMatchObject({
    statusCode: 403,
    code: "Forbidden",
  });
});

test("a caller without a grant is not told whether a secret exists", async () => {
  expect(await refusalOf(tenant.secrets("kv-rbac", "nobody").getSecret("no-such-secret"))).toMatchObject({
    status: 403,
    inner: "ForbiddenByRbac",
  });
});

test("Contributor on the vault reads no secret", async () => {
  expect(await refusalOf(tenant.secrets("kv-rbac", "contributor").getSecret("sql-password"))).toMatchObject({
    inner: "ForbiddenByRbac",
  });
});

test("a deny assignment wins over a role, and the refusal names it", async () => {
  const refusal = await refusalOf(tenant.secrets("kv-rbac", "denied").getSecret("sql-password"));

  expect(refusal).toMatchObject({ status: 403, inner: "ForbiddenByRbac" });
  expect(refusal.message).toMatch(/DenyAssignmentId: '[^']+'\r\n/);
});

test("in policy mode a policy decides, by each permission", async () => {
  const client = tenant.secrets("kv-policy", "policy-reader");

  expect((await client.getSecret("sql-password")).value).toBe("s3cret-one");
  const refusal = await refusalOf(client.setSecret("sql-password", "mine"));
  expect(refusal).toMatchObject({ status: 403, code: "Forbidden", inner: "AccessDenied" });
  expect(refusal.message).toMatch(
    /^The user, group or application 'appid=[^;]+;oid=[^;]+;iss=[^']+' does not have secrets set permission on key vault 'kv-policy;location=westeurope'\. For help/,
  );
});

test("in policy mode RBAC data actions count for nothing", async () => {
  expect(await refusalOf(tenant.secrets("kv-policy", "nobody").getSecret("sql-password"))).toMatchObject({
    inner: "AccessDenied",
  });
});

test("a policy for a group is a policy for its members", async () => {
  expect((await tenant.secrets("kv-policy", "member").getSecret("sql-password")).value).toBe("s3cret-one");
});

test("an address outside the firewall is refused as an address, whatever the caller may", async () => {
  const refusal = await refusalOf(
    tenant.secrets("kv-guarded", "officer", "203.0.113.50").getSecret("sql-password"),
  );

  expect(refusal).toMatchObject({ status: 403, code: "Forbidden", inner: "ForbiddenByFirewall" });
  expect(refusal.message).toBe(
    "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.50 from unknown subnet\r\nVault: kv-guarded;location=westeurope",
  );
});

test("an address inside the firewall is let through", async () => {
  const inside = tenant.secrets("kv-guarded", "officer", "198.51.100.7");

  expect((await inside.getSecret("sql-password")).value).toBe("s3cret-one");
});

test("public access off is a refusal of its own", async () => {
  const refusal = await refusalOf(tenant.secrets("kv-private", "officer").getSecret("sql-password"));

  expect(refusal).toMatchObject({ status: 403, inner: "ForbiddenByConnection" });
  expect(refusal.message).toContain("Public network access is disabled");
});

test("a token from before a grant was taken away stops opening the vault when the removal has propagated", async () => {
  const ownClock = manualTenantClock("2026-11-20T10:00:00Z");
  await using other = await startVaultTenant({ clock: ownClock, delays: { roleAssignmentInMs: 300_000 } });
  const client = other.secrets("kv-rbac", "user");
  await client.getSecret("sql-password");

  const objectId = other.names.guid("servicePrincipal", "user");
  for (const assignment of allRoleAssignments(other.state.azure)) {
    if (assignment.principalId === objectId)
      removeRoleAssignment(other.state.azure, assignment.id, ownClock.now());
  }
  ownClock.advance(299_000);
  await client.getSecret("sql-password");
  ownClock.advance(2_000);

  expect(await refusalOf(client.getSecret("sql-password"))).toMatchObject({ inner: "ForbiddenByRbac" });
});
