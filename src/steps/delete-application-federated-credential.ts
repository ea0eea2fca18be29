import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { doomedFederated, FederatedBefore } from "./doomed-federated.ts";
import { federatedInPlace, type FederatedNow, verifyFederatedBack } from "./federated-restoral.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

const Listed = z.object({
  id: z.string(),
  name: z.string(),
  issuer: z.string(),
  subject: z.string().nullish(),
  audiences: z.array(z.string()).default([]),
});
const asNow = ({ name, issuer, subject, audiences }: z.infer<typeof Listed>): FederatedNow => ({
  name,
  issuer,
  subject: subject ?? null,
  audiences,
});

const list = ({ graph }: Azure, applicationId: string) =>
  graph.list(`/applications/${applicationId}/federatedIdentityCredentials`, Listed);

/** Removes one federated credential of an application: what it trusts cannot sign in any more. Issued tokens live on for about an hour. */
export const deleteApplicationFederatedCredential = defineStep({
  kind: "delete-application-federated-credential",
  wave: "credentials",
  target: z.object({ applicationId: z.guid(), credentialId: z.guid() }),
  before: FederatedBefore,
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],

  propose: (scope) =>
    doomedFederated(scope, "application").map(
      ({ credential, before, holderName, trusts, touches, because }) => ({
        target: { applicationId: credential.holderId, credentialId: credential.id },
        before,
        title: `Delete the federated credential ${credential.name} of ${holderName}, which trusts ${trusts}`,
        because,
        cost: [`${trusts} cannot sign in as ${holderName} any more.`],
        touches,
        // What an unknown issuer signs may be in the attacker's hands already.
        rank: credential.planted || credential.trusts.kind === "unknown-issuer" ? -1 : 0,
      }),
    ),

  alone: ({ applicationId }) => applicationId,
  async apply({ azure }, { applicationId, credentialId }) {
    const answer = await azure.graph.delete(
      `/applications/${applicationId}/federatedIdentityCredentials/${credentialId}`,
    );
    return outcomeOfRemoval(answer, azure.now());
  },
  verify: async ({ azure }, { applicationId, credentialId }, { issuer, subject }) =>
    // Reads of one credential lag behind its deletion more than lists do (microsoft-graph-docs-contrib#1547).
    confirmation(await list(azure, applicationId), azure.now(), {
      // The same trust under another name lets the same one in.
      holds: (it) =>
        it.every(
          (one) =>
            one.id !== credentialId &&
            !(subject !== null && one.issuer === issuer && one.subject === subject),
        ),
      otherwise: "the federated credential is still listed",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, { applicationId }, before) {
      const present = await list(azure, applicationId);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      const inPlace = federatedInPlace(present.value.map(asNow), before, {
        requestId: present.requestId,
        now: azure.now(),
      });
      if (inPlace !== null) return inPlace;
      const { claimsMatchingExpression, subject, ...rest } = before;
      const answer = await azure.graph.post(
        `/applications/${applicationId}/federatedIdentityCredentials`,
        claimsMatchingExpression === null ? { ...rest, subject } : { ...rest, claimsMatchingExpression },
        z.unknown(),
        // The expression of a flexible credential exists in beta only.
        { version: claimsMatchingExpression === null ? "v1.0" : "beta" },
      );
      return outcomeOfChange(answer, azure.now());
    },
    async verifyUndone({ azure }, { applicationId }, before) {
      const present = await list(azure, applicationId);
      const now = present.kind === "ok" ? { ...present, value: present.value.map(asNow) } : present;
      return verifyFederatedBack(now, azure, before);
    },
  },
});
