import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { mapAnswer } from "../answer.ts";
import { defineProvider, KEY_COST, pairs } from "../provider.ts";
import { SecretText } from "../secret-text.ts";

const API = "2024-05-15";
const Keys = z.object({
  primaryMasterKey: SecretText,
  secondaryMasterKey: SecretText,
  primaryReadonlyMasterKey: SecretText,
  secondaryReadonlyMasterKey: SecretText,
});

/** All four keys of a Cosmos DB account. Regenerating takes minutes, and the old key is taken until it is done. */
export const cosmosAccountKey = defineProvider({
  kind: "cosmos-account-key",
  model: "keyed",
  about: "a key of a Cosmos DB account",
  resource:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.DocumentDB\/databaseAccounts\/[^/]+$/i,
  needs: [
    AZURE("Microsoft.DocumentDB/databaseAccounts/listKeys/action"),
    AZURE("Microsoft.DocumentDB/databaseAccounts/regenerateKey/action"),
  ],
  cost: KEY_COST,
  strongerCut: "Disable local authentication of the Cosmos DB account (disableLocalAuth = true)",
  ...pairs(["primary", "secondary"], ["primaryReadonly", "secondaryReadonly"]),
  list: async (azure, id) =>
    mapAnswer(await azure.arm.post(`${id}/listKeys`, API, undefined, Keys), (keys) => [
      { name: "primary", value: keys.primaryMasterKey },
      { name: "secondary", value: keys.secondaryMasterKey },
      { name: "primaryReadonly", value: keys.primaryReadonlyMasterKey },
      { name: "secondaryReadonly", value: keys.secondaryReadonlyMasterKey },
    ]),
  regenerate: (azure, id, keyKind) => azure.arm.post(`${id}/regenerateKey`, API, { keyKind }, z.unknown()),
});
