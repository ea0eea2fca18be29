import { isUtf8 } from "node:buffer";
import { canonicalJson } from "./canonical.ts";
import { hashOf } from "./chain.ts";
import type { FindingCode } from "./finding.ts";

/** An entry as a line says it. Nothing is known yet of its place, and its `actor` and `data` are whatever was written. */
export interface ReadEntry {
  readonly seq: number;
  readonly at: string;
  readonly caseId: string;
  readonly actor: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly prev: string;
  readonly hash: string;
}

export type ParsedLine =
  | { readonly kind: "entry"; readonly entry: ReadEntry }
  | { readonly kind: "bad"; readonly code: FindingCode; readonly detail: string };

/** Reads one line by itself: well formed, canonical, and its own hash right. Limits: knows nothing of the lines around it. */
export function parseLine(bytes: Uint8Array): ParsedLine {
  if (!isUtf8(bytes)) return bad("malformed-line", "it is not UTF-8");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad("malformed-line", "it is not JSON");
  }
  const entry = entryOf(value);
  if (typeof entry === "string") return bad("malformed-line", entry);
  // Also what finds a member that stands twice: it is read as one and written back as one.
  const canonical = canonicalText(value);
  if (canonical === undefined) return bad("malformed-line", "it is nested deeper than any entry");
  if (canonical !== text) return bad("non-canonical", "it is not spelled as canonical JSON");
  const { hash, ...hashed } = entry;
  const actual = hashOf(hashed);
  if (actual !== hash) return bad("edited", `its content hashes to ${actual}, but it says ${hash}`);
  return { kind: "entry", entry };
}

const SHA_256 = /^[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const TYPE = /^[a-z]+(?:-[a-z]+)*$/;

/** The entry, or what is wrong with it. By hand rather than by schema: this is the part an auditor reads. */
function entryOf(value: unknown): ReadEntry | string {
  if (!isPlainObject(value)) return "it is not an object";
  const { seq, at, caseId, actor, type, id, data, prev, hash, ...others } = value;
  if (Object.keys(others).length > 0) return "it has members that no entry has";
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 1)
    return "its seq is not a number from 1";
  if (typeof at !== "string" || !INSTANT.test(at)) return "its time is not UTC with milliseconds";
  if (typeof caseId !== "string" || caseId === "") return "it names no case";
  if (!isPlainObject(actor)) return "it names no actor";
  if (typeof type !== "string" || !TYPE.test(type)) return "it has no type";
  if (typeof id !== "string" || id === "") return "it has no id";
  if (!isPlainObject(data)) return "it has no data";
  if (typeof prev !== "string" || !SHA_256.test(prev)) return "its prev is not a SHA-256";
  if (typeof hash !== "string" || !SHA_256.test(hash)) return "its hash is not a SHA-256";
  return { seq, at, caseId, actor, type, id, data, prev, hash };
}

function canonicalText(value: unknown): string | undefined {
  try {
    return canonicalJson(value);
  } catch {
    return undefined;
  }
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bad(code: FindingCode, detail: string): ParsedLine {
  return { kind: "bad", code, detail };
}
