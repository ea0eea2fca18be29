import { parseJson } from "./parse-body.ts";

/**
 * A body as senders meant it: keys found without regard to case or spaces, JSON inside strings opened, absent things
 * readable as absent. What is asked for and not there is null, never an error: senders differ.
 */
export interface Reading {
  /** Where in the body this is, for the person who asks: `relatedEntities[2].properties.aadUserId`. */
  readonly path: string;
  readonly exists: boolean;
  /** Down by keys. */
  at(...keys: readonly string[]): Reading;
  /** Text, trimmed; numbers and booleans as text; null for anything else, for nothing, and for blank text. */
  text(): string | null;
  number(): number | null;
  /** An array's members; a lone object as one; none for anything else. */
  items(): readonly Reading[];
  /** An object's members by their own keys. */
  members(): readonly (readonly [key: string, value: Reading])[];
  /** The plain value, for what has to be kept as it is. */
  raw(): unknown;
}

/** Strings in strings in strings: more than real senders nest, few enough to end. */
const DEEPEST_STRING = 3;
/** A key may be as long as the body; a path that repeats it below everything must not. */
const LONGEST_KEY_SAID = 60;

/** Reads a parsed body. Each JSON string in it is opened once, and all of them together cost no more than a body may. */
export function readingOf(value: unknown, path = ""): Reading {
  return read(value, path, stringOpener(), 0);
}

function read(value: unknown, path: string, open: OpenString, depth: number): Reading {
  const opened = depth < DEEPEST_STRING ? open(value) : value;
  const inner = opened === value ? depth : depth + 1;
  return {
    path,
    exists: opened !== undefined && opened !== null,
    at(...keys) {
      let here: unknown = opened;
      let where = path;
      let level = inner;
      for (const key of keys) {
        const inside: unknown = level < DEEPEST_STRING ? open(here) : here;
        if (inside !== here) level += 1;
        const found = memberOf(inside, key);
        where = below(where, found?.key ?? key);
        here = found?.value;
      }
      return read(here, where, open, level);
    },
    text: () => textOf(value),
    number() {
      const text = textOf(value);
      const number = text === null ? Number.NaN : Number(text);
      return Number.isFinite(number) ? number : null;
    },
    items() {
      if (Array.isArray(opened)) {
        return opened.map((it: unknown, index) => read(it, `${path}[${index}]`, open, inner));
      }
      return isObject(opened) ? [read(opened, path, open, inner)] : [];
    },
    members() {
      if (!isObject(opened)) return [];
      return Object.entries(opened).map(([key, it]) => [key, read(it, below(path, key), open, inner)]);
    },
    raw: () => opened,
  };
}

function below(path: string, key: string): string {
  const said = key.length > LONGEST_KEY_SAID ? `${key.slice(0, LONGEST_KEY_SAID)}…` : key;
  return path === "" ? said : `${path}.${said}`;
}

/** `attacker Object ID`, `AttackerObjectId` and `attackerobjectid` are one key. */
export function keyForm(key: string): string {
  return key.replaceAll(/[\s_-]+/g, "").toLowerCase();
}

/** The keys of an object by their forms; of keys with one form the first counts. Made once an object, because bodies may be wide. */
const keysByForm = new WeakMap<object, ReadonlyMap<string, string>>();

function formsOf(value: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const known = keysByForm.get(value);
  if (known !== undefined) return known;
  const forms = new Map<string, string>();
  for (const key of Object.keys(value)) {
    const form = keyForm(key);
    if (!forms.has(form)) forms.set(form, key);
  }
  keysByForm.set(value, forms);
  return forms;
}

function memberOf(value: unknown, key: string): { readonly key: string; readonly value: unknown } | null {
  if (!isObject(value)) return null;
  if (Object.hasOwn(value, key)) return { key, value: value[key] };
  const found = formsOf(value).get(keyForm(key));
  return found === undefined ? null : { key: found, value: value[found] };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  switch (typeof value) {
    case "string":
      return value.trim() === "" ? null : value.trim();
    case "number":
    case "boolean":
      return String(value);
    default:
      return null;
  }
}

type OpenString = (value: unknown) => unknown;

const MOST_OPENED_CHARACTERS = 8_000_000;

/** Opens strings that hold an object or an array. One that only looks like it, or breaks the limits of bodies, stays a string. */
function stringOpener(): OpenString {
  const opened = new Map<string, unknown>();
  let left = MOST_OPENED_CHARACTERS;
  return (value) => {
    if (typeof value !== "string" || !looksLikeJson(value)) return value;
    if (opened.has(value)) return opened.get(value);
    left -= value.length;
    const parsed = left < 0 ? null : parseJson(value);
    const result: unknown = parsed?.kind === "body" ? parsed.value : value;
    opened.set(value, result);
    return result;
  };
}

function looksLikeJson(text: string): boolean {
  const bare = text.trim();
  return (bare.startsWith("{") && bare.endsWith("}")) || (bare.startsWith("[") && bare.endsWith("]"));
}
