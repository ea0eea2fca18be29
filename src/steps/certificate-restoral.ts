import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { alreadySo, confirmation, evidenceOf, failed, outcomeOfChange } from "./answers.ts";
import { type HolderPath, readCollections } from "./credential-collections.ts";

/** A certificate as it was, public part only. */
export const CertificateBefore = z.object({
  keyId: z.string(),
  displayName: z.string().nullable(),
  type: z.string(),
  usage: z.string(),
  startDateTime: z.string().nullable(),
  endDateTime: z.string().nullable(),
  customKeyIdentifier: z.string().nullable(),
  key: z.string().nullable(),
  thumbprint: z.string().nullable(),
});
export type CertificateBefore = z.infer<typeof CertificateBefore>;

/** Adds the certificate back beside those that are there now. The private key was never ours and never left its owner. */
export async function putBackCertificate(
  azure: Azure,
  holder: HolderPath,
  before: CertificateBefore,
): Promise<StepOutcome> {
  const present = await readCollections(azure, holder);
  if (present.kind === "failed") return failed(present.failure, azure.now());
  const { keyCredentials } = present.value;
  if (before.key === null || keyCredentials.some((it) => it.key == null)) {
    return {
      kind: "needs-person",
      reason: "The certificate's bytes could not be read when the snapshot was taken.",
      action: `Upload the certificate ${before.thumbprint ?? before.keyId} again.`,
    };
  }
  if (keyCredentials.some((it) => it.key === before.key && it.usage === before.usage)) {
    return alreadySo(present.requestId, azure.now());
  }
  if (before.usage === "Sign") {
    return {
      kind: "needs-person",
      reason: "A signing certificate has a private key that Entra does not give out.",
      action: "Create a new token-signing certificate and tell the service provider.",
    };
  }
  if (keyCredentials.some(({ keyId }) => keyId === before.keyId)) {
    return {
      kind: "needs-person",
      reason: "Another certificate stands under this key id now.",
      action: `Compare the two, and upload ${before.thumbprint ?? "the one from before"} again if it is wanted`,
    };
  }
  const { thumbprint: _, ...entry } = before;
  const answer = await azure.graph.patch(holder, { keyCredentials: [...keyCredentials, entry] });
  return outcomeOfChange(answer, azure.now());
}

export async function verifyCertificateBack(
  azure: Azure,
  holder: HolderPath,
  before: CertificateBefore,
): Promise<Confirmation> {
  const answer = await readCollections(azure, holder);
  if (before.key === null) {
    return {
      kind: "not-yet",
      seen: "the certificate was not put back",
      evidence: evidenceOf(null, azure.now()),
    };
  }
  return confirmation(answer, azure.now(), {
    holds: (it) => it.keyCredentials.some(({ key, usage }) => key === before.key && usage === before.usage),
    otherwise: "the certificate is not listed",
    absentHolds: false,
  });
}
