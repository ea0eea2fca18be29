import { z } from "zod";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { principalKey } from "../case/principal.ts";
import { alreadySo, confirmation, failed, outcomeOfChange } from "./answers.ts";
import { defineStep, type StepContext } from "./step.ts";

const Target = z.object({ servicePrincipalId: z.guid() });
const Before = z.object({ accountEnabled: z.boolean() });
const Enabled = z.object({ accountEnabled: z.boolean().nullable() });

const look = ({ azure }: StepContext, id: string) =>
  azure.graph.get(`/servicePrincipals/${id}?$select=id,accountEnabled`, Enabled);

/**
 * Stops new tokens for a service principal in this tenant. Tokens already issued live on (residual exposure).
 * On a managed identity Microsoft does not document it; it is used in the field, so it is tried and proved by re-reading.
 */
export const disableServicePrincipal = defineStep({
  kind: "disable-service-principal",
  wave: "quick-cut",
  target: Target,
  before: Before,
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

  async apply(context, { servicePrincipalId }) {
    const { azure } = context;
    const answer = await azure.graph.patch(`/servicePrincipals/${servicePrincipalId}`, {
      accountEnabled: false,
    });
    // A deleted service principal cannot sign in either.
    if (answer.kind === "failed" && answer.failure.code === "NOT_FOUND") {
      return alreadySo(answer.failure.requestId, azure.now());
    }
    return outcomeOfChange(answer, azure.now());
  },

  verify: async (context, { servicePrincipalId }) =>
    confirmation(await look(context, servicePrincipalId), context.azure.now(), {
      holds: (it) => it.accountEnabled === false,
      otherwise: "sign-in is enabled",
      absentHolds: true,
    }),

  undoing: {
    kind: "can",
    async undo(context, { servicePrincipalId }, { accountEnabled }) {
      const { azure } = context;
      const now = await look(context, servicePrincipalId);
      if (now.kind === "failed") return failed(now.failure, azure.now());
      if (now.value.accountEnabled === accountEnabled) return alreadySo(now.requestId, azure.now());
      return outcomeOfChange(
        await azure.graph.patch(`/servicePrincipals/${servicePrincipalId}`, { accountEnabled }),
        azure.now(),
      );
    },
    verifyUndone: async (context, { servicePrincipalId }, { accountEnabled }) =>
      confirmation(await look(context, servicePrincipalId), context.azure.now(), {
        holds: (it) => it.accountEnabled === accountEnabled,
        otherwise: "sign-in is not as it was",
        absentHolds: false,
      }),
  },
});
