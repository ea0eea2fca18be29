import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isCheckpointKey } from "../record/checkpoint.ts";
import type { CheckpointKey } from "../record/checkpoint-signer.ts";

/** The P-256 public keys in a file: a JWK, a JWK set, or one PEM. Limits: throws on a file that holds none. */
export async function readCheckpointKeys(path: string): Promise<readonly CheckpointKey[]> {
  const text = await readFile(path, "utf8");
  const keys = text.includes("-----BEGIN")
    ? [createPublicKey(text).export({ format: "jwk" })]
    : jwksIn(JSON.parse(text));
  const usable = keys.map(bareKey).filter(isCheckpointKey);
  if (usable.length === 0 || usable.length !== keys.length)
    throw new TypeError(`${path} holds no P-256 public key`);
  return usable;
}

function jwksIn(value: unknown): readonly unknown[] {
  if (typeof value === "object" && value !== null && "keys" in value && Array.isArray(value.keys))
    return value.keys;
  return [value];
}

/** Without `kid`, `alg` and the like, which say nothing about the key itself. */
function bareKey(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { kty, crv, x, y }: Readonly<Record<string, unknown>> = { ...value };
  return { kty, crv, x, y };
}
