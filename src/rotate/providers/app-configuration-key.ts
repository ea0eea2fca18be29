import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { mapAnswer } from "../answer.ts";
import { defineProvider, KEY_COST, pairs } from "../provider.ts";
import { SecretText } from "../secret-text.ts";

const API = "2024-05-01";
const Keys = z.object({
  value: z.array(z.object({ id: z.string(), name: z.string(), value: SecretText })),
});

/** Access keys of an App Configuration store. It regenerates by id, which changes with the key; names stay. */
export const appConfigurationKey = defineProvider({
  kind: "app-configuration-key",
  model: "keyed",
  about: "an access key of an App Configuration store",
  resource:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.AppConfiguration\/configurationStores\/[^/]+$/i,
  needs: [
    AZURE("Microsoft.AppConfiguration/configurationStores/ListKeys/action"),
    AZURE("Microsoft.AppConfiguration/configurationStores/RegenerateKey/action"),
  ],
  cost: KEY_COST,
  strongerCut: "Disable access keys of the App Configuration store (disableLocalAuth = true)",
  ...pairs(["Primary", "Secondary"], ["Primary Read Only", "Secondary Read Only"]),
  list: async (azure, id) =>
    mapAnswer(await azure.arm.post(`${id}/listKeys`, API, undefined, Keys), ({ value }) => value),
  async regenerate(azure, id, name) {
    const listed = await azure.arm.post(`${id}/listKeys`, API, undefined, Keys);
    if (listed.kind === "failed") return listed;
    const key = listed.value.value.find((it) => it.name === name);
    for (const { value } of listed.value.value) value.dispose();
    return azure.arm.post(`${id}/regenerateKey`, API, { id: key?.id ?? name }, z.unknown());
  },
});
