import { z } from "zod";
import { type Principal, principalKey } from "../case/principal.ts";
import { type Flag, putBackFlag, setFlag, verifyFlag, verifyPutBack } from "./enabled-flag.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { shutting } from "./shutting.ts";
import { defineStep, type Proposal } from "./step.ts";

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
      if (principal.applicationObjectId === null) return foreign(principal);
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
    undo: (context, target, before) =>
      putBackFlag(context, flag(target.applicationId), { value: before.isDisabled, cut: true }),
    verifyUndone: (context, target, before) =>
      verifyPutBack(context, flag(target.applicationId), before.isDisabled),
  },
});

/** Only where its application object lives can it be deactivated; elsewhere its service principal is all there is to cut. */
function foreign(
  principal: Principal,
): readonly Proposal<{ applicationId: string }, { isDisabled: boolean }>[] {
  const { kind, home, appId, displayName, objectId, homeTenantId } = principal;
  if (kind !== "application" || home !== "foreign" || appId === null) return [];
  return [
    {
      target: { applicationId: appId },
      before: { isDisabled: false },
      title: `Deactivate the application ${displayName}`,
      because: [],
      cost: [],
      touches: [objectId ?? appId],
      hindered: {
        reason: `its home is the tenant ${homeTenantId ?? "(unknown)"}, and only its publisher can`,
        coveredBy: [shutting(principal)],
        action: `Tell the publisher of ${displayName} (${appId}) that it is misused`,
      },
    },
  ];
}
