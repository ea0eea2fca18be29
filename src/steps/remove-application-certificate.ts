import { z } from "zod";
import { removeCertificate, verifyCertificateGone } from "./certificate-removal.ts";
import { CertificateBefore, putBackCertificate, verifyCertificateBack } from "./certificate-restoral.ts";
import { doomedCertificates } from "./credential-proposals.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

/** Removes one certificate of an application. New sign-ins with it end within minutes; tokens already issued live on. */
export const removeApplicationCertificate = defineStep({
  kind: "remove-application-certificate",
  wave: "credentials",
  target: z.object({
    applicationId: z.guid(),
    keyId: z.string(),
    customKeyIdentifier: z.string().nullable(),
  }),
  before: CertificateBefore,
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],

  propose: (scope) =>
    doomedCertificates(scope, "application").map(({ credential, holderName, touches, because, hindered }) => {
      const { holder: _holder, holderId, evidence: _evidence, ...before } = credential;
      const { keyId, customKeyIdentifier, usage, thumbprint } = credential;
      return {
        target: { applicationId: holderId, keyId, customKeyIdentifier },
        before,
        title: `Remove the certificate ${thumbprint ?? keyId} (${usage}) of the application ${holderName}`,
        because,
        cost: [
          usage === "Sign"
            ? `Single sign-on to ${holderName} breaks until it has a new signing certificate.`
            : `Whatever signs in with this certificate of ${holderName} stops.`,
        ],
        touches,
        ...(hindered === undefined ? {} : { hindered }),
      };
    }),

  alone: ({ applicationId }) => applicationId,
  apply: ({ azure }, { applicationId, ...certificate }) =>
    removeCertificate(azure, `/applications/${applicationId}`, certificate),
  verify: ({ azure }, { applicationId, ...certificate }) =>
    verifyCertificateGone(azure, `/applications/${applicationId}`, certificate),
  undoing: {
    kind: "can",
    undo: ({ azure }, { applicationId }, before) =>
      putBackCertificate(azure, `/applications/${applicationId}`, before),
    verifyUndone: ({ azure }, { applicationId }, before) =>
      verifyCertificateBack(azure, `/applications/${applicationId}`, before),
  },
});
