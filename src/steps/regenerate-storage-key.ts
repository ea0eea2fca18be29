import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Scope } from "../case/scope.ts";
import { alreadySo, confirmation, failed, outcomeOfRemoval } from "./answers.ts";
import { lockInTheWay } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { cannotBeUndone, defineStep } from "./step.ts";
import { type Taken, takenThrough } from "./taken.ts";

const API = "2024-01-01";
const Target = z.object({ accountId: z.string().startsWith("/"), keyName: z.enum(["key1", "key2"]) });
const Before = z.object({ since: z.string() });
/** Null for keys that are as old as the account. */
const Created = z.string().nullish();
const Account = z.object({
  properties: z.object({ keyCreationTime: z.object({ key1: Created, key2: Created }).nullish() }),
});

const look = ({ arm }: Azure, accountId: string) => arm.get(accountId, API, Account);

function isYounger(
  { properties }: z.infer<typeof Account>,
  keyName: "key1" | "key2",
  { since }: z.infer<typeof Before>,
): boolean {
  const created = properties.keyCreationTime?.[keyName];
  return created != null && Date.parse(created) > Date.parse(since);
}

/**
 * Replaces one key of a storage account, and with it every account and service SAS it signed, at once. Both keys are
 * replaced, each by a step of its own: listing gives both, and replacing only the idle one leaves the other with the thief.
 */
export const regenerateStorageKey = defineStep({
  kind: "regenerate-storage-key",
  wave: "keys",
  target: Target,
  before: Before,
  needs: [
    AZURE("Microsoft.Storage/storageAccounts/regenerateKey/action"),
    AZURE("Microsoft.Storage/storageAccounts/read"),
  ],
  undoing: cannotBeUndone("An old key cannot come back; whoever used it gets the new one."),

  propose: (scope) =>
    takenThrough(scope, "storage-account", "key-listing").flatMap((taken) =>
      (["key1", "key2"] as const).map((keyName) => {
        const hindered = lockInTheWay(
          scope.obstacles,
          taken.resourceId,
          "write",
          `regenerate ${keyName} of ${taken.name}`,
        );
        return {
          target: { accountId: taken.resourceId, keyName },
          before: { since: taken.since },
          title: `Regenerate ${keyName} of the storage account ${taken.name}`,
          because: taken.because,
          cost: [
            `Whatever uses ${keyName} of ${taken.name}, or a shared access signature made with it, stops until it has the new one.`,
            ...copiesOf(scope, taken),
          ],
          touches: taken.touches,
          tags: taken.tags,
          ...(hindered === null ? {} : { hindered }),
        };
      }),
    ),

  alone: ({ accountId }) => accountId.toLowerCase(),
  async apply({ azure }, { accountId, keyName }, before) {
    const present = await look(azure, accountId);
    if (present.kind === "failed") {
      return present.failure.code === "NOT_FOUND"
        ? alreadySo(present.failure.requestId, azure.now())
        : failed(present.failure, azure.now());
    }
    if (isYounger(present.value, keyName, before)) return alreadySo(present.requestId, azure.now());
    // The answer holds the new keys: it is not kept.
    return outcomeOfRemoval(
      await azure.arm.post(`${accountId}/regenerateKey`, API, { keyName }, z.unknown()),
      azure.now(),
    );
  },
  verify: async ({ azure }, { accountId, keyName }, before) =>
    confirmation(await look(azure, accountId), azure.now(), {
      holds: (it) => isYounger(it, keyName, before),
      otherwise: "the key is older than its theft",
      absentHolds: true,
    }),
});

/** Vault secrets that hold a key of the account, by the tags of Microsoft's rotation tutorial. */
function copiesOf(scope: Scope, { resourceId }: Taken): readonly string[] {
  const names = scope.reach
    .filter(
      ({ kind, tags }) =>
        kind === "vault-secret" && tags["ProviderAddress"]?.toLowerCase() === resourceId.toLowerCase(),
    )
    .map(({ name }) => name);
  return [...new Set(names)]
    .toSorted()
    .map((name) => `The vault secret ${name} holds a key of it and is old until rotated.`);
}
