import { z } from "zod";
import { principalKey } from "../case/principal.ts";
import { type Flag, putBackFlag, setFlag, verifyFlag, verifyPutBack } from "./enabled-flag.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

const flag = (id: string): Flag => ({ path: `/servicePrincipals/${id}`, property: "accountEnabled" });

/**
 * Stops new tokens for a service principal in this tenant. Tokens already issued live on (residual exposure).
 * On a managed identity Microsoft does not document it; it is used in the field, so it is tried and proved by re-reading.
 */
export const disableServicePrincipal = defineStep({
  kind: "disable-service-principal",
  wave: "quick-cut",
  target: z.object({ servicePrincipalId: z.guid() }),
  before: z.object({ accountEnabled: z.boolean() }),
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],

  propose: (scope) =>
    scope.principals.flatMap(({ principal, signIn, because, attachments }) => {
      if (principal.kind === "user" || principal.objectId === null) return [];
      return [
        {
          target: { servicePrincipalId: principal.objectId },
          before: { accountEnabled: signIn.enabled ?? true },
          title: `Disable sign-in of ${principal.displayName}`,
          because: [because],
          cost: [
            `${principal.displayName} gets no new tokens: everything that signs in as it stops.`,
            ...attachments.map((it) => `${it.resourceName} (${it.resourceType}) uses it.`),
          ],
          touches: [principalKey(principal)],
        },
      ];
    }),

  apply: (context, { servicePrincipalId }) => setFlag(context, flag(servicePrincipalId), false),
  verify: (context, { servicePrincipalId }) => verifyFlag(context, flag(servicePrincipalId), false),
  undoing: {
    kind: "can",
    undo: (context, target, before) =>
      putBackFlag(context, flag(target.servicePrincipalId), { value: before.accountEnabled, cut: false }),
    verifyUndone: (context, target, before) =>
      verifyPutBack(context, flag(target.servicePrincipalId), before.accountEnabled),
  },
});
