import { X509Certificate, createHash } from "node:crypto";
import { z } from "zod";
import type { KeyCredential, PasswordCredential } from "../state/directory.ts";
import type { GraphCall } from "./call.ts";
import { badRequest, credentialNotUpdatable, newPasswordsByActionOnly } from "./errors.ts";

const Key = z.strictObject({
  "@odata.type": z.string().optional(),
  keyId: z.guid().nullable().optional(),
  customKeyIdentifier: z.string().nullable().optional(),
  displayName: z.string().nullable().optional(),
  startDateTime: z.string().nullable().optional(),
  endDateTime: z.string().nullable().optional(),
  key: z.string().nullable().optional(),
  type: z.enum(["AsymmetricX509Cert", "X509CertAndPassword", "Symmetric"]).optional(),
  usage: z.enum(["Verify", "Sign", "Encrypt"]).optional(),
});
type Key = z.infer<typeof Key>;

const Password = z.strictObject({
  "@odata.type": z.string().optional(),
  keyId: z.guid().nullable().optional(),
  customKeyIdentifier: z.string().nullable().optional(),
  displayName: z.string().nullable().optional(),
  startDateTime: z.string().nullable().optional(),
  endDateTime: z.string().nullable().optional(),
  hint: z.string().nullable().optional(),
  secretText: z.string().nullable().optional(),
});

export const KeyList = z.array(Key);
export const PasswordList = z.array(Password);

export interface Credentials {
  readonly keyCredentials: readonly KeyCredential[];
  readonly passwordCredentials: readonly PasswordCredential[];
}

export interface CredentialSettings {
  readonly keyCredentials?: z.infer<typeof KeyList> | undefined;
  readonly passwordCredentials?: z.infer<typeof PasswordList> | undefined;
}

/**
 * What PATCH makes of the collections it carries: each is replaced whole. What is kept must be sent back complete and
 * unchanged; certificates may be new; passwords may only be left out. Dropping a part of a SAML signing triple is
 * answered with success and changes nothing (azure-cli#24635).
 */
export function replaceCredentials(
  call: GraphCall,
  before: Credentials,
  settings: CredentialSettings,
): Credentials {
  const after: Credentials = {
    keyCredentials:
      settings.keyCredentials?.map((key) => keptOrNewKey(call, before, key)) ?? before.keyCredentials,
    passwordCredentials:
      settings.passwordCredentials?.map((password) => {
        const kept = before.passwordCredentials.find(({ keyId }) => keyId === password.keyId?.toLowerCase());
        if (kept === undefined) throw newPasswordsByActionOnly();
        if (
          password.secretText != null ||
          !sameTimes(kept, password) ||
          !same(kept.displayName, password.displayName)
        )
          throw credentialNotUpdatable(kept.keyId);
        return kept;
      }) ?? before.passwordCredentials,
  };
  return splitsTriple(before, after)
    ? { keyCredentials: before.keyCredentials, passwordCredentials: before.passwordCredentials }
    : after;
}

function keptOrNewKey(call: GraphCall, before: Credentials, key: Key): KeyCredential {
  const kept = before.keyCredentials.find(({ keyId }) => keyId === key.keyId?.toLowerCase());
  if (kept !== undefined) {
    const unchanged =
      key.key === kept.key &&
      sameTimes(kept, key) &&
      same(kept.displayName, key.displayName) &&
      same(kept.customKeyIdentifier, key.customKeyIdentifier) &&
      same(kept.type, key.type) &&
      same(kept.usage, key.usage);
    if (!unchanged) throw credentialNotUpdatable(kept.keyId);
    return kept;
  }
  // guess: the text for a key without its bytes; that it is refused is documented.
  if (key.key == null || key.key === "")
    throw badRequest("Invalid value specified for property 'key' of resource 'KeyCredential'.");
  return newKey(call, key, key.key);
}

export function newKey(call: GraphCall, key: Key, bytes: string): KeyCredential {
  const certificate = certificateIn(bytes);
  if (certificate === undefined) throw badRequest("Key credential value is invalid certificate.");
  return {
    keyId: key.keyId ?? call.tenant.random.guid(),
    displayName: key.displayName ?? certificate.subject.replaceAll("\n", ", "),
    type: key.type ?? "AsymmetricX509Cert",
    usage: key.usage ?? "Verify",
    startDateTime: isoOf(key.startDateTime ?? certificate.validFrom),
    endDateTime: isoOf(key.endDateTime ?? certificate.validTo),
    customKeyIdentifier:
      key.customKeyIdentifier ?? createHash("sha1").update(certificate.raw).digest("base64"),
    key: certificate.raw.toString("base64"),
  };
}

function certificateIn(base64: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64, "base64"));
  } catch {
    return undefined;
  }
}

function isoOf(time: string): string {
  const at = Date.parse(time);
  if (Number.isNaN(at))
    throw badRequest(`Invalid value specified for property 'endDateTime' of resource 'KeyCredential'.`);
  return new Date(at).toISOString();
}

/** What is not sent is not compared, except the bytes, which must be there. */
function same(kept: unknown, sent: unknown): boolean {
  return sent === undefined || sent === kept;
}

interface Times {
  readonly startDateTime?: string | null | undefined;
  readonly endDateTime?: string | null | undefined;
}

function sameTimes(kept: Times, sent: Times): boolean {
  const equal = (a: string | null | undefined, b: string | null | undefined) =>
    b == null || Date.parse(a ?? "") === Date.parse(b);
  return equal(kept.startDateTime, sent.startDateTime) && equal(kept.endDateTime, sent.endDateTime);
}

/** A token signing certificate is a Sign key, a Verify key and a password of one customKeyIdentifier: all stay, or all go. */
function splitsTriple(before: Credentials, after: Credentials): boolean {
  const parts = (of: Credentials, identifier: string) =>
    of.keyCredentials.filter((key) => key.customKeyIdentifier === identifier).length +
    of.passwordCredentials.filter((password) => password.customKeyIdentifier === identifier).length;
  return signingIdentifiers(before).some((identifier) => {
    const left = parts(after, identifier);
    return left > 0 && left < parts(before, identifier);
  });
}

export function signingIdentifiers(of: Credentials): string[] {
  return of.keyCredentials
    .filter(({ usage }) => usage === "Sign")
    .flatMap(({ customKeyIdentifier }) => (customKeyIdentifier === null ? [] : [customKeyIdentifier]));
}
