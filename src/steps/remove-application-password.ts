import { z } from "zod";
import { doomedPasswords, isTelling } from "./credential-proposals.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { removePassword, removePasswords, verifyPasswordGone } from "./password-removal.ts";
import { cannotBeUndone, defineStep } from "./step.ts";

/** Removes one client secret of an application. New sign-ins with it end within minutes; tokens already issued live on. */
export const removeApplicationPassword = defineStep({
  kind: "remove-application-password",
  wave: "credentials",
  target: z.object({ applicationId: z.guid(), keyId: z.guid() }),
  before: z.object({ displayName: z.string().nullable(), hint: z.string().nullable() }),
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],
  undoing: cannotBeUndone("A removed secret's value cannot come back; whoever needs one gets a new one."),

  propose: (scope) =>
    doomedPasswords(scope, "application").map(({ credential, holderName, touches, because, hindered }) => ({
      target: { applicationId: credential.holderId, keyId: credential.keyId },
      before: { displayName: credential.displayName, hint: credential.hint },
      title: `Remove the secret ${credential.hint ?? credential.keyId}… of the application ${holderName}`,
      because,
      cost: [`Whatever signs in with this secret of ${holderName} stops.`],
      touches,
      // What is known to be leaked or used goes first.
      rank: isTelling(credential.evidence) ? -1 : 0,
      ...(hindered === undefined ? {} : { hindered }),
    })),

  alone: ({ applicationId }) => applicationId,
  apply: ({ azure }, { applicationId, keyId }) =>
    removePassword(azure, `/applications/${applicationId}`, keyId),
  together: {
    most: 60,
    apply: async (azure, targets) => {
      const [first] = targets;
      const keyIds = targets.map(({ keyId }) => keyId);
      return first === undefined
        ? []
        : removePasswords(azure, `/applications/${first.applicationId}`, keyIds);
    },
  },
  verify: ({ azure }, { applicationId, keyId }) =>
    verifyPasswordGone(azure, `/applications/${applicationId}`, keyId),
});
