import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientSecretCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { expect, test } from "vitest";
import { startAdversary } from "../../../local/tenant/adversary.ts";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";
import { allRoleAssignments } from "../../../local/tenant/state/azure.ts";
import { askForToken, bySecret } from "../token-request.ts";

function keptFolder(): { readonly folder: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-test-"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

function signInRows(tenant: TenantHandle): unknown {
  const [workspace] = tenant.state.logs.workspaces.values();
  return workspace?.rows.get("AADServicePrincipalSignInLogs");
}

function secrets(tenant: TenantHandle): SecretClient {
  const options = tenant.clientOptions();
  const { client_id, client_secret } = bySecret(tenant, "deploy", "current");
  return new SecretClient(
    "https://kv-shop.vault.azure.net",
    new ClientSecretCredential(tenant.tenant.id, client_id, client_secret, options),
    options,
  );
}

const OFFICER = {
  name: "small-officer",
  describes: "a principal that may write secrets",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: { applications: [{ name: "deploy", secrets: [{ name: "current" }] }] },
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: "rg-shop" }],
    resources: [
      {
        type: "Microsoft.KeyVault/vaults",
        name: "kv-shop",
        resourceGroup: "rg-shop",
        properties: { enableRbacAuthorization: true, accessPolicies: [], tenantId: "{{tenant.id}}" },
      },
    ],
    roleAssignments: [
      { principal: "servicePrincipal.deploy", role: "Key Vault Secrets Officer", scope: "prod" },
    ],
  },
};

test("a kept tenant goes on where it was: ids, tokens, what was written, and the rows it left", async () => {
  using kept = keptFolder();
  const first = await startTenant({ scenario: OFFICER, stateFolder: kept.folder });
  const { body } = await askForToken(first, bySecret(first, "deploy", "current", "https://vault.azure.net"));
  const written = await secrets(first).setSecret("new-one", "kept value");
  const rows = structuredClone(signInRows(first));
  const { port } = first;
  await first.stop();

  await using second = await startTenant({ stateFolder: kept.folder });
  const options = second.clientOptions();
  const client = new SecretClient(
    "https://kv-shop.vault.azure.net",
    {
      getToken: async () => ({ token: body.access_token ?? "", expiresOnTimestamp: Date.now() + 3_600_000 }),
    },
    options,
  );
  const read = await client.getSecret("new-one");

  expect(read.value).toBe("kept value");
  expect(read.properties.version).toBe(written.properties.version);
  expect(read.properties.createdOn).toEqual(written.properties.createdOn);
  expect(signInRows(second)).toEqual(rows);
  expect(second.tenant.id).toBe(first.tenant.id);
  expect(second.port).toBe(port);
  expect(second.caPem).toBe(first.caPem);
});

test("a line cut short by a kill was never answered and is left out", async () => {
  using kept = keptFolder();
  const first = await startTenant({ stateFolder: kept.folder });
  await askForToken(first, bySecret(first, "deploy", "current"));
  await first.stop();
  const journal = join(kept.folder, "journal.ndjson");
  const whole = readFileSync(journal, "utf8");
  appendFileSync(journal, '{"n":2,"t":17');

  const second = await startTenant({ stateFolder: kept.folder });
  await second.stop();

  expect(readFileSync(journal, "utf8")).toBe(whole);
  expect(signInRows(second)).toHaveLength(1);
});

test("no secret of the journal can be read by others on the machine", async () => {
  using kept = keptFolder();
  await using tenant = await startTenant({ stateFolder: kept.folder });
  await askForToken(tenant, bySecret(tenant, "deploy", "current"));
  const { statSync } = await import("node:fs");

  for (const file of ["journal.ndjson", "origin.json", "ca.key", "entra.key"]) {
    expect(statSync(join(kept.folder, file)).mode & 0o077).toBe(0);
  }
});

test("the same seed gives the same tenant, another one another", async () => {
  await using one = await startTenant({ seed: "a" });
  await using same = await startTenant({ seed: "a" });
  await using other = await startTenant({ seed: "b" });

  expect(same.names.guid("appId", "deploy")).toBe(one.names.guid("appId", "deploy"));
  expect(same.names.secret("keyId", "deploy.leaked")).toBe(one.names.secret("keyId", "deploy.leaked"));
  expect(other.tenant.id).not.toBe(one.tenant.id);
});

test("the whole state is the same after a restart: directory, Azure, vaults and logs, whatever an attacker did to them", async () => {
  using kept = keptFolder();
  const first = await startTenant({ scenario: "leaked-service-principal", stateFolder: kept.folder });
  const { attack } = first.scenario;
  if (!attack) throw new Error("no attack");
  const adversary = startAdversary(first, attack, { everyInMs: 5 });
  await adversary.round();
  await adversary.stop();
  const before = wholeState(first);
  await first.stop();

  await using second = await startTenant({ stateFolder: kept.folder });

  expect(first.requests.total).toBeGreaterThan(20);
  expect(wholeState(second)).toEqual(before);
});

function wholeState({ state }: TenantHandle): unknown {
  const { directory, azure, logs, vaults } = state;
  return {
    applications: [...directory.applications.all()],
    servicePrincipals: [...directory.servicePrincipals.all()],
    federatedCredentials: [...directory.federatedCredentials.all()],
    roleAssignments: [...allRoleAssignments(azure)],
    activity: azure.activity.map((it) => ({ ...it })),
    vaults: [...vaults.vaults.values()],
    rows: [...logs.workspaces.values()].map((it) => [...it.rows]),
  };
}
