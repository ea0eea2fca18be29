import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { principalKey } from "../case/principal.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { isManagedIdentity } from "./credential-proposals.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

const Found = z.object({ id: z.string() });
const look = ({ graph }: Azure, id: string) => graph.get(`/servicePrincipals/${id}?$select=id`, Found);

/**
 * Deletes a service principal; for 30 days it can be brought back with all it had. Microsoft advises disabling instead: a
 * deleted application that people consented to comes back as soon as one of them consents again.
 */
export const deleteServicePrincipal = defineStep({
  kind: "delete-service-principal",
  wave: "removal",
  target: z.object({ servicePrincipalId: z.guid() }),
  before: z.object({}),
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],
  offUnlessNamed: "disabling is enough, and a deleted principal can be consented to again under a new id",

  propose: (scope) =>
    scope.principals.flatMap(({ principal, because }) =>
      // A managed identity's goes with its resource.
      principal.kind === "user" || isManagedIdentity(principal) || principal.objectId === null
        ? []
        : [
            {
              target: { servicePrincipalId: principal.objectId },
              before: {},
              title: `Delete the service principal ${principal.displayName} (kept for 30 days)`,
              because: [because],
              cost: [`${principal.displayName} is gone from this tenant; after 30 days for good.`],
              touches: [principalKey(principal)],
            },
          ],
    ),

  alone: ({ servicePrincipalId }) => servicePrincipalId,
  apply: async ({ azure }, { servicePrincipalId }) =>
    outcomeOfRemoval(await azure.graph.delete(`/servicePrincipals/${servicePrincipalId}`), azure.now()),
  verify: async ({ azure }, { servicePrincipalId }) =>
    confirmation(await look(azure, servicePrincipalId), azure.now(), {
      holds: () => false,
      otherwise: "it is still there",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, { servicePrincipalId }) {
      const present = await look(azure, servicePrincipalId);
      if (present.kind === "ok") return alreadySo(present.requestId, azure.now());
      if (present.failure.code !== "NOT_FOUND") return failed(present.failure, azure.now());
      const path = `/directory/deletedItems/${servicePrincipalId}/restore`;
      const answer = await azure.graph.post(path, {}, z.unknown());
      if (answer.kind === "failed" && answer.failure.code === "NOT_FOUND") {
        return {
          kind: "needs-person",
          reason: "It is not among the deleted objects any more: they are kept for 30 days.",
          action: "Make a new service principal of the application and give it what the snapshot lists",
        };
      }
      return outcomeOfChange(answer, azure.now());
    },
    verifyUndone: async ({ azure }, { servicePrincipalId }) =>
      confirmation(await look(azure, servicePrincipalId), azure.now(), {
        holds: () => true,
        otherwise: "it is not there",
        absentHolds: false,
      }),
  },
});
