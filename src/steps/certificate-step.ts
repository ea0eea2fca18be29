import type { CertificateCredential, CredentialHolder } from "../case/credential.ts";
import type { Scope } from "../case/scope.ts";
import { type CertificateToRemove, removeCertificate, verifyCertificateGone } from "./certificate-removal.ts";
import { type CertificateBefore, putBackCertificate, verifyCertificateBack } from "./certificate-restoral.ts";
import type { HolderPath } from "./credential-collections.ts";
import { doomedCertificates } from "./credential-proposals.ts";
import type { Proposal, StepContext } from "./step.ts";

/** The certificates that are to go from one kind of holder, each as a proposal on the target that its kind has. */
export function proposeCertificates<Target>(
  scope: Scope,
  holder: CredentialHolder,
  targetOf: (credential: CertificateCredential) => Target,
): readonly Proposal<Target, CertificateBefore>[] {
  return doomedCertificates(scope, holder).map(({ credential, holderName, touches, because, hindered }) => {
    const { holder: _holder, holderId: _holderId, evidence: _evidence, ...before } = credential;
    const { keyId, usage, thumbprint } = credential;
    return {
      target: targetOf(credential),
      before,
      title: `Remove the certificate ${thumbprint ?? keyId} (${usage}) of the ${holder.replace("-", " ")} ${holderName}`,
      because,
      cost: [
        usage === "Sign"
          ? `Single sign-on to ${holderName} breaks until it has a new signing certificate.`
          : `Whatever signs in with this certificate of ${holderName} stops.`,
      ],
      touches,
      ...(hindered === undefined ? {} : { hindered }),
    };
  });
}

/** Removing a certificate and putting it back, on whatever holds it. */
export function certificateCut<Target extends CertificateToRemove>(holderOf: (target: Target) => HolderPath) {
  return {
    apply: ({ azure }: StepContext, target: Target) => removeCertificate(azure, holderOf(target), target),
    verify: ({ azure }: StepContext, target: Target) =>
      verifyCertificateGone(azure, holderOf(target), target),
    undoing: {
      kind: "can",
      undo: ({ azure }: StepContext, target: Target, before: CertificateBefore) =>
        putBackCertificate(azure, holderOf(target), before),
      verifyUndone: ({ azure }: StepContext, target: Target, before: CertificateBefore) =>
        verifyCertificateBack(azure, holderOf(target), before),
    },
  } as const;
}
