import { z } from "zod";
import { doomedPasswords, isTelling } from "./credential-proposals.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { removePassword, removePasswords, verifyPasswordGone } from "./password-removal.ts";
import { cannotBeUndone, defineStep } from "./step.ts";

/** Removes one client secret of a service principal. New sign-ins with it end within minutes; tokens already issued live on. */
export const removeServicePrincipalPassword = defineStep({
  kind: "remove-service-principal-password",
  wave: "credentials",
  target: z.object({ servicePrincipalId: z.guid(), keyId: z.guid() }),
  before: z.object({ displayName: z.string().nullable(), hint: z.string().nullable() }),
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],
  undoing: cannotBeUndone("A removed secret's value cannot come back; whoever needs one gets a new one."),

  propose: (scope) =>
    doomedPasswords(scope, "service-principal").map(
      ({ credential, holderName, touches, because, hindered }) => ({
        target: { servicePrincipalId: credential.holderId, keyId: credential.keyId },
        before: { displayName: credential.displayName, hint: credential.hint },
        title: `Remove the secret ${credential.hint ?? credential.keyId}… of the service principal ${holderName}`,
        because,
        cost: [`Whatever signs in with this secret of ${holderName} stops.`],
        touches,
        // What is known to be leaked or used goes first.
        rank: isTelling(credential.evidence) ? -1 : 0,
        ...(hindered === undefined ? {} : { hindered }),
      }),
    ),

  alone: ({ servicePrincipalId }) => servicePrincipalId,
  apply: ({ azure }, { servicePrincipalId, keyId }) =>
    removePassword(azure, `/servicePrincipals/${servicePrincipalId}`, keyId),
  together: {
    most: 60,
    apply: async (azure, targets) => {
      const [first] = targets;
      const keyIds = targets.map(({ keyId }) => keyId);
      return first === undefined
        ? []
        : removePasswords(azure, `/servicePrincipals/${first.servicePrincipalId}`, keyIds);
    },
  },
  verify: ({ azure }, { servicePrincipalId, keyId }) =>
    verifyPasswordGone(azure, `/servicePrincipals/${servicePrincipalId}`, keyId),
});
