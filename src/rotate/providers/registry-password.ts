import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { mapAnswer } from "../answer.ts";
import { defineProvider, KEY_COST, pairs } from "../provider.ts";
import { SecretText } from "../secret-text.ts";

const API = "2023-07-01";
const Credentials = z.object({
  passwords: z.array(z.object({ name: z.enum(["password", "password2"]), value: SecretText })),
});

/** The two passwords of a container registry's admin user. Scope-map tokens are other credentials and are not touched. */
export const registryPassword = defineProvider({
  kind: "registry-password",
  model: "keyed",
  about: "a password of a container registry's admin user",
  resource:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerRegistry\/registries\/[^/]+$/i,
  needs: [
    AZURE("Microsoft.ContainerRegistry/registries/listCredentials/action"),
    AZURE("Microsoft.ContainerRegistry/registries/regenerateCredential/action"),
  ],
  cost: KEY_COST,
  strongerCut: "Switch the admin user of the container registry off (adminUserEnabled = false)",
  ...pairs(["password", "password2"]),
  list: async (azure, id) =>
    mapAnswer(
      await azure.arm.post(`${id}/listCredentials`, API, undefined, Credentials),
      ({ passwords }) => passwords,
    ),
  regenerate: (azure, id, name) => azure.arm.post(`${id}/regenerateCredential`, API, { name }, z.unknown()),
});
