import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Scope } from "../../src/case/scope.ts";
import { inOrder, scopeOf } from "./scoped.ts";
import { readTenant, type ReadTenant } from "./tenant-reader.ts";

const VAULT = "prod/rg/Microsoft.KeyVault/vaults/kv";
const vault = (name: string) => ({
  type: "Microsoft.KeyVault/vaults",
  name,
  resourceGroup: "rg",
  properties: {
    tenantId: "{{tenant.id}}",
    sku: { family: "A", name: "standard" },
    vaultUri: `https://${name}.vault.azure.net/`,
    enableRbacAuthorization: true,
    accessPolicies: [],
  },
});
const ROLES = {
  name: "roles",
  describes: "Every way to hold an Azure role, and what narrows it.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: {
    users: [{ name: "ada" }],
    groups: [{ name: "team", members: ["servicePrincipal.deploy"] }],
    applications: [{ name: "deploy", secrets: [{ name: "own", start: "-10d", end: "+90d" }] }],
  },
  azure: {
    managementGroups: [{ name: "corp" }],
    subscriptions: [{ name: "prod", managementGroup: "corp" }, { name: "other" }],
    resourceGroups: [{ name: "rg" }],
    resources: [
      vault("kv"),
      vault("kv-denied"),
      {
        type: "Microsoft.Storage/storageAccounts",
        name: "stdata",
        resourceGroup: "rg",
        kind: "StorageV2",
        sku: { name: "Standard_LRS" },
      },
    ],
    roleDefinitions: [
      {
        name: "key-lister",
        roleName: "Key lister",
        actions: ["Microsoft.Storage/*/action"],
        notActions: ["Microsoft.Storage/storageAccounts/regenerate*"],
        assignableScopes: ["prod"],
      },
    ],
    roleAssignments: [
      { principal: "servicePrincipal.deploy", role: "key-lister", scope: "prod/rg" },
      { principal: "group.team", role: "Key Vault Secrets User", scope: "managementGroup/corp" },
      {
        principal: "servicePrincipal.deploy",
        role: "Storage Blob Data Reader",
        scope: "prod/rg/Microsoft.Storage/storageAccounts/stdata",
        condition:
          "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'public'))",
        conditionVersion: "2.0",
        description: "public only",
      },
    ],
    roleSchedules: [{ kind: "eligibility", principal: "user.ada", role: "Contributor", scope: "prod" }],
    denyAssignments: [
      {
        name: "no-secrets-here",
        scope: `${VAULT}-denied`,
        dataActions: ["Microsoft.KeyVault/vaults/secrets/*"],
        principals: [{ id: "group.team", type: "Group" }],
      },
    ],
  },
  vaults: {
    kv: { secrets: { one: { versions: [{}] } } },
    "kv-denied": { secrets: { two: { versions: [{}] } } },
  },
};

let read: ReadTenant;
let scope: Scope;
beforeAll(async () => {
  read = await readTenant({ scenario: ROLES });
  scope = await scopeOf(read, { objectIds: [read.tenant.names.guid("servicePrincipal", "deploy")] });
});
afterAll(async () => {
  await read[Symbol.asyncDispose]();
});

describe("Azure roles", () => {
  test("are found directly, through a group on a management group, and with all that a restore needs", () => {
    const roles = scope.principals[0]?.roleAssignments ?? [];
    expect(inOrder(roles.map(({ roleName, throughGroupId }) => [roleName, throughGroupId === null]))).toEqual(
      inOrder([
        ["Key Vault Secrets User", false],
        ["Key lister", true],
        ["Storage Blob Data Reader", true],
      ]),
    );
    const conditional = roles.find(({ condition }) => condition !== null);
    expect(conditional).toMatchObject({
      conditionVersion: "2.0",
      description: "public only",
      principalType: "ServicePrincipal",
    });
    expect(conditional?.id).toMatch(/\/roleAssignments\/[0-9a-f-]{36}$/i);
  });

  test("a custom role's wildcard gives, its notActions take away, and a condition is said to narrow", () => {
    const storage = scope.reach.find(({ kind }) => kind === "storage-account");
    expect(storage?.can).toEqual(["list-keys", "read-data"]);
    expect(scope.limitations.map(({ code }) => code)).toContain("CONDITIONAL");
  });

  test("a deny assignment on a group comes before what a role gives, and is an obstacle", () => {
    const secrets = scope.reach.filter(({ kind }) => kind === "vault-secret").map(({ name }) => name);
    expect(secrets).toEqual(["one"]);
    expect(scope.obstacles).toMatchObject([{ kind: "deny-assignment" }]);
  });

  test("a role that a user could activate is listed as eligible", async () => {
    const people = await scopeOf(read, { objectIds: [read.tenant.names.guid("user", "ada")] });
    expect(people.principals[0]?.roleAssignments).toMatchObject([
      { assignment: "eligible", roleName: "Contributor" },
    ]);
  });

  test("an assignment that only Resource Graph still shows is left out", async () => {
    // Resource Graph answers with what it had; ARM says the assignment is gone.
    const { tenant } = read;
    const deploy = tenant.names.guid("servicePrincipal", "deploy");
    const before = scope.principals[0]?.roleAssignments.length ?? 0;
    const rule = tenant.faults.add({
      service: "arm",
      operation: "GET /subscriptions/{id}/providers/Microsoft.Authorization/roleAssignments",
      answer: 403,
      times: Infinity,
    });
    const gone = tenant.faults.add({
      service: "arm",
      operation: "GET /providers/Microsoft.Authorization/roleAssignments/{name}",
      answer: 404,
      times: Infinity,
    });
    const stale = await scopeOf(read, { objectIds: [deploy] });
    rule.remove();
    gone.remove();
    expect(before).toBe(3);
    expect(stale.principals[0]?.roleAssignments).toEqual([]);
  });
});
