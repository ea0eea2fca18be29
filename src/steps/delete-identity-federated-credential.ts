import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { doomedFederated, FederatedBefore } from "./doomed-federated.ts";
import { federatedInPlace, type FederatedNow, verifyFederatedBack } from "./federated-restoral.ts";
import { lockInTheWay } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { shuttingAll } from "./shutting.ts";
import { defineStep } from "./step.ts";

const API = "2024-11-30";
const Listed = z.object({
  id: z.string(),
  name: z.string(),
  properties: z.object({ issuer: z.string(), subject: z.string(), audiences: z.array(z.string()) }),
});

const list = ({ arm }: Azure, identityId: string) =>
  arm.list(`${identityId}/federatedIdentityCredentials`, API, Listed);
const asNow = ({ name, properties }: z.infer<typeof Listed>): FederatedNow => ({ name, ...properties });
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
    doomedFederated(scope, "identity").map(
      ({ credential, before, holderName, principalIds, trusts, touches, because }) => {
        const hindered = lockInTheWay(
          scope.obstacles,
          credential.holderId,
          "deletion",
          `delete the federated credential ${credential.name} of ${holderName}`,
          shuttingAll(scope, principalIds),
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
      },
    ),

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
    async undo({ azure }, { identityId, name }, before) {
      const present = await list(azure, identityId);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      const inPlace = federatedInPlace(present.value.map(asNow), before, {
        requestId: present.requestId,
        now: azure.now(),
      });
      if (inPlace !== null) return inPlace;
      const { issuer, subject, audiences } = before;
      const path = `${identityId}/federatedIdentityCredentials/${encodeURIComponent(name)}`;
      const body = { properties: { issuer, subject, audiences } };
      return outcomeOfChange(await azure.arm.put(path, API, body, z.unknown()), azure.now());
    },
    async verifyUndone({ azure }, { identityId }, before) {
      const present = await list(azure, identityId);
      const now = present.kind === "ok" ? { ...present, value: present.value.map(asNow) } : present;
      return verifyFederatedBack(now, azure, before);
    },
  },
});
