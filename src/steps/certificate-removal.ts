import type { Azure } from "../azure/azure.ts";
import type { Confirmation, StepOutcome } from "../case/outcome.ts";
import { alreadySo, confirmation, evidenceOf, failed, outcomeOfChange } from "./answers.ts";
import { type Collections, type HolderPath, readCollections } from "./credential-collections.ts";

/** A certificate entry to remove: the key id, and the identifier it shares with the other parts of a signing triple. */
export interface CertificateToRemove {
  readonly keyId: string;
  readonly customKeyIdentifier: string | null;
}

/**
 * Removes a certificate by sending the collection back without it: `removeKey` demands a proof signed by a key that only
 * the owner has, PATCH does not. All else is sent back whole. A SAML signing certificate is three entries with one
 * identifier (Sign, Verify, and the password of its private key); dropping only some answers success and changes nothing,
 * so they go together (hashicorp/terraform-provider-azuread, Azure/azure-cli#24635).
 */
export async function removeCertificate(
  azure: Azure,
  holder: HolderPath,
  { keyId }: CertificateToRemove,
): Promise<StepOutcome> {
  const present = await readCollections(azure, holder);
  if (present.kind === "failed") {
    return present.failure.code === "NOT_FOUND"
      ? alreadySo(present.failure.requestId, azure.now())
      : failed(present.failure, azure.now());
  }
  const rest = without(present.value, keyId);
  if (rest === null) return alreadySo(present.requestId, azure.now());
  // A certificate that came without its bytes cannot be sent back, and leaving it out would delete it.
  if (rest.keyCredentials.some((it) => it.key == null)) {
    return {
      kind: "failed",
      code: "UNEXPECTED",
      status: present.status,
      azureCode: null,
      retryable: true,
      retryAfterInMs: null,
      evidence: evidenceOf(present.requestId, azure.now()),
    };
  }
  const body =
    rest.passwordCredentials.length === present.value.passwordCredentials.length
      ? { keyCredentials: rest.keyCredentials }
      : rest;
  return outcomeOfChange(await azure.graph.patch(holder, body), azure.now());
}

/** What stays when a certificate goes; null when it is not there. Pure. */
export function without(collections: Collections, keyId: string): Collections | null {
  const doomed = collections.keyCredentials.find((it) => it.keyId === keyId);
  if (doomed === undefined) return null;
  const { customKeyIdentifier } = doomed;
  // Only signing certificates come in threes. Elsewhere two entries may share a thumbprint without belonging together.
  const triple =
    customKeyIdentifier != null &&
    collections.keyCredentials.some(
      (it) => it.customKeyIdentifier === customKeyIdentifier && it.usage === "Sign",
    );
  const goes = (it: { readonly keyId: string; readonly customKeyIdentifier?: string | null | undefined }) =>
    it.keyId === keyId || (triple && it.customKeyIdentifier === customKeyIdentifier);
  return {
    keyCredentials: collections.keyCredentials.filter((it) => !goes(it)),
    passwordCredentials: collections.passwordCredentials.filter((it) => !(triple && goes(it))),
  };
}

export async function verifyCertificateGone(
  azure: Azure,
  holder: HolderPath,
  { keyId }: CertificateToRemove,
): Promise<Confirmation> {
  return confirmation(await readCollections(azure, holder), azure.now(), {
    holds: (it) => it.keyCredentials.every((certificate) => certificate.keyId !== keyId),
    otherwise: "the certificate is still listed",
    absentHolds: true,
  });
}
