import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";
import { askForToken, bySecret } from "../token-request.ts";

const AZ = "/usr/bin/az";
const WHY_SKIPPED = `az is not installed at ${AZ} (Debian: apt-get install azure-cli)`;
const run = promisify(execFile);
const Many = z.array(z.record(z.string(), z.unknown()));

// Debian's own package, which nobody here wrote. Some of its commands are broken in the package itself; for those the
// same URLs are asked with `az rest`, and that is said where it is done.
describe.skipIf(!existsSync(AZ))(existsSync(AZ) ? "az" : `az (skipped: ${WHY_SKIPPED})`, () => {
  let tenant: TenantHandle;
  let folder: string;

  const environment = () => ({
    ...tenant.env(),
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    AZURE_CONFIG_DIR: folder,
    AZURE_CORE_NO_COLOR: "true",
  });
  const az = async (...command: string[]): Promise<unknown> => {
    const { stdout } = await run(AZ, [...command, "-o", "json"], {
      env: environment(),
      timeout: 90_000,
      maxBuffer: 1 << 24,
    });
    return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  };
  const exitCodeOf = (...command: string[]) =>
    az(...command).then(
      () => 0,
      (error: unknown) => z.object({ code: z.number(), stderr: z.string() }).parse(error),
    );
  const suspect = () => {
    const { truth } = tenant.scenario;
    return { objectId: truth?.suspect.objectId ?? "", appId: truth?.suspect.appId ?? "" };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tourniquet-az-"));
    tenant = await startTenant({ scenario: "war-story" });
    const { AZURE_CLIENT_ID = "", AZURE_CLIENT_SECRET = "", AZURE_TENANT_ID = "" } = tenant.env();
    await az(
      "login",
      "--service-principal",
      "-u",
      AZURE_CLIENT_ID,
      "-p",
      AZURE_CLIENT_SECRET,
      "--tenant",
      AZURE_TENANT_ID,
    );
  }, 120_000);

  afterAll(async () => {
    await tenant.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("signs in and sees the subscriptions it has a role in", { timeout: 120_000 }, async () => {
    const accounts = await az("account", "list");

    expect(accounts).toMatchObject([{ name: "shop-prod", state: "Enabled" }, { name: "shop-test" }]);
  });

  test("a wrong tenant is refused", { timeout: 120_000 }, async () => {
    const { AZURE_CLIENT_ID = "", AZURE_CLIENT_SECRET = "" } = tenant.env();
    const elsewhere = [
      "login",
      "--service-principal",
      "-u",
      AZURE_CLIENT_ID,
      "-p",
      AZURE_CLIENT_SECRET,
      "--tenant",
      "fabrikam.com",
    ];

    expect(await exitCodeOf(...elsewhere)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("fabrikam.com"),
    });
  });

  test(
    "the activity log shows who pulled the cluster's credentials, and from where",
    { timeout: 120_000 },
    async () => {
      const events = Many.parse(
        await az("monitor", "activity-log", "list", "--resource-group", "rg-shop", "--offset", "1d"),
      );

      const pulled = events.filter((it) =>
        JSON.stringify(it["operationName"]).includes("listClusterAdminCredential/action"),
      );
      expect(pulled).toMatchObject([
        { caller: suspect().objectId, httpRequest: { clientIpAddress: "203.0.113.50" } },
      ]);
    },
  );

  test("the cluster shows its issuer", { timeout: 120_000 }, async () => {
    const cluster = await az("aks", "show", "-g", "rg-shop", "-n", "aks-shop");

    expect(cluster).toMatchObject({
      oidcIssuerProfile: {
        enabled: true,
        issuerUrl: expect.stringMatching(/^https:\/\/westeurope\.oic\.prod-aks\.azure\.com\/.*\/$/),
      },
      disableLocalAccounts: false,
    });
  });

  test(
    "the roles of a principal, by az rest because the packaged az role is broken",
    { timeout: 120_000 },
    async () => {
      const { AZURE_SUBSCRIPTION_ID = "" } = tenant.env();
      const url = `/subscriptions/${AZURE_SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=principalId eq '${suspect().objectId}'`;

      const { value } = z.object({ value: Many }).parse(await az("rest", "--method", "get", "--url", url));

      expect(value).toHaveLength(2);
      expect(JSON.stringify(value)).toContain("b24988ac-6180-42a0-ab88-20f7382dd24c");
    },
  );

  test(
    "an identity and a service principal, and the exit code for what is not there",
    { timeout: 120_000 },
    async () => {
      const identity = await az("identity", "show", "-g", "rg-shop", "-n", "id-shop-web");
      const principal = await az("ad", "sp", "show", "--id", suspect().appId);
      const nobody = await exitCodeOf("ad", "app", "show", "--id", "00000000-1111-2222-3333-444444444444");
      const nothing = await exitCodeOf("identity", "show", "-g", "rg-shop", "-n", "nope");

      expect(identity).toMatchObject({ principalId: tenant.names.guid("identity", "id-shop-web") });
      expect(principal).toMatchObject({
        id: suspect().objectId,
        displayName: "sp-shop-deploy",
        accountEnabled: true,
      });
      expect([nobody, nothing]).toMatchObject([{ code: 3 }, { code: 3 }]);
    },
  );

  test(
    "a credential is listed, deleted and gone, and nobody gets a token with it any more",
    { timeout: 120_000 },
    async () => {
      const app = tenant.names.guid("appId", "metrics");
      const before = Many.parse(await az("ad", "app", "credential", "list", "--id", app));

      await az("ad", "app", "credential", "delete", "--id", app, "--key-id", String(before[0]?.["keyId"]));
      const after = await az("ad", "app", "credential", "list", "--id", app);

      expect(before).toMatchObject([{ keyId: tenant.names.guid("keyId", "metrics.config-map") }]);
      expect(after).toEqual([]);
      const refused = await askForToken(tenant, bySecret(tenant, "metrics", "config-map"));
      expect([refused.status, refused.body.error_codes]).toEqual([401, [7000215]]);
    },
  );

  test(
    "federated credentials of an application and of an identity are listed, deleted and gone",
    { timeout: 180_000 },
    async () => {
      const app = tenant.names.guid("appId", "shop-deploy-test");
      const ofApplication = Many.parse(await az("ad", "app", "federated-credential", "list", "--id", app));
      await az(
        "ad",
        "app",
        "federated-credential",
        "delete",
        "--id",
        app,
        "--federated-credential-id",
        String(ofApplication[0]?.["id"]),
      );
      const identity = ["-g", "rg-shop", "--identity-name", "id-shop-web"];
      const ofIdentity = Many.parse(await az("identity", "federated-credential", "list", ...identity));
      await az("identity", "federated-credential", "delete", ...identity, "-n", "shop-web", "--yes");

      expect(ofApplication).toMatchObject([{ subject: "repo:contoso/shop:environment:test" }]);
      expect(await az("ad", "app", "federated-credential", "list", "--id", app)).toEqual([]);
      expect(ofIdentity).toMatchObject([{ name: "shop-web", subject: "system:serviceaccount:shop:web" }]);
      expect(await az("identity", "federated-credential", "list", ...identity)).toEqual([]);
    },
  );

  test("a principal is disabled and stays so when read again", { timeout: 120_000 }, async () => {
    await az(
      "ad",
      "sp",
      "update",
      "--id",
      tenant.names.guid("servicePrincipal", "backup"),
      "--set",
      "accountEnabled=false",
    );

    const principal = await az("ad", "sp", "show", "--id", tenant.names.guid("appId", "backup"));

    expect(principal).toMatchObject({ accountEnabled: false });
  });

  test("signs in as a managed identity, the way it does on App Service", { timeout: 120_000 }, async () => {
    const reader = tenant.names.guid("clientId", "id-tourniquet-reader");
    const onAppService = {
      ...environment(),
      AZURE_CONFIG_DIR: join(folder, "identity"),
      MSI_ENDPOINT: tenant.identityEndpoint,
      MSI_SECRET: tenant.identityHeader,
      APPSETTING_WEBSITE_SITE_NAME: "func-tourniquet",
    };

    const { stdout } = await run(AZ, ["login", "--identity", "--username", reader, "-o", "json"], {
      env: onAppService,
      timeout: 90_000,
    });

    expect(JSON.parse(stdout)).toMatchObject([
      { user: { assignedIdentityInfo: `MSIClient-${reader}`, type: "servicePrincipal" } },
      { name: "shop-test" },
    ]);
  });

  test("what else az tried to reach is Microsoft's telemetry at most, and the stand-in never broke", () => {
    const hosts = new Set(tenant.refused.map(({ host }) => host));
    for (const known of ["aka.ms", "app.aladdin.microsoft.com", "azure.microsoft.com"]) hosts.delete(known);

    expect([...hosts]).toEqual([]);
    expect(tenant.defects).toEqual([]);
  });
});

const PYTHON = "/usr/bin/python3";
const PYTHON_SDK = "/usr/lib/python3/dist-packages/azure/keyvault/secrets";

describe.skipIf(!existsSync(PYTHON_SDK))(
  existsSync(PYTHON_SDK)
    ? "Python's Key Vault client"
    : `Python's Key Vault client (skipped: no ${PYTHON_SDK})`,
  () => {
    test("lists and reads secrets by the vault's real name", { timeout: 60_000 }, async () => {
      await using tenant = await startTenant({ scenario: "war-story" });
      const script = `
import json, os
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
credential = ClientSecretCredential(os.environ["AZURE_TENANT_ID"], os.environ["APP"], os.environ["SECRET"])
client = SecretClient("https://kv-shop-prod.vault.azure.net", credential)
print(json.dumps({"names": sorted(it.name for it in client.list_properties_of_secrets()), "value": client.get_secret("sql-shop-admin").value}))
`;

      const { stdout } = await run(PYTHON, ["-c", script], {
        env: {
          ...tenant.env(),
          PATH: process.env["PATH"] ?? "",
          APP: tenant.names.guid("appId", "shop-deploy"),
          SECRET: tenant.names.secret("keyId", "shop-deploy.leaked"),
        },
        timeout: 50_000,
      });

      expect(JSON.parse(stdout)).toEqual({
        names: ["legacy-ci", "metrics-sp", "payment-api-key", "sql-shop-admin", "storage-key"],
        value: tenant.names.secret("vaultSecret", "kv-shop-prod.sql-shop-admin.0"),
      });
    });
  },
);
