import { z } from "zod";
import { AZURE } from "../../steps/needs.ts";
import { mapAnswer } from "../answer.ts";
import { defineProvider } from "../provider.ts";
import { SecretText } from "../secret-text.ts";

const API = "2023-12-01";
const Credentials = z.object({ properties: z.object({ publishingPassword: SecretText }) });

/**
 * The publishing password of a site or of one slot; each has its own. People's user-scope deployment credentials are
 * not reset by this: they die only with basic authentication.
 */
export const publishingCredential = defineProvider({
  kind: "publishing-credential",
  model: "keyed",
  about: "the publishing password of an App Service site",
  resource:
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Web\/sites\/[^/]+(?:\/slots\/[^/]+)?$/i,
  needs: [
    AZURE("Microsoft.Web/sites/config/list/action"),
    AZURE("Microsoft.Web/sites/slots/config/list/action"),
    AZURE("Microsoft.Web/sites/newpassword/action"),
    AZURE("Microsoft.Web/sites/slots/newpassword/action"),
  ],
  cost: {
    incident: "Whoever deploys with the publishing profile has to download it again.",
    hygiene:
      "There is one password and no overlap: whoever deploys with the publishing profile stops at once and has to download it again.",
  },
  strongerCut: "Switch basic authentication for deployments off, for scm and ftp, on the site and its slots",
  names: ["publishingPassword"],
  alternate: () => null,
  leakedWith: (key) => [key],
  list: async (azure, id) =>
    mapAnswer(
      await azure.arm.post(`${id}/config/publishingcredentials/list`, API, undefined, Credentials),
      ({ properties }) => [{ name: "publishingPassword", value: properties.publishingPassword }],
    ),
  regenerate: (azure, id) => azure.arm.post(`${id}/newpassword`, API, undefined, z.unknown()),
});
