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
  /** Text, trimmed; numbers and booleans as text; null for anything else or for nothing. */
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

export function readingOf(value: unknown, path = "", depth = 0): Reading {
  const opened = opens(value, depth);
  const inner = opened === value ? depth : depth + 1;
  return {
    path,
    exists: opened !== undefined && opened !== null,
    at(...keys) {
      let here: unknown = opened;
      let where = path;
      for (const key of keys) {
        const found = memberOf(opens(here, inner), key);
        where = where === "" ? (found?.key ?? key) : `${where}.${found?.key ?? key}`;
        here = found?.value;
      }
      return readingOf(here, where, inner);
    },
    text: () => textOf(value),
    number() {
      const text = textOf(value);
      const number = text === null || text === "" ? Number.NaN : Number(text);
      return Number.isFinite(number) ? number : null;
    },
    items() {
      if (Array.isArray(opened)) return opened.map((it, index) => readingOf(it, `${path}[${index}]`, inner));
      return isObject(opened) ? [readingOf(opened, path, inner)] : [];
    },
    members() {
      if (!isObject(opened)) return [];
      return Object.entries(opened).map(([key, it]) => [
        key,
        readingOf(it, path === "" ? key : `${path}.${key}`, inner),
      ]);
    },
    raw: () => opened,
  };
}

/** `attacker Object ID`, `AttackerObjectId` and `attackerobjectid` are one key. */
export function keyForm(key: string): string {
  return key.replaceAll(/[\s_-]+/g, "").toLowerCase();
}

function memberOf(value: unknown, key: string): { readonly key: string; readonly value: unknown } | null {
  if (!isObject(value)) return null;
  if (Object.hasOwn(value, key)) return { key, value: value[key] };
  const wanted = keyForm(key);
  const found = Object.keys(value).find((it) => keyForm(it) === wanted);
  return found === undefined ? null : { key: found, value: value[found] };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  switch (typeof value) {
    case "string":
      return value.trim();
    case "number":
    case "boolean":
      return String(value);
    default:
      return null;
  }
}

/** Opens a string that holds an object or array. A string that only looks like one stays a string. */
function opens(value: unknown, depth: number): unknown {
  if (typeof value !== "string" || depth >= DEEPEST_STRING) return value;
  const text = value.trim();
  if (!/^[[{][\s\S]*[\]}]$/.test(text)) return value;
  try {
    return JSON.parse(text);
  } catch {
    return value;
  }
}
