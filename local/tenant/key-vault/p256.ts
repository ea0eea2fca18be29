import { createECDH, createHmac } from "node:crypto";
import type { EcJwk } from "../state/vaults.ts";

/**
 * ECDSA over P-256 on a digest that is already made. Key Vault signs digests, while Node's own `sign` for these keys
 * always hashes first, so the arithmetic is done here. For a stand-in only: nothing in it hides its timing.
 */
const N = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const P = BigInt("0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff");

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** `r ‖ s`, 64 bytes. The same key and digest always give the same signature. */
export function signDigest({ d }: EcJwk, digest: Uint8Array): Buffer {
  const z = numberOf(digest.subarray(0, 32));
  const secret = Buffer.from(d, "base64url");
  for (let attempt = 0; ; attempt += 1) {
    const nonce = createHmac("sha256", secret).update(digest).update(String(attempt)).digest();
    const k = numberOf(nonce);
    if (k === 0n || k >= N) continue;
    const r = publicPoint(nonce).x % N;
    const s = modulo(inverse(k, N) * (z + r * numberOf(secret)), N);
    if (r !== 0n && s !== 0n) return Buffer.concat([bytesOf(r), bytesOf(s)]);
  }
}

export function verifyDigest(
  key: Pick<EcJwk, "x" | "y">,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 64) return false;
  const r = numberOf(signature.subarray(0, 32));
  const s = numberOf(signature.subarray(32));
  if (r === 0n || r >= N || s === 0n || s >= N) return false;
  const w = inverse(s, N);
  const u1 = modulo(numberOf(digest.subarray(0, 32)) * w, N);
  const u2 = modulo(r * w, N);
  const q: Point = {
    x: numberOf(Buffer.from(key.x, "base64url")),
    y: numberOf(Buffer.from(key.y, "base64url")),
  };
  const sum = add(u1 === 0n ? undefined : publicPoint(bytesOf(u1)), multiply(q, u2));
  return sum !== undefined && sum.x % N === r;
}

/** The public half of a private scalar. */
export function publicJwkOf(d: string): { readonly x: string; readonly y: string } {
  const { x, y } = publicPoint(Buffer.from(d, "base64url"));
  return { x: bytesOf(x).toString("base64url"), y: bytesOf(y).toString("base64url") };
}

function publicPoint(scalar: Uint8Array): Point {
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(scalar);
  const point = pair.getPublicKey();
  return { x: numberOf(point.subarray(1, 33)), y: numberOf(point.subarray(33, 65)) };
}

function multiply(point: Point, by: bigint): Point | undefined {
  let sum: Point | undefined;
  for (let rest = by, power: Point | undefined = point; rest > 0n; rest >>= 1n, power = add(power, power)) {
    if ((rest & 1n) === 1n) sum = add(sum, power);
  }
  return sum;
}

/** Undefined is the point at infinity. */
function add(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.x === b.x && modulo(a.y + b.y, P) === 0n) return undefined;
  const slope =
    a.x === b.x
      ? modulo((3n * a.x * a.x - 3n) * inverse(2n * a.y, P), P)
      : modulo((b.y - a.y) * inverse(modulo(b.x - a.x, P), P), P);
  const x = modulo(slope * slope - a.x - b.x, P);
  return { x, y: modulo(slope * (a.x - x) - a.y, P) };
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [modulo(value, modulus), modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return modulo(x, modulus);
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}
