import { expect, test } from "vitest";
import type { KeyDoor } from "../../src/case/key-door.ts";
import type { Reach } from "../../src/case/reach.ts";
import { strongerCuts } from "../../src/plan/stronger-cuts.ts";
import { scopeWithoutPrincipals } from "../../src/respond/rotation-scope.ts";

const GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-(shop)";
const EMPTY = scopeWithoutPrincipals("case-1", { from: "", to: "" }, new Date(0));

function door(type: string, name: string, more: Partial<KeyDoor> = {}): KeyDoor {
  return {
    resourceId: `${GROUP}/providers/${type}/${name}`,
    type: type.toLowerCase(),
    name,
    state: "open",
    because: ["A suspect could list its keys."],
    ...more,
  };
}

test("each resource that takes keys is proposed once, with the command, what it breaks and who uses them", () => {
  const account = door("Microsoft.Storage/storageAccounts", "stshop");
  const held: Reach = {
    kind: "vault-secret",
    targetId: `${GROUP}/providers/Microsoft.KeyVault/vaults/kv/secrets/storage-key`,
    name: "storage-key",
    can: ["read-secret"],
    through: [],
    evidence: "read",
    lastTouched: null,
    tags: { ProviderAddress: account.resourceId.toUpperCase() },
    principalKey: "p",
    consumers: [
      {
        kind: "app-setting",
        resourceId: `${GROUP}/providers/Microsoft.Web/sites/app`,
        setting: "KEY",
        version: null,
      },
    ],
  };
  const cuts = strongerCuts({
    ...EMPTY,
    reach: [held, { ...held, principalKey: "q" }],
    keyDoors: [account, door("Microsoft.Sql/servers", "sql", { state: "needs-entra" })],
  });

  expect(cuts).toMatchObject([
    {
      title: expect.stringContaining("Disable shared-key access of the storage account stshop"),
      targetId: account.resourceId,
      command: `az storage account update --ids '${account.resourceId}' --allow-shared-key-access false`,
      cost: [
        expect.stringContaining("account or service SAS"),
        "The secret storage-key holds its key, which app takes.",
      ],
    },
    {
      because: expect.stringContaining("no Entra administrator yet"),
      command: "az sql server ad-only-auth enable --resource-group 'rg-(shop)' --name 'sql'",
    },
  ]);
});

test("what refuses keys already is not proposed", () => {
  expect(
    strongerCuts({
      ...EMPTY,
      keyDoors: [door("Microsoft.Storage/storageAccounts", "stshop", { state: "closed" })],
    }),
  ).toEqual([]);
});

test("a name that could end the quotes of a command is given no command", () => {
  const [cut] = strongerCuts({
    ...EMPTY,
    keyDoors: [door("Microsoft.Cache/redis", "x'; rm -rf ~; '")],
  });
  expect(cut?.title).toContain("Disable access keys");
  expect(cut?.command).toBeUndefined();
});
