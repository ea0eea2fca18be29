import { namedGuid } from "../../random.ts";
import { seededCertificate } from "../../state/directory/certificates.ts";
import type {
  FederatedCredential,
  KeyCredential,
  PasswordCredential,
  ServicePrincipal,
} from "../../state/directory.ts";
import type { GraphVersion } from "../call.ts";

export function passwordJson(password: PasswordCredential, secretText: string | null = null) {
  return {
    customKeyIdentifier: password.customKeyIdentifier,
    displayName: password.displayName,
    endDateTime: password.endDateTime,
    hint: password.hint,
    keyId: password.keyId,
    // Told once, by the action that made it.
    secretText,
    startDateTime: password.startDateTime,
  };
}

/** The certificate itself is told only to who asks for `keyCredentials` by name. */
export function keyJson(key: KeyCredential, asked: boolean) {
  return {
    customKeyIdentifier: key.customKeyIdentifier,
    displayName: key.displayName,
    endDateTime: key.endDateTime,
    key: asked ? key.key : null,
    keyId: key.keyId,
    startDateTime: key.startDateTime,
    type: key.type,
    usage: key.usage,
  };
}

export function federatedJson(credential: FederatedCredential, version: GraphVersion) {
  return {
    id: credential.id,
    name: credential.name,
    issuer: credential.issuer,
    // The flexible kind has no subject, and v1.0 does not know what it has instead.
    subject: credential.subject,
    description: credential.description,
    audiences: credential.audiences,
    ...(version === "beta" ? { claimsMatchingExpression: credential.claimsMatchingExpression } : {}),
  };
}

const ROLLED_EVERY_MS = 45 * 86_400_000;
const GOOD_FOR_MS = 90 * 86_400_000;

/** A managed identity's certificates are the platform's: valid 90 days, a new one every 45. */
export function platformKeys(principal: ServicePrincipal, now: number, asked: boolean): KeyCredential[] {
  const first = Date.parse(principal.createdDateTime);
  const newest = Math.max(0, Math.floor((now - first) / ROLLED_EVERY_MS));
  const keys: KeyCredential[] = [];
  for (let period = Math.max(0, newest - 1); period <= newest; period += 1) {
    const startDateTime = new Date(first + period * ROLLED_EVERY_MS).toISOString();
    const endDateTime = new Date(first + period * ROLLED_EVERY_MS + GOOD_FOR_MS).toISOString();
    const keyId = namedGuid("platform-key", principal.id, String(period));
    keys.push({
      keyId,
      displayName: `CN=${principal.appId}`,
      type: "AsymmetricX509Cert",
      usage: "Verify",
      startDateTime,
      endDateTime,
      customKeyIdentifier: null,
      key: asked
        ? seededCertificate({
            seed: keyId,
            commonName: principal.appId,
            notBefore: startDateTime,
            notAfter: endDateTime,
          }).der.toString("base64")
        : null,
    });
  }
  return keys;
}
