import { z } from "zod";
import { removeCertificate, verifyCertificateGone } from "./certificate-removal.ts";
import { CertificateBefore, putBackCertificate, verifyCertificateBack } from "./certificate-restoral.ts";
import { doomedCertificates } from "./credential-proposals.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

/** Removes one certificate of a service principal. New sign-ins with it end within minutes; tokens already issued live on. */
export const removeServicePrincipalCertificate = defineStep({
  kind: "remove-service-principal-certificate",
  wave: "credentials",
  target: z.object({
    servicePrincipalId: z.guid(),
    keyId: z.string(),
    customKeyIdentifier: z.string().nullable(),
  }),
  before: CertificateBefore,
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],

  propose: (scope) =>
    doomedCertificates(scope, "service-principal").map(
      ({ credential, holderName, touches, because, hindered }) => {
        const { holder: _holder, holderId, evidence: _evidence, ...before } = credential;
        const { keyId, customKeyIdentifier, usage, thumbprint } = credential;
        return {
          target: { servicePrincipalId: holderId, keyId, customKeyIdentifier },
          before,
          title: `Remove the certificate ${thumbprint ?? keyId} (${usage}) of the service principal ${holderName}`,
          because,
          cost: [
            usage === "Sign"
              ? `Single sign-on to ${holderName} breaks until it has a new signing certificate.`
              : `Whatever signs in with this certificate of ${holderName} stops.`,
          ],
          touches,
          ...(hindered === undefined ? {} : { hindered }),
        };
      },
    ),

  alone: ({ servicePrincipalId }) => servicePrincipalId,
  apply: ({ azure }, { servicePrincipalId, ...certificate }) =>
    removeCertificate(azure, `/servicePrincipals/${servicePrincipalId}`, certificate),
  verify: ({ azure }, { servicePrincipalId, ...certificate }) =>
    verifyCertificateGone(azure, `/servicePrincipals/${servicePrincipalId}`, certificate),
  undoing: {
    kind: "can",
    undo: ({ azure }, { servicePrincipalId }, before) =>
      putBackCertificate(azure, `/servicePrincipals/${servicePrincipalId}`, before),
    verifyUndone: ({ azure }, { servicePrincipalId }, before) =>
      verifyCertificateBack(azure, `/servicePrincipals/${servicePrincipalId}`, before),
  },
});
