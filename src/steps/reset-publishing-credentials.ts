import { z } from "zod";
import { lockInTheWay } from "./hindrances.ts";
import { actOnce, type LoggedAction, sinceTaken, SinceTaken, verifyActed } from "./logged-action.ts";
import { AZURE } from "./needs.ts";
import { cannotBeUndone, defineStep } from "./step.ts";
import { takenThrough } from "./taken.ts";

const action = (siteId: string): LoggedAction => ({
  resourceId: siteId,
  action: `Microsoft.Web/sites/${siteId.toLowerCase().includes("/slots/") ? "slots/" : ""}newpassword/action`,
  verb: "newpassword",
  apiVersion: "2024-04-01",
});

/**
 * Gives an app, or one slot of it, a new publishing password: slots have their own. Deployment users of people belong to
 * the people and survive it; they end with basic publishing.
 */
export const resetPublishingCredentials = defineStep({
  kind: "reset-publishing-credentials",
  wave: "keys",
  target: z.object({ siteId: z.string().startsWith("/") }),
  before: SinceTaken,
  needs: [
    AZURE("Microsoft.Web/sites/newpassword/action"),
    AZURE("Microsoft.Web/sites/slots/newpassword/action"),
    AZURE("Microsoft.Insights/eventtypes/values/Read"),
  ],
  undoing: cannotBeUndone("An old publishing password cannot come back; pipelines fetch the new profile."),

  propose: (scope) =>
    takenThrough(scope, "site", "publishing-credential").map((taken) => {
      const hindered = lockInTheWay(
        scope.obstacles,
        taken.resourceId,
        "write",
        `reset the publishing profile of ${taken.name}`,
      );
      return {
        target: { siteId: taken.resourceId },
        before: sinceTaken(taken),
        title: `Reset the publishing credentials of ${taken.name}`,
        because: taken.because,
        cost: [`Deployments to ${taken.name} with the publishing profile stop until they have the new one.`],
        touches: taken.touches,
        tags: taken.tags,
        ...(hindered === null ? {} : { hindered }),
      };
    }),

  alone: ({ siteId }) => siteId.toLowerCase(),
  apply: ({ azure }, { siteId }, before) => actOnce(azure, action(siteId), before),
  verify: ({ azure }, { siteId }, before) => verifyActed(azure, action(siteId), before),
});
