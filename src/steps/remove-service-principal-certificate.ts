import { z } from "zod";
import { CertificateBefore } from "./certificate-restoral.ts";
import { certificateCut, proposeCertificates } from "./certificate-step.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

const Target = z.object({
  servicePrincipalId: z.guid(),
  keyId: z.string(),
  customKeyIdentifier: z.string().nullable(),
});
type Target = z.infer<typeof Target>;

/** Removes one certificate of a service principal. New sign-ins with it end within minutes; tokens already issued live on. */
export const removeServicePrincipalCertificate = defineStep({
  kind: "remove-service-principal-certificate",
  wave: "credentials",
  target: Target,
  before: CertificateBefore,
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],

  propose: (scope) =>
    proposeCertificates(scope, "service-principal", ({ holderId, keyId, customKeyIdentifier }): Target => ({
      servicePrincipalId: holderId,
      keyId,
      customKeyIdentifier,
    })),

  alone: ({ servicePrincipalId }) => servicePrincipalId,
  ...certificateCut<Target>(({ servicePrincipalId }) => `/servicePrincipals/${servicePrincipalId}`),
});
