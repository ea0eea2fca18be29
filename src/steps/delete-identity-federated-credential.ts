import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { doomedFederated, FederatedBefore } from "./doomed-federated.ts";
import { lockInTheWay } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { defineStep } from "./step.ts";

const API = "2024-11-30";
const Listed = z.object({
  id: z.string(),
  name: z.string(),
  properties: z.object({ issuer: z.string(), subject: z.string(), audiences: z.array(z.string()) }),
});

const list = ({ arm }: Azure, identityId: string) =>
  arm.list(`${identityId}/federatedIdentityCredentials`, API, Listed);
const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Removes one federated credential of a user-assigned identity. Tokens already exchanged live on for up to 24 hours. */
export const deleteIdentityFederatedCredential = defineStep({
  kind: "delete-identity-federated-credential",
  wave: "credentials",
  target: z.object({ identityId: z.string().startsWith("/"), name: z.string() }),
  before: FederatedBefore,
  needs: [
    AZURE("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete"),
    AZURE("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"),
  ],

  propose: (scope) =>
    doomedFederated(scope, "identity").map(({ credential, before, holderName, trusts, touches, because }) => {
      const hindered = lockInTheWay(
        scope.obstacles,
        credential.holderId,
        "deletion",
        `delete the federated credential ${credential.name} of ${holderName}`,
      );
      return {
        target: { identityId: credential.holderId, name: credential.name },
        before,
        title: `Delete the federated credential ${credential.name} of the identity ${holderName}, which trusts ${trusts}`,
        because,
        cost: [`${trusts} cannot sign in as ${holderName} any more.`],
        touches,
        rank: credential.planted || credential.trusts.kind === "unknown-issuer" ? -1 : 0,
        ...(hindered === null ? {} : { hindered }),
      };
    }),

  // Concurrent writes below one identity are refused with 409.
  alone: ({ identityId }) => identityId.toLowerCase(),
  async apply({ azure }, { identityId, name }) {
    const path = `${identityId}/federatedIdentityCredentials/${encodeURIComponent(name)}`;
    const answer = await azure.arm.delete(path, API);
    // 204: there was nothing to delete.
    if (answer.kind === "ok" && answer.status === 204) return alreadySo(answer.requestId, azure.now());
    return outcomeOfRemoval(answer, azure.now());
  },
  verify: async ({ azure }, { identityId, name }) =>
    confirmation(await list(azure, identityId), azure.now(), {
      holds: (it) => it.every((one) => !same(one.name, name)),
      otherwise: "the federated credential is still listed",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, { identityId, name }, { issuer, subject, audiences }) {
      const present = await list(azure, identityId);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      const namesake = present.value.find((it) => same(it.name, name));
      if (namesake !== undefined) {
        return namesake.properties.issuer === issuer && namesake.properties.subject === subject
          ? alreadySo(present.requestId, azure.now())
          : {
              kind: "needs-person",
              reason: `Another federated credential called ${name} was made meanwhile.`,
              action: "Compare the two, and remove or rename the new one.",
            };
      }
      const path = `${identityId}/federatedIdentityCredentials/${encodeURIComponent(name)}`;
      const body = { properties: { issuer, subject, audiences } };
      return outcomeOfChange(await azure.arm.put(path, API, body, z.unknown()), azure.now());
    },
    verifyUndone: async ({ azure }, { identityId, name }, before) =>
      confirmation(await list(azure, identityId), azure.now(), {
        holds: (it) => it.some((one) => same(one.name, name) && one.properties.issuer === before.issuer),
        otherwise: "the federated credential is not listed",
        absentHolds: false,
      }),
  },
});
