import { describe, expect, test } from "vitest";
import { type ArmUnderTest, armWith } from "./arm-under-test.ts";

const policy = (objectId: string, ...secrets: string[]) => ({
  tenantId: "t",
  objectId,
  permissions: { secrets },
});
const shop = (properties: Record<string, never> | object = {}) =>
  armWith({
    azure: {
      resources: [
        {
          type: "Microsoft.KeyVault/vaults",
          name: "kv-shop",
          resourceGroup: "rg-shop",
          properties: { accessPolicies: [policy("one", "get", "list"), policy("two", "get")], ...properties },
        },
      ],
      roleAssignments: [
        { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
        { principal: "servicePrincipal.deploy", role: "Key Vault Contributor", scope: "prod" },
      ],
    },
  });
const vault = (arm: ArmUnderTest) => `${arm.group}/providers/Microsoft.KeyVault/vaults/kv-shop`;
const change = (arm: ArmUnderTest, kind: string, ...policies: object[]) =>
  arm.ask("PUT", `${vault(arm)}/accessPolicies/${kind}`, {
    body: { properties: { accessPolicies: policies } },
  });
const policies = (arm: ArmUnderTest) => arm.ask("GET", vault(arm)).body.properties?.["accessPolicies"];

describe("access policies", () => {
  test("add joins permissions and leaves other principals alone", () => {
    const arm = shop();
    change(arm, "add", policy("two", "set"), policy("three", "get"));
    expect(policies(arm)).toMatchObject([
      { objectId: "one", permissions: { secrets: ["get", "list"] } },
      { objectId: "two", permissions: { secrets: ["get", "set"] } },
      { objectId: "three", permissions: { secrets: ["get"] } },
    ]);
  });

  test("replace wipes everybody who is not sent", () => {
    const arm = shop();
    change(arm, "replace", policy("three", "get"));
    expect(policies(arm)).toMatchObject([{ objectId: "three" }]);
  });

  test("remove takes away what is named, and the policy once nothing is left", () => {
    const arm = shop();
    change(arm, "remove", policy("one", "list"), policy("two", "get"));
    expect(policies(arm)).toMatchObject([{ objectId: "one", permissions: { secrets: ["get"] } }]);
  });

  test("an application id beside the object id makes another policy", () => {
    const arm = shop();
    change(arm, "add", { ...policy("one", "set"), applicationId: "app" });
    expect(policies(arm)).toHaveLength(3);
  });

  test("Key Vault Contributor has no data access but may grant itself any in policy mode", () => {
    const arm = shop();
    const answer = arm.ask("PUT", `${vault(arm)}/accessPolicies/add`, {
      as: "deploy",
      body: { properties: { accessPolicies: [policy(arm.principal("deploy"), "get")] } },
    });
    expect(answer.status).toBe(200);
  });
});

describe("a vault", () => {
  test("changes its permission model only for who may hand out roles", () => {
    const arm = shop();
    const rbac = { properties: { enableRbacAuthorization: true } };
    expect(arm.ask("PATCH", vault(arm), { as: "deploy", body: rbac })).toMatchObject({
      status: 403,
      message: expect.stringContaining("Microsoft.Authorization/roleAssignments/write"),
    });
    expect(arm.ask("PATCH", vault(arm), { body: rbac }).status).toBe(200);
  });

  test("keeps purge protection once it is on", () => {
    const arm = shop({ enablePurgeProtection: true });
    expect(
      arm.ask("PATCH", vault(arm), { body: { properties: { enablePurgeProtection: false } } }),
    ).toMatchObject({
      status: 400,
      message:
        'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    });
  });

  test("PATCH merges: network rules change and the rest stays", () => {
    const arm = shop();
    arm.ask("PATCH", vault(arm), { body: { properties: { networkAcls: { defaultAction: "Deny" } } } });
    expect(arm.ask("GET", vault(arm)).body.properties).toMatchObject({
      networkAcls: { defaultAction: "Deny" },
      accessPolicies: [{ objectId: "one" }, { objectId: "two" }],
    });
  });

  test("deleted, its name cannot be reused, and createMode recover brings back what it was", () => {
    const arm = shop();
    expect(arm.ask("DELETE", vault(arm)).status).toBe(200);
    const body = {
      location: "westeurope",
      properties: { sku: { family: "A", name: "standard" }, tenantId: "t" },
    };
    expect(arm.ask("PUT", vault(arm), { body })).toMatchObject({ status: 409, code: "ConflictError" });
    expect(
      arm.ask("GET", `${arm.subscription}/providers/Microsoft.KeyVault/deletedVaults`).body.value,
    ).toHaveLength(1);
    const recovered = arm.ask("PUT", vault(arm), {
      body: { ...body, properties: { ...body.properties, createMode: "recover" } },
    });
    expect(recovered.status).toBe(201);
    expect(policies(arm)).toHaveLength(2);
  });

  test("deleted with purge protection it cannot be purged", () => {
    const arm = shop({ enablePurgeProtection: true });
    arm.ask("DELETE", vault(arm));
    const purge = `${arm.subscription}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-shop/purge`;
    expect(arm.ask("POST", purge).status).toBe(400);
  });

  test("a name that is taken anywhere is refused", () => {
    const arm = shop();
    arm.ask("PUT", `${arm.subscription}/resourceGroups/other`, { body: { location: "westeurope" } });
    expect(
      arm.ask("PUT", `${arm.subscription}/resourceGroups/other/providers/Microsoft.KeyVault/vaults/KV-shop`, {
        body: { location: "westeurope", properties: {} },
      }),
    ).toMatchObject({ status: 409, code: "VaultAlreadyExists" });
  });
});
