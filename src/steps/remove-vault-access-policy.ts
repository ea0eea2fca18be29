import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { principalKey } from "../case/principal.ts";
import type { VaultPolicy } from "../case/grant.ts";
import type { Scope } from "../case/scope.ts";
import { alreadySo, confirmation, failed, outcomeOfChange } from "./answers.ts";
import { lockInTheWay, plantedBecause } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { shuttingAll } from "./shutting.ts";
import { defineStep, type Proposal } from "./step.ts";

const API = "2023-07-01";
const Target = z.object({
  vaultId: z.string().startsWith("/"),
  objectId: z.guid(),
  applicationId: z.guid().nullable(),
});
type Target = z.infer<typeof Target>;
const Names = z.array(z.string());
const Before = z.object({
  tenantId: z.string(),
  permissions: z.object({ keys: Names, secrets: Names, certificates: Names, storage: Names }),
});
type Before = z.infer<typeof Before>;
const KINDS = ["keys", "secrets", "certificates", "storage"] as const;

const Entry = z.object({
  tenantId: z.string(),
  objectId: z.string(),
  applicationId: z.string().nullish(),
  permissions: z.object({
    keys: Names.nullish(),
    secrets: Names.nullish(),
    certificates: Names.nullish(),
    storage: Names.nullish(),
  }),
});
type Entry = z.infer<typeof Entry>;
const Vault = z.object({ properties: z.object({ accessPolicies: z.array(Entry).nullish() }) });

const look = ({ arm }: Azure, vaultId: string) => arm.get(vaultId, API, Vault);

function entryOf({ properties }: z.infer<typeof Vault>, { objectId, applicationId }: Target): Entry | null {
  const same = (a: string | null, b: string | null) => (a ?? "").toLowerCase() === (b ?? "").toLowerCase();
  return (
    properties.accessPolicies?.find(
      (it) => same(it.objectId, objectId) && same(it.applicationId ?? null, applicationId),
    ) ?? null
  );
}

/** Changes this one policy; `replace` would wipe everybody else's. */
function change(azure: Azure, how: "add" | "remove", { vaultId }: Target, policy: Entry) {
  return azure.arm.put(
    `${vaultId}/accessPolicies/${how}`,
    API,
    { properties: { accessPolicies: [policy] } },
    z.unknown(),
  );
}

/**
 * Takes away what a vault in access-policy mode lets a principal do; it is asked for at each request. Where the vault is in
 * RBAC mode the policy is asleep, and goes all the same, because switching the mode wakes it.
 */
export const removeVaultAccessPolicy = defineStep({
  kind: "remove-vault-access-policy",
  wave: "access",
  target: Target,
  before: Before,
  needs: [AZURE("Microsoft.KeyVault/vaults/read"), AZURE("Microsoft.KeyVault/vaults/accessPolicies/write")],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, vaultPolicies }) =>
      vaultPolicies
        // One of a group goes with the membership; the group's other members keep it.
        .filter(({ throughGroupId }) => throughGroupId === null)
        .map((it) =>
          propose(scope, it, principal.displayName, principalKey(principal), [
            it.planted
              ? "It was given during the attack."
              : "Tokens already issued can use it until it is gone.",
          ]),
        ),
    ),
    ...scope.planted.flatMap((plant) =>
      plant.detail.kind === "vault-policy" && plant.present !== false
        ? [
            propose(scope, plant.detail.policy, plant.detail.policy.objectId, plant.detail.policy.objectId, [
              plantedBecause(plant),
            ]),
          ]
        : [],
    ),
  ],

  // A vault's policies are one list: writes to it go one after another.
  alone: ({ vaultId }) => vaultId.toLowerCase(),
  async apply({ azure }, target) {
    const present = await look(azure, target.vaultId);
    if (present.kind === "failed") {
      return present.failure.code === "NOT_FOUND"
        ? alreadySo(present.failure.requestId, azure.now())
        : failed(present.failure, azure.now());
    }
    // As it is now, not as it was planned: what was added to it meanwhile goes too, or the principal keeps that.
    const entry = entryOf(present.value, target);
    return entry === null
      ? alreadySo(present.requestId, azure.now())
      : outcomeOfChange(await change(azure, "remove", target, entry), azure.now());
  },
  verify: async ({ azure }, target) =>
    confirmation(await look(azure, target.vaultId), azure.now(), {
      holds: (it) => entryOf(it, target) === null,
      otherwise: "the access policy is still there",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, target, before) {
      const present = await look(azure, target.vaultId);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      const entry = entryOf(present.value, target);
      if (entry !== null && !isSame(entry, before)) {
        return {
          kind: "needs-person",
          reason: "The principal has another access policy by now.",
          action: `Compare it with: ${describe(before)}`,
        };
      }
      if (entry !== null) return alreadySo(present.requestId, azure.now());
      const { objectId, applicationId } = target;
      const policy = { ...before, objectId, ...(applicationId === null ? {} : { applicationId }) };
      return outcomeOfChange(await change(azure, "add", target, policy), azure.now());
    },
    verifyUndone: async ({ azure }, target, before) =>
      confirmation(await look(azure, target.vaultId), azure.now(), {
        holds: (it) => {
          const entry = entryOf(it, target);
          return entry !== null && isSame(entry, before);
        },
        otherwise: "the access policy is not as it was",
        absentHolds: false,
      }),
  },
});

function isSame({ permissions }: Entry, before: Before): boolean {
  const normal = (names: readonly string[] | null | undefined) =>
    JSON.stringify((names ?? []).map((it) => it.toLowerCase()).toSorted());
  return KINDS.every((kind) => normal(permissions[kind]) === normal(before.permissions[kind]));
}

function describe({ permissions }: Before): string {
  const parts = KINDS.filter((kind) => permissions[kind].length > 0).map(
    (kind) => `${kind} ${permissions[kind].join(", ")}`,
  );
  return parts.join("; ") || "no permissions";
}

function propose(
  scope: Scope,
  policy: VaultPolicy,
  principalName: string,
  holder: string,
  because: readonly string[],
): Proposal<Target, Before> {
  const { vaultId, objectId, applicationId, tenantId, permissions } = policy;
  const { keys, secrets, certificates, storage } = permissions;
  const before: Before = {
    tenantId,
    permissions: {
      keys: [...keys],
      secrets: [...secrets],
      certificates: [...certificates],
      storage: [...storage],
    },
  };
  const vault = vaultId.split("/").at(-1) ?? vaultId;
  const hindered = lockInTheWay(
    scope.obstacles,
    vaultId,
    "write",
    `remove the access policy from ${vault}`,
    shuttingAll(scope, [objectId]),
  );
  const tags = scope.reach.find(({ targetId }) =>
    targetId.toLowerCase().startsWith(`${vaultId.toLowerCase()}/`),
  )?.tags;
  return {
    target: { vaultId, objectId, applicationId },
    before,
    title: `Remove the access policy for ${principalName} from the vault ${vault}`,
    because,
    cost: [`${principalName} loses in ${vault}: ${describe(before)}.`],
    touches: [...new Set([holder, objectId, vaultId])],
    ...(tags === undefined ? {} : { tags }),
    ...(hindered === null ? {} : { hindered }),
  };
}
