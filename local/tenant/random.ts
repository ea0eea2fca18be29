import { createCipheriv, createHash } from "node:crypto";

/** Seeded randomness: the same seed gives the same tenant, ids and secrets included. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** Whole, at least 0, less than `below`. */
  integer(below: number): number;
  guid(): string;
  hex(length: number): string;
  /** Letters, digits and `~_-.`, as Entra's generated secrets look. */
  secret(length: number): string;
}

const SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~_-.";

const SMALLEST_BLOCK = 64;
const LARGEST_BLOCK = 65_536;

export function seededRandom(seed: string | number): Random {
  const key = createHash("sha256").update(String(seed)).digest();
  const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  let block = SMALLEST_BLOCK / 2;
  let pool = Buffer.alloc(0);
  // Blocks grow, because most seeds are asked for an id or two and a few for millions of bytes.
  const bytes = (count: number): Buffer => {
    if (pool.length < count) {
      block = Math.min(block * 2, LARGEST_BLOCK);
      pool = Buffer.concat([pool, stream.update(Buffer.alloc(Math.max(block, count)))]);
    }
    const taken = pool.subarray(0, count);
    pool = pool.subarray(count);
    return taken;
  };
  const next = () => bytes(4).readUInt32BE() / 2 ** 32;
  const integer = (below: number) => Math.floor(next() * below);
  return {
    next,
    integer,
    hex: (length) =>
      bytes(Math.ceil(length / 2))
        .toString("hex")
        .slice(0, length),
    guid: () => guidFrom(bytes(16)),
    secret: (length) =>
      Array.from({ length }, () => SECRET_ALPHABET.charAt(integer(SECRET_ALPHABET.length))).join(""),
  };
}

/** A GUID that depends on its name alone, so that scenarios can be written with names and still be the same every time. */
export function namedGuid(...name: readonly string[]): string {
  return guidFrom(createHash("sha256").update(name.join("\u0000")).digest().subarray(0, 16));
}

function guidFrom(bytes: Buffer): string {
  const copy = Buffer.from(bytes);
  copy[6] = ((copy[6] ?? 0) & 0x0f) | 0x40;
  copy[8] = ((copy[8] ?? 0) & 0x3f) | 0x80;
  const hex = copy.toString("hex");
  const guid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  // By way of bytes it becomes one string; pieced together it would hold on to all its pieces, which counts in a crowd.
  return Buffer.from(guid, "latin1").toString("latin1");
}
