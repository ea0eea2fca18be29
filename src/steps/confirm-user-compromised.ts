import { z } from "zod";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { confirmCompromise, type RiskSubject, verifyCompromise } from "./risk.ts";
import { cannotBeUndone, defineStep } from "./step.ts";

const subject = (id: string): RiskSubject => ({ collection: "riskyUsers", ids: "userIds", id });

/** Tells Entra that a user is compromised: risk high. It blocks only where a Conditional Access policy says so. */
export const confirmUserCompromised = defineStep({
  kind: "confirm-user-compromised",
  wave: "quick-cut",
  target: z.object({ userId: z.guid() }),
  before: z.object({}),
  needs: [MICROSOFT_GRAPH("IdentityRiskyUser.ReadWrite.All")],
  undoing: cannotBeUndone("That the risk is over is for a person to say: dismiss it in Entra ID Protection."),
  offUnlessNamed: "it needs Entra ID P2, and acts through Conditional Access alone",

  propose: (scope) =>
    scope.principals.flatMap(({ principal, because }) =>
      principal.kind !== "user" || principal.objectId === null
        ? []
        : [
            {
              target: { userId: principal.objectId },
              before: {},
              title: `Confirm to Entra that ${principal.userPrincipalName ?? principal.displayName} is compromised`,
              because: [because],
              cost: ["Conditional Access policies for users at high risk take effect."],
              touches: [principal.objectId],
              rank: 2,
            },
          ],
    ),

  // One request a second and tenant is all that identity protection takes.
  alone: () => "identity-protection",
  apply: ({ azure }, { userId }) => confirmCompromise(azure, subject(userId)),
  verify: ({ azure }, { userId }) => verifyCompromise(azure, subject(userId)),
});
