import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { mapAnswer } from "../answer.ts";
import { defineProvider, KEY_COST, pairs } from "../provider.ts";
import { SecretText } from "../secret-text.ts";

const API = "2024-03-01";
const Keys = z.object({ primaryKey: SecretText, secondaryKey: SecretText });

/** Access keys of Azure Cache for Redis. */
export const redisKey = defineProvider({
  kind: "redis-key",
  model: "keyed",
  about: "an access key of a Redis cache",
  resource: /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Cache\/redis\/[^/]+$/i,
  needs: [
    AZURE("Microsoft.Cache/redis/listKeys/action"),
    AZURE("Microsoft.Cache/redis/regenerateKey/action"),
  ],
  cost: KEY_COST,
  strongerCut: "Disable access keys of the cache (disableAccessKeyAuthentication = true)",
  ...pairs(["Primary", "Secondary"]),
  list: async (azure, id) =>
    mapAnswer(await azure.arm.post(`${id}/listKeys`, API, undefined, Keys), (keys) => [
      { name: "Primary", value: keys.primaryKey },
      { name: "Secondary", value: keys.secondaryKey },
    ]),
  regenerate: (azure, id, keyType) => azure.arm.post(`${id}/regenerateKey`, API, { keyType }, z.unknown()),
});
