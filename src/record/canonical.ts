import { createHash } from "node:crypto";
import { Secret } from "../azure/secret.ts";
import { RecordError } from "./record-error.ts";

// Deeper than anything we write; it keeps hostile nesting from exhausting the stack.
const DEEPEST = 64;

/**
 * The canonical JSON (RFC 8785) of a plain value; two equal values give the same text, whatever their members' order.
 * Limits: throws on a Secret, on class instances, functions, bigints, NaN, infinities, cycles and nesting over 64; lone
 * surrogates, which hostile names can hold and RFC 8785 refuses, become U+FFFD; `undefined` members are left out as in JSON.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "$", 0);
}

/** Lower-case hex SHA-256 of text (as UTF-8) or bytes. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The digest of a plain value: SHA-256 of its canonical JSON. Limits: as `canonicalJson`. */
export function digestOf(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}

/** An id made from content: `intent:3f2a…`. The same type and parts give the same id, in any process, before or after a crash. */
export function entryId(type: string, ...parts: readonly unknown[]): string {
  return `${type}:${digestOf(parts).slice(0, 32)}`;
}

function write(value: unknown, path: string, depth: number): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value.isWellFormed() ? value : value.toWellFormed());
  if (typeof value === "boolean") return value ? "true" : "false";
  // ECMAScript's own number formatting is what RFC 8785 prescribes; it also turns -0 into 0.
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === "object") return writeContainer(value, path, depth);
  throw notPlain(
    path,
    typeof value === "number" ? "a number JSON cannot hold" : `a value of type ${typeof value}`,
  );
}

function writeContainer(value: object, path: string, depth: number): string {
  if (value instanceof Secret) {
    throw new RecordError({
      code: "ENTRY_HOLDS_SECRET",
      message: `${path} holds a secret, which is never recorded`,
    });
  }
  if (depth === DEEPEST) throw notPlain(path, `nested deeper than ${DEEPEST}, or a cycle`);
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown, index) => write(item, `${path}[${index}]`, depth + 1)).join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // A class instance would be written as whatever its fields happen to be, or as its toJSON says: neither was meant.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notPlain(path, `an instance of ${constructorName(value)}`);
  }
  const members: string[] = [];
  // `<` compares UTF-16 code units, which is RFC 8785's order.
  for (const [name, member] of Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (member === undefined) continue;
    if (!name.isWellFormed()) throw notPlain(path, "an object with a member name that is not Unicode");
    members.push(`${JSON.stringify(name)}:${write(member, `${path}.${name}`, depth + 1)}`);
  }
  return `{${members.join(",")}}`;
}

function constructorName(value: object): string {
  return value.constructor?.name ?? "an unknown class";
}

function notPlain(path: string, what: string): RecordError {
  return new RecordError({
    code: "ENTRY_NOT_PLAIN",
    message: `${path} is ${what}; a record holds plain JSON only`,
  });
}
