import { z } from "zod";
import { principalKey } from "../case/principal.ts";
import { type Flag, putBackFlag, setFlag, verifyFlag, verifyPutBack } from "./enabled-flag.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

const flag = (id: string): Flag => ({ path: `/applications/${id}`, property: "isDisabled" });

/**
 * Stops new tokens for an application in every tenant it is used in. An owner can take it back, so owners go first.
 * Tokens already issued live on.
 */
export const deactivateApplication = defineStep({
  kind: "deactivate-application",
  wave: "deactivation",
  target: z.object({ applicationId: z.guid() }),
  before: z.object({ isDisabled: z.boolean() }),
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],

  propose: (scope) =>
    scope.principals.flatMap(({ principal, signIn, because }) => {
      if (principal.applicationObjectId === null) return [];
      return [
        {
          target: { applicationId: principal.applicationObjectId },
          before: { isDisabled: signIn.deactivated ?? false },
          title: `Deactivate the application ${principal.displayName}`,
          because: [because],
          cost: [`${principal.displayName} gets no new tokens in any tenant.`],
          touches: [principalKey(principal), principal.applicationObjectId],
        },
      ];
    }),

  alone: ({ applicationId }) => applicationId,
  apply: (context, { applicationId }) => setFlag(context, flag(applicationId), true),
  verify: (context, { applicationId }) => verifyFlag(context, flag(applicationId), true),
  undoing: {
    kind: "can",
    undo: (context, target, before) => putBackFlag(context, flag(target.applicationId), before.isDisabled),
    verifyUndone: (context, target, before) =>
      verifyPutBack(context, flag(target.applicationId), before.isDisabled),
  },
});
