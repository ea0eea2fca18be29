import { X509Certificate, constants, verify } from "node:crypto";
import type { KeyCredential } from "../state/directory.ts";

const AUDIENCE = "00000002-0000-0000-c000-000000000000";

interface Holder {
  readonly id: string;
  readonly keyCredentials: readonly KeyCredential[];
}

/**
 * Whether a `proof` is what addKey and removeKey demand: a JWT by a valid key of that object, for Azure AD Graph, issued
 * by the object's id, good for ten minutes at most. RS256 and PS256 only.
 */
export function isProofOf(proof: string, holder: Holder, now: number): boolean {
  const [header, payload, signature] = proof.split(".");
  if (header === undefined || payload === undefined || signature === undefined) return false;
  const claims = jsonOf(payload);
  const { alg } = jsonOf(header);
  const { aud, iss, nbf, exp } = claims;
  if (aud !== AUDIENCE || iss !== holder.id || typeof nbf !== "number" || typeof exp !== "number")
    return false;
  if (nbf * 1_000 > now + 300_000 || exp * 1_000 <= now || exp - nbf > 600) return false;
  const signed = Buffer.from(`${header}.${payload}`);
  const bytes = Buffer.from(signature, "base64url");
  return holder.keyCredentials.some((key) => {
    if (key.key === null || Date.parse(key.endDateTime) <= now || Date.parse(key.startDateTime) > now)
      return false;
    const { publicKey } = new X509Certificate(Buffer.from(key.key, "base64"));
    if (alg === "RS256") return verify("sha256", signed, publicKey, bytes);
    return (
      alg === "PS256" &&
      verify(
        "sha256",
        signed,
        { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        bytes,
      )
    );
  });
}

function jsonOf(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
