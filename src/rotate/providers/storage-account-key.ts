import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { mapAnswer } from "../answer.ts";
import { defineProvider, KEY_COST, pairs } from "../provider.ts";
import { SecretText } from "../secret-text.ts";

const API = "2023-05-01";
const Keys = z.object({ keys: z.array(z.object({ keyName: z.string(), value: SecretText })) });

/** Account keys. Signatures made with a key (account and service SAS) die with it; user delegation ones do not. */
export const storageAccountKey = defineProvider({
  kind: "storage-account-key",
  model: "keyed",
  about: "a key of a storage account",
  resource:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Storage\/storageAccounts\/[^/]+$/i,
  needs: [
    AZURE("Microsoft.Storage/storageAccounts/listKeys/action"),
    AZURE("Microsoft.Storage/storageAccounts/regenerateKey/action"),
  ],
  cost: {
    ...KEY_COST,
    incident: `${KEY_COST.incident} Kerberos keys (kerb1, kerb2) are left alone unless the secret is one of them.`,
  },
  strongerCut: "Disable shared-key access of the storage account (allowSharedKeyAccess = false)",
  ...pairs(["key1", "key2"], ["kerb1", "kerb2"]),
  // Kerberos keys are how file shares join a domain: regenerating them for a leaked account key breaks more than it saves.
  leakedWith: (key) => (key.startsWith("kerb") ? ["kerb1", "kerb2"] : ["key1", "key2"]),
  list: async (azure, id) =>
    mapAnswer(await azure.arm.post(`${id}/listKeys?$expand=kerb`, API, undefined, Keys), ({ keys }) =>
      keys.map(({ keyName, value }) => ({ name: keyName, value })),
    ),
  regenerate: (azure, id, keyName) => azure.arm.post(`${id}/regenerateKey`, API, { keyName }, z.unknown()),
});
