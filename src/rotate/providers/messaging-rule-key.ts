import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { mapAnswer } from "../answer.ts";
import { defineProvider, KEY_COST, pairs } from "../provider.ts";
import { SecretText } from "../secret-text.ts";

const API = "2024-01-01";
const Keys = z.object({ primaryKey: SecretText, secondaryKey: SecretText });

/** Keys of one shared access rule of Service Bus or Event Hubs, on a namespace or on one entity in it. */
export const messagingRuleKey = defineProvider({
  kind: "messaging-rule-key",
  model: "keyed",
  about: "a key of a Service Bus or Event Hubs rule",
  resource:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.(?:ServiceBus|EventHub)\/namespaces\/[^/]+(?:\/(?:queues|topics|eventhubs)\/[^/]+)?\/authorizationRules\/[^/]+$/i,
  needs: ["ServiceBus/namespaces", "EventHub/namespaces"].flatMap((namespace) =>
    ["", "/queues", "/topics", "/eventhubs"]
      .filter((entity) => entity === "" || (entity === "/eventhubs") === namespace.startsWith("EventHub"))
      .flatMap((entity) => [
        AZURE(`Microsoft.${namespace}${entity}/authorizationRules/listKeys/action`),
        AZURE(`Microsoft.${namespace}${entity}/authorizationRules/regenerateKeys/action`),
      ]),
  ),
  cost: KEY_COST,
  strongerCut: "Disable local authentication of the messaging namespace (disableLocalAuth = true)",
  ...pairs(["PrimaryKey", "SecondaryKey"]),
  list: async (azure, id) =>
    mapAnswer(await azure.arm.post(`${id}/listKeys`, API, undefined, Keys), (keys) => [
      { name: "PrimaryKey", value: keys.primaryKey },
      { name: "SecondaryKey", value: keys.secondaryKey },
    ]),
  regenerate: (azure, id, keyType) => azure.arm.post(`${id}/regenerateKeys`, API, { keyType }, z.unknown()),
});
