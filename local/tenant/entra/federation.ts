import { federatedCredentialsOf } from "../state/azure.ts";
import type { Application, ServicePrincipal } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";
import {
  badAssertionSignature,
  type EntraError,
  federationAudience,
  federationEntraSubject,
  federationIssuer,
  federationSubject,
  federationSubjectCase,
} from "./errors.ts";
import { matchesExpression } from "./flexible-expression.ts";
import type { OutsideIssuers } from "./issuers.ts";
import type { SignedToken } from "./keys.ts";

/** A federated credential of an application or of a user-assigned identity, as far as matching goes. */
interface Trust {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string | null;
  readonly audiences: readonly string[];
  readonly expression: string | undefined;
}

export type Federated =
  | { readonly kind: "trusted"; readonly credentialId: string }
  | { readonly kind: "refused"; readonly error: EntraError };

export interface FederatedClient {
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal;
}

/** Whether a token from outside is good for this client: issuer, audience and subject must all match one credential, case and all. */
export function checkFederation(
  tenant: Tenant,
  { application, principal }: FederatedClient,
  assertion: SignedToken,
  issuers: OutsideIssuers,
  asOf: number,
): Federated {
  const issuer = claim(assertion, "iss");
  const subject = claim(assertion, "sub");
  const audience = assertion.claims["aud"];
  const audiences = Array.isArray(audience) ? audience.map(String) : [String(audience)];

  const byIssuer = trustsOf(tenant, application, principal, asOf).filter((trust) => trust.issuer === issuer);
  if (byIssuer.length === 0) return { kind: "refused", error: federationIssuer(issuer) };
  if (!issuers.verifies(assertion)) return { kind: "refused", error: badAssertionSignature(principal.appId) };
  const bySubject = byIssuer.filter((trust) => matchesSubject(trust, assertion));
  if (bySubject.length === 0) {
    const error = isEntraIssuer(issuer)
      ? federationEntraSubject(subject)
      : byIssuer.some((trust) => trust.subject?.toLowerCase() === subject.toLowerCase())
        ? federationSubjectCase(subject)
        : federationSubject(subject);
    return { kind: "refused", error };
  }
  const trusted = bySubject.find((trust) => trust.audiences.some((it) => audiences.includes(it)));
  if (trusted === undefined) return { kind: "refused", error: federationAudience(audiences.join(", ")) };
  return { kind: "trusted", credentialId: trusted.id };
}

function trustsOf(
  tenant: Tenant,
  application: Application | undefined,
  principal: ServicePrincipal,
  asOf: number,
): Trust[] {
  if (principal.servicePrincipalType === "ManagedIdentity") {
    return federatedCredentialsOf(tenant.state.azure, principal.appId).map((it) => ({
      ...it,
      expression: undefined,
    }));
  }
  if (application === undefined) return [];
  return tenant.state.directory.federatedCredentials.find("application", application.id, asOf).map((it) => ({
    id: it.id,
    issuer: it.issuer,
    subject: it.subject,
    audiences: it.audiences,
    expression: it.claimsMatchingExpression?.value,
  }));
}

function matchesSubject(trust: Trust, assertion: SignedToken): boolean {
  if (trust.expression !== undefined) return matchesExpression(trust.expression, assertion.claims);
  return trust.subject === claim(assertion, "sub");
}

function isEntraIssuer(issuer: string): boolean {
  return /^https:\/\/(login\.microsoftonline\.com|sts\.windows\.net)\//.test(issuer);
}

function claim({ claims }: SignedToken, name: string): string {
  const value = claims[name];
  return typeof value === "string" ? value : "";
}
