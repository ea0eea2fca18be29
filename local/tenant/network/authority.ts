import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { issueCertificate } from "./certificate.ts";

const DAY_IN_MS = 86_400_000;
const COMMON_NAME = "Tourniquet stand-in tenant CA";

/** The private certificate authority that vouches for every Azure name the stand-in answers to. */
export interface Authority {
  readonly pem: string;
  /** Where the PEM is, for `NODE_EXTRA_CA_CERTS` and its like. */
  readonly file: string;
  /** A server context for exactly this name. */
  contextFor(host: string): SecureContext;
}

/** Makes the authority at the first start in a folder and finds the same one again later. Its key never leaves the folder. */
export function openAuthority(folder: string): Authority {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "ca.pem");
  const keyFile = join(folder, "ca.key");
  if (!isUsable(file, keyFile)) {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = issueCertificate({
      commonName: COMMON_NAME,
      publicKey,
      issuer: { commonName: COMMON_NAME, publicKey, privateKey },
      notBefore: new Date(Date.now() - DAY_IN_MS),
      notAfter: new Date(Date.now() + 5 * 365 * DAY_IN_MS),
    });
    writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    writeFileSync(file, pem);
  }
  const pem = readFileSync(file, "utf8");
  const privateKey = createPrivateKey(readFileSync(keyFile));
  return { pem, file, contextFor: contextsOf(privateKey) };
}

function isUsable(file: string, keyFile: string): boolean {
  if (!existsSync(file) || !existsSync(keyFile)) return false;
  const certificate = new X509Certificate(readFileSync(file));
  return (
    certificate.checkPrivateKey(createPrivateKey(readFileSync(keyFile))) &&
    Date.parse(certificate.validTo) > Date.now() + 30 * DAY_IN_MS
  );
}

function contextsOf(authorityKey: KeyObject): (host: string) => SecureContext {
  // One key for all names: making keys is what takes time, and nothing is protected by their being different.
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" });
  const issuer = {
    commonName: COMMON_NAME,
    publicKey: createPublicKey(authorityKey),
    privateKey: authorityKey,
  };
  const contexts = new Map<string, SecureContext>();
  return (host) => {
    const known = contexts.get(host);
    if (known) return known;
    const cert = issueCertificate({
      // A common name longer than 64 characters is not valid; clients read the alternative name anyway.
      commonName: host.slice(0, 64),
      publicKey,
      issuer,
      dnsNames: [host],
      notBefore: new Date(Date.now() - DAY_IN_MS),
      notAfter: new Date(Date.now() + 365 * DAY_IN_MS),
    });
    const context = createSecureContext({ key, cert });
    contexts.set(host, context);
    return context;
  };
}
