import { z } from "zod";
import { principalKey } from "../case/principal.ts";
import type { FederatedCredential, FederatedTrust } from "../case/credential.ts";
import type { Scope } from "../case/scope.ts";
import { plantedBecause } from "./hindrances.ts";

/** A federated credential as it was: what a restore posts again. */
export const FederatedBefore = z.object({
  name: z.string(),
  issuer: z.string(),
  subject: z.string().nullable(),
  audiences: z.array(z.string()),
  description: z.string().nullable(),
  claimsMatchingExpression: z.object({ value: z.string(), languageVersion: z.number() }).nullable(),
});
export type FederatedBefore = z.infer<typeof FederatedBefore>;

export interface DoomedFederated {
  readonly credential: FederatedCredential;
  readonly before: FederatedBefore;
  readonly holderName: string;
  /** Who signs in with it, where the case knows them. */
  readonly principalIds: readonly string[];
  readonly trusts: string;
  readonly touches: readonly string[];
  readonly because: readonly string[];
}

/** Federated credentials on one kind of holder: all of the suspects', and those planted on others. */
export function doomedFederated(
  scope: Scope,
  holder: FederatedCredential["holder"],
): readonly DoomedFederated[] {
  const own = scope.principals.flatMap(({ principal, federated }) =>
    federated
      .filter((it) => it.holder === holder)
      .map((it) =>
        doomed(it, { name: principal.displayName, principalIds: [principalKey(principal)] }, [
          ...(it.planted ? ["It was added during the attack."] : []),
          ...(it.usedBySuspiciousSignIn ? ["A suspicious sign-in used it."] : []),
          ...(it.trusts.kind === "unknown-issuer" ? ["Nobody known issues tokens as this issuer."] : []),
          "Whoever controls what it trusts can sign in without any secret.",
        ]),
      ),
  );
  const planted = scope.planted.flatMap(({ detail, onName, evidence, by, present }) =>
    detail.kind === "federated" && detail.credential.holder === holder && present !== false
      ? [
          doomed(
            detail.credential,
            { name: onName ?? lastPart(detail.credential.holderId), principalIds: [] },
            [plantedBecause({ by, evidence })],
          ),
        ]
      : [],
  );
  return [...own, ...planted];
}

/** The name in an ARM id; other ids as they are. */
function lastPart(id: string): string {
  return id.split("/").at(-1) ?? id;
}

function doomed(
  credential: FederatedCredential,
  holder: { readonly name: string; readonly principalIds: readonly string[] },
  because: readonly string[],
): DoomedFederated {
  const { name, issuer, subject, audiences, description, claimsMatchingExpression } = credential;
  return {
    credential,
    before: { name, issuer, subject, audiences: [...audiences], description, claimsMatchingExpression },
    holderName: holder.name,
    principalIds: holder.principalIds,
    trusts: describeTrust(credential.trusts),
    touches: [...new Set([...holder.principalIds, credential.holderId])],
    because,
  };
}

/** Whom a federated credential lets in, in a few words. */
export function describeTrust(trust: FederatedTrust): string {
  switch (trust.kind) {
    case "github":
      return `GitHub ${trust.owner}/${trust.repository} (${trust.filter})`;
    case "azure-devops":
      return `Azure DevOps ${trust.organisation}${trust.project === null ? "" : `/${trust.project}`}/${trust.connection}`;
    case "kubernetes":
      return `Kubernetes ${trust.namespace}/${trust.serviceAccount}`;
    case "entra":
      return `Entra tenant ${trust.tenantId}`;
    case "flexible":
      return `tokens of ${trust.issuer} that match an expression`;
    case "unknown-issuer":
      return `the unknown issuer ${trust.issuer}`;
    default:
      return trust satisfies never;
  }
}
