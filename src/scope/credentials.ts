import { createHash } from "node:crypto";
import type {
  CertificateCredential,
  CredentialEvidence,
  CredentialHolder,
  PasswordCredential,
} from "../case/credential.ts";
import type { DirectoryObjects } from "./directory-object.ts";
import type { GraphCertificate, GraphPassword } from "./directory-objects.ts";
import { byText } from "./identifiers.ts";

/** Before the activity has been read, nothing is known of a credential's part in the attack. */
const NOTHING_KNOWN: CredentialEvidence = {
  usedBySuspiciousSignIn: false,
  lastUsed: null,
  planted: false,
  leaked: false,
};

export interface Credentials {
  readonly passwords: readonly PasswordCredential[];
  readonly certificates: readonly CertificateCredential[];
}

/** Secrets and certificates of the application and of the service principal: both sign in, so both are listed. */
export function credentialsOf({ application, servicePrincipal }: DirectoryObjects): Credentials {
  const holders = [
    { holder: "application" as const, object: application },
    { holder: "service-principal" as const, object: servicePrincipal },
  ];
  return {
    passwords: holders
      .flatMap(({ holder, object }) =>
        (object?.passwordCredentials ?? []).map((it) => passwordCredential(holder, object?.id ?? "", it)),
      )
      .toSorted(byHolderAndKey),
    certificates: holders
      .flatMap(({ holder, object }) =>
        (object?.keyCredentials ?? []).map((it) => certificateCredential(holder, object?.id ?? "", it)),
      )
      .toSorted(byHolderAndKey),
  };
}

export function passwordCredential(
  holder: CredentialHolder,
  holderId: string,
  credential: GraphPassword,
): PasswordCredential {
  return {
    holder,
    holderId,
    keyId: credential.keyId,
    displayName: credential.displayName ?? null,
    hint: credential.hint ?? null,
    startDateTime: credential.startDateTime ?? null,
    endDateTime: credential.endDateTime ?? null,
    customKeyIdentifier: credential.customKeyIdentifier ?? null,
    evidence: NOTHING_KNOWN,
  };
}

export function certificateCredential(
  holder: CredentialHolder,
  holderId: string,
  credential: GraphCertificate,
): CertificateCredential {
  const key = credential.key ?? null;
  return {
    holder,
    holderId,
    keyId: credential.keyId,
    displayName: credential.displayName ?? null,
    type: credential.type ?? "",
    usage: credential.usage ?? "",
    startDateTime: credential.startDateTime ?? null,
    endDateTime: credential.endDateTime ?? null,
    customKeyIdentifier: credential.customKeyIdentifier ?? null,
    key,
    thumbprint: key === null ? null : thumbprintOf(key),
    evidence: NOTHING_KNOWN,
  };
}

/** SHA-1 over the certificate, upper-case hexadecimal: what sign-in logs name it by. */
function thumbprintOf(key: string): string {
  return createHash("sha1").update(Buffer.from(key, "base64")).digest("hex").toUpperCase();
}

function byHolderAndKey(
  a: { readonly holder: string; readonly keyId: string },
  b: { readonly holder: string; readonly keyId: string },
): number {
  return byText(a.holder, b.holder) || byText(a.keyId, b.keyId);
}
