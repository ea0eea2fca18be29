import { checkPrimeSync, createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { seededRandom } from "../../random.ts";
import type { Random } from "../../random.ts";

/** A self-signed certificate and its key, the same for the same seed: a scenario's callers can sign with it. */
export interface SeededCertificate {
  readonly der: Buffer;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Upper-case hex SHA-1 of the certificate, as portals show it. */
  readonly thumbprint: string;
}

export interface SeededCertificateOptions {
  readonly seed: string;
  readonly commonName: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

const made = new Map<string, SeededCertificate>();

/** RSA 2048, signed with SHA-256. Not for anything real: whoever knows the seed has the key. */
export function seededCertificate(options: SeededCertificateOptions): SeededCertificate {
  const known = made.get(JSON.stringify(options));
  if (known !== undefined) return known;
  const random = seededRandom(`certificate\u0000${options.seed}`);
  const privateKey = createPrivateKey({ key: rsaKey(random), format: "jwk" });
  const name = sequence(set(sequence(oid(2, 5, 4, 3), tlv(0x0c, Buffer.from(options.commonName)))));
  const algorithm = sequence(oid(1, 2, 840, 113549, 1, 1, 11), tlv(0x05, Buffer.alloc(0)));
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.from(random.hex(16), "hex")),
    algorithm,
    name,
    sequence(time(options.notBefore), time(options.notAfter)),
    name,
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
  );
  const der = sequence(
    body,
    algorithm,
    tlv(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, privateKey)])),
  );
  const base64 = der.toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  const certificate: SeededCertificate = {
    der,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    thumbprint: createHash("sha1").update(der).digest("hex").toUpperCase(),
  };
  made.set(JSON.stringify(options), certificate);
  return certificate;
}

const EXPONENT = 65_537n;

/** Node generates keys from its own entropy only, so the primes are searched for here. */
function rsaKey(random: Random) {
  const p = prime(random);
  const q = prime(random);
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  return {
    kty: "RSA",
    n: base64url(p * q),
    e: base64url(EXPONENT),
    d: base64url(d),
    p: base64url(p),
    q: base64url(q),
    dp: base64url(d % (p - 1n)),
    dq: base64url(d % (q - 1n)),
    qi: base64url(inverse(q, p)),
  };
}

const SMALL_PRIMES = [
  3n,
  5n,
  7n,
  11n,
  13n,
  17n,
  19n,
  23n,
  29n,
  31n,
  37n,
  41n,
  43n,
  47n,
  53n,
  59n,
  61n,
  67n,
  71n,
];

function prime(random: Random): bigint {
  // The two top bits set: the product of two such primes has exactly 2048 bits.
  let candidate = BigInt(`0x${random.hex(256)}`) | (3n << 1022n) | 1n;
  for (; ; candidate += 2n) {
    if (SMALL_PRIMES.some((small) => candidate % small === 0n) || candidate % EXPONENT === 1n) continue;
    if (checkPrimeSync(candidate)) return candidate;
  }
}

function inverse(of: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [of, modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function base64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").toString("base64url");
}

function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80
      ? Buffer.from([length])
      : length < 0x100
        ? Buffer.from([0x81, length])
        : Buffer.from([0x82, length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), size, content]);
}

const sequence = (...contents: readonly Buffer[]) => tlv(0x30, ...contents);
const set = (...contents: readonly Buffer[]) => tlv(0x31, ...contents);

function integer(bytes: Buffer): Buffer {
  return tlv(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** GeneralizedTime throughout: never-expiring certificates end after 2049, where UTCTime stops. */
function time(iso: string): Buffer {
  const digits = new Date(iso).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14);
  return tlv(0x18, Buffer.from(`${digits}Z`));
}
