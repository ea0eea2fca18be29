import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { mapAnswer } from "../answer.ts";
import { defineProvider, KEY_COST, pairs } from "../provider.ts";
import { SecretText } from "../secret-text.ts";

const API = "2023-05-01";
const Keys = z.object({ key1: SecretText, key2: SecretText });

/** Keys of a Cognitive Services (Azure AI, OpenAI) account. */
export const cognitiveServicesKey = defineProvider({
  kind: "cognitive-services-key",
  model: "keyed",
  about: "a key of an Azure AI services account",
  resource:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.CognitiveServices\/accounts\/[^/]+$/i,
  needs: [
    AZURE("Microsoft.CognitiveServices/accounts/listKeys/action"),
    AZURE("Microsoft.CognitiveServices/accounts/regenerateKey/action"),
  ],
  cost: KEY_COST,
  strongerCut: "Disable key access of the Azure AI services account (disableLocalAuth = true)",
  ...pairs(["Key1", "Key2"]),
  list: async (azure, id) =>
    mapAnswer(await azure.arm.post(`${id}/listKeys`, API, undefined, Keys), (keys) => [
      { name: "Key1", value: keys.key1 },
      { name: "Key2", value: keys.key2 },
    ]),
  regenerate: (azure, id, keyName) => azure.arm.post(`${id}/regenerateKey`, API, { keyName }, z.unknown()),
});
