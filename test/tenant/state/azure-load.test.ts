import { describe, expect, test } from "vitest";
import { scenarioNames } from "../../../local/tenant/scenario/names.ts";
import {
  allRoleAssignments,
  type AzureSection,
  findResource,
  identityByClientId,
  identityOfResource,
  loadAzure,
  managedIdentityPrincipals,
} from "../../../local/tenant/state/azure.ts";
import type { z } from "zod";

type Section = z.input<typeof AzureSection>;

function load(section: Section, seed = 1) {
  const names = scenarioNames({ scenario: "load", seed, nowInMs: Date.parse("2026-11-22T12:00:00Z") });
  return { names, state: loadAzure(section, names) };
}

const base: Section = {
  subscriptions: [{ name: "prod" }, { name: "given", id: "12345678-0000-4000-8000-000000000000" }],
  resourceGroups: [{ name: "rg-shop" }, { name: "rg-given", subscription: "given" }],
};

describe("scopes", () => {
  test.each([
    ["prod", "/subscriptions/{prod}"],
    ["prod/rg-shop", "/subscriptions/{prod}/resourceGroups/rg-shop"],
    [
      "prod/rg-shop/Microsoft.KeyVault/vaults/kv/secrets/db",
      "/subscriptions/{prod}/resourceGroups/rg-shop/providers/Microsoft.KeyVault/vaults/kv/secrets/db",
    ],
    ["managementGroup/corp", "/providers/Microsoft.Management/managementGroups/corp"],
    ["/", "/"],
    ["/subscriptions/{{subscription.given}}", "/subscriptions/12345678-0000-4000-8000-000000000000"],
  ])("%s is %s", (short, long) => {
    const { names, state } = load({
      ...base,
      roleAssignments: [{ principal: "user.ada", role: "Reader", scope: short }],
    });
    const [assignment] = allRoleAssignments(state);
    expect(assignment?.scope).toBe(long.replace("{prod}", names.guid("subscription", "prod")));
    expect(assignment).toMatchObject({ principalId: names.guid("user", "ada"), principalType: "User" });
  });
});

describe("what a file cannot mean is refused", () => {
  test.each([
    ["an unknown role", { roleAssignments: [{ principal: "user.ada", role: "Overlord", scope: "prod" }] }],
    [
      "an unknown subscription",
      { roleAssignments: [{ principal: "user.ada", role: "Reader", scope: "dev" }] },
    ],
    ["a principal of no kind", { roleAssignments: [{ principal: "ada", role: "Reader", scope: "prod" }] }],
    [
      "a child without its parent's name",
      { resources: [{ type: "Microsoft.Web/sites/slots", name: "staging", resourceGroup: "rg-shop" }] },
    ],
    ["an incident of no workspace", { incidents: [{ name: "x", workspace: "none", properties: {} }] }],
  ])("%s", (_, section) => {
    expect(() => load({ ...base, ...section })).toThrow(expect.objectContaining({ code: "SCENARIO_PLACE" }));
  });

  test("a misspelt field is named", () => {
    const misspelt = { ...base, rolAssignments: [] };
    expect(() => load(misspelt)).toThrow(/rolAssignments/);
  });
});

test("the same file and seed give the same ids and keys, another seed gives others", () => {
  const section: Section = {
    ...base,
    resources: [{ type: "Microsoft.Storage/storageAccounts", name: "st", resourceGroup: "rg-shop" }],
  };
  const keyOf = (seed: number) => {
    const { state } = load(section, seed);
    return [...state.keys.values()][0]?.get("key1")?.value;
  };
  expect(keyOf(1)).toBe(keyOf(1));
  expect(keyOf(1)).not.toBe(keyOf(2));
  expect(keyOf(1)).toBeDefined();
});

test("keys that the file gives are held as they are, and never among the properties", () => {
  const { state } = load({
    ...base,
    resources: [
      {
        type: "Microsoft.Sql/servers",
        name: "sql",
        resourceGroup: "rg-shop",
        keys: { administratorLoginPassword: "the-password" },
      },
    ],
  });
  const [keys] = state.keys.values();
  expect(keys?.get("administratorloginpassword")?.value).toBe("the-password");
  expect(JSON.stringify([...state.resources.byId.current.values()])).not.toContain("the-password");
});

test("identities are found by client id and by what they are attached to, own one first", () => {
  const { names, state } = load({
    ...base,
    identities: [
      { name: "id-shop", resourceGroup: "rg-shop", clientId: "87654321-0000-4000-8000-000000000000" },
    ],
    resources: [
      {
        type: "Microsoft.Compute/virtualMachines",
        name: "vm",
        resourceGroup: "rg-shop",
        identity: { system: true, user: ["id-shop"] },
      },
    ],
  });
  expect(identityByClientId(state, "87654321-0000-4000-8000-000000000000")).toMatchObject({
    kind: "user-assigned",
    principalId: names.guid("identity", "id-shop"),
  });
  const vm = `/subscriptions/${names.guid("subscription", "prod")}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/vm`;
  expect(findResource(state, vm.toUpperCase())?.name).toBe("vm");
  expect(identityOfResource(state, vm).map(({ kind }) => kind)).toEqual(["system-assigned", "user-assigned"]);
  expect(managedIdentityPrincipals(state).map(({ alternativeNames }) => alternativeNames[0])).toEqual([
    "isExplicit=True",
    "isExplicit=False",
  ]);
});
