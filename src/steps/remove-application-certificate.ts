import { z } from "zod";
import { CertificateBefore } from "./certificate-restoral.ts";
import { certificateCut, proposeCertificates } from "./certificate-step.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep } from "./step.ts";

const Target = z.object({
  applicationId: z.guid(),
  keyId: z.string(),
  customKeyIdentifier: z.string().nullable(),
});
type Target = z.infer<typeof Target>;

/** Removes one certificate of an application. New sign-ins with it end within minutes; tokens already issued live on. */
export const removeApplicationCertificate = defineStep({
  kind: "remove-application-certificate",
  wave: "credentials",
  target: Target,
  before: CertificateBefore,
  needs: [MICROSOFT_GRAPH("Application.ReadWrite.All")],

  propose: (scope) =>
    proposeCertificates(scope, "application", ({ holderId, keyId, customKeyIdentifier }): Target => ({
      applicationId: holderId,
      keyId,
      customKeyIdentifier,
    })),

  alone: ({ applicationId }) => applicationId,
  ...certificateCut<Target>(({ applicationId }) => `/applications/${applicationId}`),
});
