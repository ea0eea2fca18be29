import { z } from "zod";
import { type Flag, putBackFlag, setFlag, verifyFlag, verifyPutBack } from "./enabled-flag.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

const flag = (id: string): Flag => ({ path: `/users/${id}`, property: "accountEnabled" });

/** Stops a user's new sign-ins. Sessions are another step; a user synced from on-premises is enabled again by the next sync. */
export const disableUser = defineStep({
  kind: "disable-user",
  wave: "quick-cut",
  target: z.object({ userId: z.guid() }),
  before: z.object({ accountEnabled: z.boolean() }),
  needs: [MICROSOFT_GRAPH("User.EnableDisableAccount.All"), MICROSOFT_GRAPH("User.Read.All")],

  propose: (scope) =>
    scope.principals.flatMap(({ principal, signIn, because }) => {
      if (principal.kind !== "user" || principal.objectId === null) return [];
      return [
        {
          target: { userId: principal.objectId },
          before: { accountEnabled: signIn.enabled ?? true },
          title: `Disable sign-in of ${principal.userPrincipalName ?? principal.displayName}`,
          because: [
            because,
            ...(signIn.syncedFromOnPremises
              ? ["Synced from on-premises: disable it there too, or the next sync enables it again."]
              : []),
          ],
          cost: [`${principal.displayName} cannot sign in anywhere.`],
          touches: [principal.objectId],
        },
      ];
    }),

  apply: (context, { userId }) => setFlag(context, flag(userId), false),
  verify: (context, { userId }) => verifyFlag(context, flag(userId), false),
  undoing: {
    kind: "can",
    undo: (context, target, before) =>
      putBackFlag(context, flag(target.userId), { value: before.accountEnabled, cut: false }),
    verifyUndone: (context, target, before) =>
      verifyPutBack(context, flag(target.userId), before.accountEnabled),
  },
});
