import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** Lower-case hex SHA-256 of a value's canonical JSON (RFC 8785): equal data, equal digest, whatever the key order. */
export function digestOf(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not JSON: it has no canonical form");
  return createHash("sha256").update(text).digest("hex");
}
