import { createHash } from "node:crypto";
import type { ScenarioNames } from "../../scenario/names.ts";
import { seededCertificate } from "./certificates.ts";
import type { SeededCertificate } from "./certificates.ts";
import type { KeyCredential, PasswordCredential } from "./objects.ts";
import type { CertificateSpec, SecretSpec } from "./section.ts";

/** Credentials are named `<application or principal>.<credential>` under the kind `keyId`. */
export function passwordFrom(spec: SecretSpec, owner: string, names: ScenarioNames): PasswordCredential {
  const name = `${owner}.${spec.name}`;
  const secretText = spec.secretText ?? names.secret("keyId", name);
  return {
    keyId: idOf(spec.keyId, name, names),
    displayName: spec.displayName === undefined ? spec.name : spec.displayName,
    hint: secretText.slice(0, 3),
    startDateTime: names.at(spec.start),
    endDateTime: names.at(spec.end),
    customKeyIdentifier: null,
    secretText,
  };
}

export function certificateFrom(spec: CertificateSpec, owner: string, names: ScenarioNames): KeyCredential {
  const name = `${owner}.${spec.name}`;
  const certificate = scenarioCertificate(spec, owner, names);
  return {
    keyId: idOf(spec.keyId, name, names),
    displayName: spec.displayName === undefined ? `CN=${spec.name}` : spec.displayName,
    type: "AsymmetricX509Cert",
    usage: spec.usage,
    startDateTime: names.at(spec.start),
    endDateTime: names.at(spec.end),
    customKeyIdentifier: Buffer.from(certificate.thumbprint, "hex").toString("base64"),
    key: certificate.der.toString("base64"),
  };
}

/** The certificate and private key of a scenario's certificate credential, for callers who sign in with it. */
export function scenarioCertificate(
  spec: Pick<CertificateSpec, "name" | "start" | "end">,
  owner: string,
  names: ScenarioNames,
): SeededCertificate {
  return seededCertificate({
    seed: names.secret("keyId", `${owner}.${spec.name}`),
    commonName: spec.name,
    notBefore: names.at(spec.start),
    notAfter: names.at(spec.end),
  });
}

/** A SAML token signing certificate is three credentials with one customKeyIdentifier: Sign, Verify and the password of the key. */
export function samlTripleFrom(
  spec: Omit<CertificateSpec, "usage">,
  owner: string,
  names: ScenarioNames,
): { keys: KeyCredential[]; password: PasswordCredential } {
  const verify = certificateFrom({ ...spec, usage: "Verify" }, owner, names);
  const customKeyIdentifier = createHash("sha256")
    .update(verify.key ?? "")
    .digest("base64");
  const signId = names.guid("keyId", `${owner}.${spec.name}.sign`);
  return {
    keys: [
      { ...verify, customKeyIdentifier },
      { ...verify, customKeyIdentifier, keyId: signId, type: "X509CertAndPassword", usage: "Sign" },
    ],
    password: {
      // The password opens the signing key and has its keyId.
      keyId: signId,
      displayName: verify.displayName,
      hint: null,
      startDateTime: verify.startDateTime,
      endDateTime: verify.endDateTime,
      customKeyIdentifier,
      secretText: names.secret("keyId", `${owner}.${spec.name}.sign`),
    },
  };
}

function idOf(given: string | undefined, name: string, names: ScenarioNames): string {
  return given === undefined ? names.guid("keyId", name) : names.given("keyId", name, given);
}
