import { type Principal, principalKey } from "../case/principal.ts";
import type {
  CertificateCredential,
  CredentialEvidence,
  CredentialHolder,
  PasswordCredential,
  Scope,
} from "../case/scope.ts";

/** A credential that is to go, with whose it is and what must not be protected for it to go. */
export interface Doomed<Credential> {
  readonly credential: Credential;
  readonly holderName: string;
  readonly touches: readonly string[];
  readonly because: readonly string[];
}

/** Client secrets on one kind of holder: all of the suspects', and those planted on others. */
export function doomedPasswords(
  scope: Scope,
  holder: CredentialHolder,
): readonly Doomed<PasswordCredential>[] {
  return [
    ...scope.principals.flatMap(({ principal, passwords }) =>
      passwords.filter((it) => it.holder === holder).map((it) => ofSuspect(it, principal)),
    ),
    ...scope.planted.flatMap(({ detail, onName, evidence, present }) =>
      detail.kind === "password" && detail.credential.holder === holder && present !== false
        ? [ofPlanted(detail.credential, onName, evidence)]
        : [],
    ),
  ];
}

/** Certificates on one kind of holder: all of the suspects', and those planted on others. */
export function doomedCertificates(
  scope: Scope,
  holder: CredentialHolder,
): readonly Doomed<CertificateCredential>[] {
  return [
    ...scope.principals.flatMap(({ principal, certificates }) =>
      // A managed identity's certificate is the platform's and rolled by it.
      isManagedIdentity(principal)
        ? []
        : certificates.filter((it) => it.holder === holder).map((it) => ofSuspect(it, principal)),
    ),
    ...scope.planted.flatMap(({ detail, onName, evidence, present }) =>
      detail.kind === "certificate" && detail.credential.holder === holder && present !== false
        ? [ofPlanted(detail.credential, onName, evidence)]
        : [],
    ),
  ];
}

export function isManagedIdentity({ kind }: Principal): boolean {
  return kind === "system-assigned-identity" || kind === "user-assigned-identity";
}

function ofSuspect<Credential extends { readonly holderId: string; readonly evidence: CredentialEvidence }>(
  credential: Credential,
  principal: Principal,
): Doomed<Credential> {
  return {
    credential,
    holderName: principal.displayName,
    touches: [...new Set([principalKey(principal), credential.holderId])],
    because: reasons(credential.evidence),
  };
}

function ofPlanted<Credential extends { readonly holderId: string }>(
  credential: Credential,
  onName: string | null,
  evidence: string,
): Doomed<Credential> {
  return {
    credential,
    holderName: onName ?? credential.holderId,
    touches: [credential.holderId],
    because: [`Planted by the suspect: ${evidence}`],
  };
}

function reasons({
  leaked,
  planted,
  usedBySuspiciousSignIn,
  lastUsed,
}: CredentialEvidence): readonly string[] {
  return [
    ...(leaked ? ["It was found where it should not be."] : []),
    ...(planted ? ["It was added during the attack."] : []),
    ...(usedBySuspiciousSignIn ? ["A suspicious sign-in used it."] : []),
    ...(leaked || planted || usedBySuspiciousSignIn
      ? []
      : [
          `Any credential of a compromised identity may be the attacker's${lastUsed === null ? "" : ` (last used ${lastUsed})`}.`,
        ]),
  ];
}
