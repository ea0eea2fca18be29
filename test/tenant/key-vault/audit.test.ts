import { expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { refusalOf, startVaultTenant } from "./vaults-under-test.ts";

test("every call is in AZKVAuditLogs, the challenge too, with the caller and the secret", async () => {
  await using tenant = await startVaultTenant();
  await tenant.secrets("kv-rbac", "officer", "203.0.113.50").getSecret("sql-password");

  const [challenge, read] = tenant.rows("AZKVAuditLogs");
  expect(challenge).toMatchObject({
    OperationName: "Authentication",
    HttpStatusCode: 401,
    ResultSignature: "Unauthorized",
  });
  expect(read).toMatchObject({
    OperationName: "SecretGet",
    HttpStatusCode: 200,
    ResultSignature: "OK",
    CallerIpAddress: "203.0.113.50",
    Identity: {
      claim: {
        oid: tenant.names.guid("servicePrincipal", "officer"),
        appid: tenant.names.guid("appId", "officer"),
      },
    },
    IsRbacAuthorized: true,
  });
  expect(String(read?.["Id"])).toMatch(
    /^https:\/\/kv-rbac\.vault\.azure\.net\/secrets\/sql-password\/[0-9a-f]{32}$/,
  );
  expect(String(read?.["RequestUri"])).toContain("/secrets/sql-password/");
});

test("a refused read says Success in ResultType; only the status tells", async () => {
  await using tenant = await startVaultTenant();
  await refusalOf(tenant.secrets("kv-rbac", "nobody").getSecret("sql-password"));

  expect(tenant.rows("AZKVAuditLogs").at(-1)).toMatchObject({
    OperationName: "SecretGet",
    ResultType: "Success",
    HttpStatusCode: 403,
    ResultSignature: "Forbidden",
    IsRbacAuthorized: false,
  });
});

test("a vault with the older diagnostic setting writes AzureDiagnostics, its address column spelt its own way", async () => {
  await using tenant = await startVaultTenant();
  await tenant.secrets("kv-older", "officer", "203.0.113.50").getSecret("sql-password");

  expect(tenant.rows("AZKVAuditLogs")).toEqual([]);
  expect(tenant.rows("AzureDiagnostics").at(-1)).toMatchObject({
    ResourceProvider: "MICROSOFT.KEYVAULT",
    OperationName: "SecretGet",
    CallerIPAddress: "203.0.113.50",
    httpStatusCode_d: 200,
    identity_claim_oid_g: tenant.names.guid("servicePrincipal", "officer"),
    identity_claim_appid_g: tenant.names.guid("appId", "officer"),
  });
});

test("a row is not there before its ingestion delay has passed", async () => {
  const clock = manualTenantClock("2026-11-20T10:00:00Z");
  await using tenant = await startVaultTenant({ clock, delays: { logIngestionInMs: 120_000 } });
  await tenant.secrets("kv-rbac", "officer").getSecret("sql-password");

  expect(tenant.rows("AZKVAuditLogs")).toEqual([]);
  clock.advance(120_000);
  expect(tenant.rows("AZKVAuditLogs")).toHaveLength(2);
});

test("no value of a secret is ever in a row", async () => {
  await using tenant = await startVaultTenant();
  const client = tenant.secrets("kv-rbac", "officer");
  await client.setSecret("hidden", "never-to-be-logged");
  await client.getSecret("hidden");

  expect(JSON.stringify(tenant.rows("AZKVAuditLogs"))).not.toContain("never-to-be-logged");
});
