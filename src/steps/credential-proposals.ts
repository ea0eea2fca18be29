import { type Principal, principalKey } from "../case/principal.ts";
import type {
  CertificateCredential,
  CredentialEvidence,
  CredentialHolder,
  PasswordCredential,
} from "../case/credential.ts";
import type { Planted } from "../case/planted.ts";
import type { PropertyLock, Scope } from "../case/scope.ts";
import { type Hindrance, plantedBecause } from "./hindrances.ts";
import { shutting } from "./shutting.ts";

/** A credential that is to go, with whose it is and what must not be protected for it to go. */
export interface Doomed<Credential> {
  readonly credential: Credential;
  readonly holderName: string;
  readonly touches: readonly string[];
  readonly because: readonly string[];
  readonly hindered?: Hindrance;
}

/** Client secrets on one kind of holder: all of the suspects', and those planted on others. */
export function doomedPasswords(
  scope: Scope,
  holder: CredentialHolder,
): readonly Doomed<PasswordCredential>[] {
  return [
    ...scope.principals.flatMap(({ principal, passwords, certificates, signIn }) =>
      isManagedIdentity(principal)
        ? []
        : passwords
            // The password of a signing certificate's private key goes with the certificate; alone Graph answers 500.
            .filter((it) => it.holder === holder && !isOfSigning(it, certificates))
            .map((it) => ofSuspect(it, principal, lockedBy(signIn.propertyLock, it.holder, principal))),
    ),
    ...scope.planted.flatMap(({ detail, onName, evidence, by, present }) =>
      detail.kind === "password" && detail.credential.holder === holder && present !== false
        ? [ofPlanted(detail.credential, { onName, by, evidence })]
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
    ...scope.principals.flatMap(({ principal, certificates, signIn }) =>
      certificates
        // Of a signing triple the Sign entry stands for all three.
        .filter((it) => it.holder === holder && (it.usage === "Sign" || !isOfSigning(it, certificates)))
        .map((it) =>
          ofSuspect(
            it,
            principal,
            isManagedIdentity(principal)
              ? platformsOwn(principal)
              : (keptForSignOn(it, principal) ?? lockedBy(signIn.propertyLock, it.holder, principal)),
          ),
        ),
    ),
    ...scope.planted.flatMap(({ detail, onName, evidence, by, present }) =>
      detail.kind === "certificate" && detail.credential.holder === holder && present !== false
        ? [ofPlanted(detail.credential, { onName, by, evidence })]
        : [],
    ),
  ];
}

export function isManagedIdentity({ kind }: Principal): boolean {
  return kind === "system-assigned-identity" || kind === "user-assigned-identity";
}

/** A managed identity's certificate belongs to the platform, which rolls it: what can be cut is what the identity may do. */
function platformsOwn({ displayName }: Principal): Hindrance {
  return {
    reason: "the credentials of a managed identity are the platform's and cannot be removed",
    coveredBy: [],
    action: `Find how tokens of ${displayName} were got, on the workloads that use it, and close that`,
  };
}

/** Whether an entry belongs to a SAML token-signing certificate, which is two keys and a password with one identifier. */
function isOfSigning(
  {
    holderId,
    customKeyIdentifier,
  }: { readonly holderId: string; readonly customKeyIdentifier: string | null },
  certificates: readonly CertificateCredential[],
): boolean {
  return (
    customKeyIdentifier !== null &&
    certificates.some(
      (it) =>
        it.usage === "Sign" && it.holderId === holderId && it.customKeyIdentifier === customKeyIdentifier,
    )
  );
}

/**
 * A signing certificate that nobody is known to have planted stays: Entra gives its private key to no one, and without it
 * single sign-on breaks. A planted one goes: whoever made it can sign in as anybody.
 */
function keptForSignOn(
  { usage, thumbprint, keyId, evidence }: CertificateCredential,
  { displayName }: Principal,
): Hindrance | null {
  if (usage !== "Sign" || isTelling(evidence)) return null;
  return {
    reason: "single sign-on would break, and Entra gives its private key to nobody",
    coveredBy: [],
    action: `Check that the signing certificate ${thumbprint ?? keyId} of ${displayName} is yours, and remove it if not`,
  };
}

/** The app instance property lock refuses changes of a service principal's credentials, whoever asks. */
function lockedBy(
  lock: PropertyLock | null,
  holder: CredentialHolder,
  principal: Principal,
): Hindrance | null {
  if (holder !== "service-principal" || lock === null || !lock.enabled) return null;
  if (!lock.allProperties && !lock.credentialsWithUsageSign && !lock.credentialsWithUsageVerify) return null;
  return {
    reason: "the application's property lock refuses it",
    coveredBy: [shutting(principal)],
    action: `Switch the app instance property lock of ${principal.displayName} off, remove the credential, switch it on again`,
  };
}

function ofSuspect<Credential extends { readonly holderId: string; readonly evidence: CredentialEvidence }>(
  credential: Credential,
  principal: Principal,
  hindered: Hindrance | null,
): Doomed<Credential> {
  return {
    credential,
    holderName: principal.displayName,
    touches: [...new Set([principalKey(principal), credential.holderId])],
    because: reasons(credential.evidence),
    ...(hindered === null ? {} : { hindered }),
  };
}

function ofPlanted<Credential extends { readonly holderId: string }>(
  credential: Credential,
  { onName, by, evidence }: Pick<Planted, "onName" | "by" | "evidence">,
): Doomed<Credential> {
  return {
    credential,
    holderName: onName ?? credential.holderId,
    touches: [credential.holderId],
    because: [plantedBecause({ by, evidence })],
  };
}

/** Whether a credential is known to be in the wrong hands, and not only possibly. */
export function isTelling({ leaked, planted, usedBySuspiciousSignIn }: CredentialEvidence): boolean {
  return leaked || planted || usedBySuspiciousSignIn;
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
