import { constants, createHash, verify, X509Certificate } from "node:crypto";
import type { Application, KeyCredential, PasswordCredential, ServicePrincipal } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";
import {
  assertionAudience,
  assertionOutOfTime,
  badAssertionSignature,
  badSecret,
  type EntraError,
  expiredCertificate,
  expiredSecret,
  malformedAssertion,
  noCredential,
} from "./errors.ts";
import { checkFederation } from "./federation.ts";
import type { OutsideIssuers } from "./issuers.ts";
import { parseToken, type SignedToken } from "./keys.ts";

export interface Client {
  /** Absent for managed identities and for applications homed elsewhere. */
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal;
}

/** How a client proved who it is; what the sign-in log says of it. */
export type Proof =
  | { readonly kind: "secret"; readonly keyId: string }
  | { readonly kind: "certificate"; readonly keyId: string; readonly thumbprint: string }
  | { readonly kind: "federated"; readonly federatedCredentialId: string };

export type Proven =
  | { readonly kind: "proven"; readonly proof: Proof }
  | { readonly kind: "refused"; readonly error: EntraError };

/** Checks the secret or the assertion of a client, against the credentials on the application and on the service principal alike. */
export function checkProof(
  tenant: Tenant,
  client: Client,
  parameters: URLSearchParams,
  issuers: OutsideIssuers,
  asOf: number,
): Proven {
  const secret = parameters.get("client_secret");
  if (secret !== null) return checkSecret(tenant, client, secret);
  const assertion = parameters.get("client_assertion");
  if (assertion === null) return refused(noCredential);
  const token = parseToken(assertion);
  if (token === undefined) return refused(malformedAssertion);
  const early = outOfTime(tenant, token);
  if (early) return refused(early);
  // A client that signs for itself names itself as the issuer; anything else comes from an identity provider outside.
  if (token.claims["iss"] === client.principal.appId) return checkCertificate(tenant, client, token);
  const federated = checkFederation(tenant, client, token, issuers, asOf);
  return federated.kind === "refused"
    ? federated
    : { kind: "proven", proof: { kind: "federated", federatedCredentialId: federated.credentialId } };
}

function checkSecret(tenant: Tenant, { application, principal }: Client, secret: string): Proven {
  const held: PasswordCredential[] = [
    ...(application?.passwordCredentials ?? []),
    ...principal.passwordCredentials,
  ];
  const now = tenant.clock.now();
  const same = held.filter((it) => it.secretText !== null && it.secretText === secret);
  const good = same.find((it) => Date.parse(it.startDateTime) <= now && now < Date.parse(it.endDateTime));
  if (good) return { kind: "proven", proof: { kind: "secret", keyId: good.keyId } };
  if (same.some((it) => now >= Date.parse(it.endDateTime))) return refused(expiredSecret(principal.appId));
  return refused(badSecret(principal.appId));
}

function checkCertificate(tenant: Tenant, { application, principal }: Client, token: SignedToken): Proven {
  const audience = token.claims["aud"];
  if (typeof audience !== "string" || !isOwnAudience(tenant, audience)) {
    return refused(assertionAudience(String(audience)));
  }
  const held: KeyCredential[] = [...(application?.keyCredentials ?? []), ...principal.keyCredentials];
  const match = held.find(
    (it) => it.key !== null && hasThumbprint(Buffer.from(it.key, "base64"), token.header),
  );
  if (match?.key === undefined || match.key === null) return refused(badAssertionSignature(principal.appId));
  const der = Buffer.from(match.key, "base64");
  if (!isSignedBy(der, token)) return refused(badAssertionSignature(principal.appId));
  const now = tenant.clock.now();
  if (now >= Date.parse(match.endDateTime)) return refused(expiredCertificate(principal.appId));
  const thumbprint = createHash("sha1").update(der).digest("hex").toUpperCase();
  return { kind: "proven", proof: { kind: "certificate", keyId: match.keyId, thumbprint } };
}

/** `x5t` is the SHA-1 thumbprint, `x5t#S256` the SHA-256 one; newer clients send the latter only. */
function hasThumbprint(der: Buffer, header: Readonly<Record<string, unknown>>): boolean {
  const { x5t, "x5t#S256": x5tS256 } = header;
  if (typeof x5tS256 === "string") return createHash("sha256").update(der).digest("base64url") === x5tS256;
  return (
    typeof x5t === "string" && createHash("sha1").update(der).digest().equals(Buffer.from(x5t, "base64url"))
  );
}

function isSignedBy(der: Buffer, token: SignedToken): boolean {
  const key = new X509Certificate(der).publicKey;
  const signed = Buffer.from(token.signedText);
  switch (token.header["alg"]) {
    case "RS256":
      return verify("sha256", signed, key, token.signature);
    case "PS256":
      return verify(
        "sha256",
        signed,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
        token.signature,
      );
    default:
      return false;
  }
}

/** The endpoint a client signs for, by tenant id or domain, v1 or v2; older clients name the issuer instead. */
function isOwnAudience(tenant: Tenant, audience: string): boolean {
  const [, name] =
    /^https:\/\/(?:login\.microsoftonline\.com|login\.windows\.net|sts\.windows\.net)\/([^/]+)(?:\/.*)?$/.exec(
      audience,
    ) ?? [];
  return name !== undefined && [tenant.id, tenant.domain].includes(name.toLowerCase());
}

function outOfTime(tenant: Tenant, { claims }: SignedToken): EntraError | undefined {
  const now = tenant.clock.now();
  const expires = Number(claims["exp"]) * 1000;
  const from = Number(claims["nbf"] ?? claims["iat"]) * 1000;
  const skewInMs = 300_000;
  if (Number.isFinite(expires) && now < expires + skewInMs && !(from > now + skewInMs)) return undefined;
  return assertionOutOfTime(isoOrNothing(now), isoOrNothing(from), isoOrNothing(expires));
}

function isoOrNothing(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : "(none)";
}

function refused(error: EntraError): Proven {
  return { kind: "refused", error };
}
