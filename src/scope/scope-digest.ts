import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Scope } from "../case/scope.ts";

/** SHA-256, lower-case hexadecimal, of the scope's canonical JSON (RFC 8785): what a plan and a snapshot name it by. */
export function scopeDigest(scope: Scope): string {
  const text = canonicalize(scope);
  if (text === undefined) throw new TypeError("a scope is an object, so it has a canonical form");
  return createHash("sha256").update(text).digest("hex");
}
