import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { DelegatedGrant } from "../case/grant.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep, type Proposal } from "./step.ts";
import { plantedBecause } from "./hindrances.ts";

const Target = z.object({ clientId: z.guid(), grantId: z.string() });
type Target = z.infer<typeof Target>;
const Before = z.object({
  consentType: z.string(),
  principalId: z.string().nullable(),
  resourceId: z.string(),
  scope: z.string(),
});
const Listed = z.object({
  id: z.string(),
  consentType: z.string(),
  principalId: z.string().nullish(),
  resourceId: z.string(),
  scope: z.string().nullish(),
});

const list = ({ graph }: Azure, { clientId }: Target) =>
  graph.list(`/servicePrincipals/${clientId}/oauth2PermissionGrants`, Listed);
const words = (scope: string) => scope.split(/\s+/).filter(Boolean).toSorted().join(" ");

/** Takes back what users, or an administrator for them, allowed an application to do in their name. */
export const removeDelegatedGrant = defineStep({
  kind: "remove-delegated-grant",
  wave: "access",
  target: Target,
  before: Before,
  needs: [MICROSOFT_GRAPH("DelegatedPermissionGrant.ReadWrite.All")],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, delegatedGrants }) =>
      delegatedGrants.map((it) =>
        propose(it, principal.displayName, [
          it.planted ? "It was consented to during the attack." : "The suspect can act for users with it.",
        ]),
      ),
    ),
    ...scope.planted.flatMap(({ detail, onName, evidence, by, present }) =>
      detail.kind === "grant" && present !== false
        ? [propose(detail.grant, onName ?? detail.grant.clientId, [plantedBecause({ by, evidence })])]
        : [],
    ),
  ],

  alone: ({ clientId }) => clientId,
  async apply({ azure }, { grantId }) {
    const path = `/oauth2PermissionGrants/${encodeURIComponent(grantId)}`;
    return outcomeOfRemoval(await azure.graph.delete(path), azure.now());
  },
  verify: async ({ azure }, target) =>
    confirmation(await list(azure, target), azure.now(), {
      holds: (it) => it.every(({ id }) => id !== target.grantId),
      otherwise: "still granted",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, target, before) {
      const present = await list(azure, target);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      const namesake = present.value.find(
        (it) =>
          it.resourceId === before.resourceId &&
          it.consentType === before.consentType &&
          (it.principalId ?? null) === before.principalId,
      );
      if (namesake !== undefined) {
        return words(namesake.scope ?? "") === words(before.scope)
          ? alreadySo(present.requestId, azure.now())
          : {
              kind: "needs-person",
              reason: "Another grant for the same resource was given meanwhile, with other permissions.",
              action: `Compare it with: ${before.scope}`,
            };
      }
      const body = { clientId: target.clientId, ...before };
      return outcomeOfChange(
        await azure.graph.post("/oauth2PermissionGrants", body, z.unknown()),
        azure.now(),
      );
    },
    verifyUndone: async ({ azure }, target, before) =>
      confirmation(await list(azure, target), azure.now(), {
        holds: (it) =>
          it.some(
            (one) => one.resourceId === before.resourceId && words(one.scope ?? "") === words(before.scope),
          ),
        otherwise: "not granted",
        absentHolds: false,
      }),
  },
});

function propose(
  { id, clientId, consentType, principalId, resourceId, scope }: DelegatedGrant,
  clientName: string,
  because: readonly string[],
): Proposal<Target, z.infer<typeof Before>> {
  return {
    target: { clientId, grantId: id },
    before: { consentType, principalId, resourceId, scope },
    title: `Take back the grant of ${scope.trim()} to ${clientName}`,
    because,
    cost: [
      consentType === "AllPrincipals"
        ? `${clientName} can no longer act for any user.`
        : `${clientName} can no longer act for user ${principalId ?? "(unknown)"}.`,
    ],
    touches: [clientId],
  };
}
