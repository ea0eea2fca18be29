import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** An RSA key that signs JWTs, and its public half as a JWKS shows it. */
export interface SigningKey {
  readonly keyId: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
  verifies(signed: SignedToken): boolean;
}

/** A JWT taken apart, nothing of it checked. */
export interface SignedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signedText: string;
  readonly signature: Buffer;
}

/** Opens the key kept under this name, or makes it: clients hold tokens across a restart, and those must stay good. */
export function openSigningKey(folder: string, name: string): SigningKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.key`);
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  }
  return signingKey(createPrivateKey(readFileSync(file)));
}

const shared = new Map<string, KeyObject>();

/** A key for tenants that keep nothing: made once per process, because making RSA keys is slow. */
export function passingSigningKey(name: string): SigningKey {
  const known = shared.get(name) ?? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  shared.set(name, known);
  return signingKey(known);
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const keyId = createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url");
  return {
    keyId,
    jwk: { ...publicKey.export({ format: "jwk" }), kid: keyId, x5t: keyId, use: "sig", alg: "RS256" },
    sign: (claims, header = {}) => {
      const text = [{ typ: "JWT", alg: "RS256", x5t: keyId, kid: keyId, ...header }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
    },
    verifies: ({ header, signedText, signature }) =>
      header["alg"] === "RS256" && verify("sha256", Buffer.from(signedText), publicKey, signature),
  };
}

/** Takes a JWT apart; undefined when it is none. */
export function parseToken(token: string): SignedToken | undefined {
  const [header, payload, signature, ...more] = token.split(".");
  if (!header || !payload || signature === undefined || more.length > 0) return undefined;
  const parsedHeader = jsonObject(header);
  const claims = jsonObject(payload);
  return (
    parsedHeader &&
    claims && {
      header: parsedHeader,
      claims,
      signedText: `${header}.${payload}`,
      signature: Buffer.from(signature, "base64url"),
    }
  );
}

function jsonObject(base64url: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
