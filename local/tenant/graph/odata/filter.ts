import { invalidUri, notModelled } from "../errors.ts";

type Literal = string | number | boolean | null;
type Comparison = "eq" | "ne" | "gt" | "ge" | "lt" | "le";
type TextFunction = "startswith" | "endswith" | "contains";

/** A parsed `$filter`. Properties are paths (`keyCredentials/keyId`), inside `any` relative to its variable. */
export type Filter =
  | { readonly kind: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | { readonly kind: "not"; readonly of: Filter }
  | {
      readonly kind: "compare";
      readonly property: string;
      readonly operator: Comparison;
      readonly value: Literal;
    }
  | { readonly kind: "in"; readonly property: string; readonly values: readonly Literal[] }
  | {
      readonly kind: "text";
      readonly function: TextFunction;
      readonly property: string;
      readonly value: string;
    }
  | { readonly kind: "any"; readonly collection: string; readonly each: Filter }
  | {
      readonly kind: "count";
      readonly collection: string;
      readonly operator: Comparison;
      readonly value: number;
    };

type Token =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "mark"; readonly text: "(" | ")" | "," | ":" };

const TOKEN = /\s*(?:'((?:[^']|'')*)'|([(),:])|([^\s'(),:]+(?::\d{2}[^\s'(),]*)*))/y;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null)
      throw invalidUri(
        `Invalid filter clause: There is an unterminated literal at position ${from} in '${text}'.`,
      );
    const [, quoted, mark, word] = match;
    if (quoted !== undefined) found.push({ kind: "string", text: quoted.replaceAll("''", "'") });
    else if (mark === "(" || mark === ")" || mark === "," || mark === ":")
      found.push({ kind: "mark", text: mark });
    else found.push({ kind: "word", text: word ?? "" });
  }
  return found;
}

const COMPARISONS: readonly string[] = ["eq", "ne", "gt", "ge", "lt", "le"];

/** Far more than any sensible filter has; what is deeper would exhaust the stack. */
const MAX_TOKENS = 2_000;

export function parseFilter(text: string): Filter {
  const list = tokens(text);
  // guess: the text.
  if (list.length > MAX_TOKENS) throw invalidUri("The filter expression is too complex.");
  let at = 0;
  const syntax = () => invalidUri(`Invalid filter clause: Syntax error at position ${at} in '${text}'.`);
  const isWord = (word: string) => {
    const token = list[at];
    return token?.kind === "word" && token.text.toLowerCase() === word;
  };
  const mark = (expected: "(" | ")" | "," | ":") => {
    const token = list[at];
    if (token?.kind !== "mark" || token.text !== expected) throw syntax();
    at += 1;
  };
  const isMark = (expected: string) => {
    const token = list[at];
    return token?.kind === "mark" && token.text === expected;
  };
  const word = (): string => {
    const token = list[at];
    if (token?.kind !== "word") throw syntax();
    at += 1;
    return token.text;
  };
  const literal = (): Literal => {
    const token = list[at];
    if (token === undefined || token.kind === "mark") throw syntax();
    at += 1;
    if (token.kind === "string") return token.text;
    if (token.text === "true" || token.text === "false") return token.text === "true";
    if (token.text === "null") return null;
    if (/^-?\d+(?:\.\d+)?$/.test(token.text)) return Number(token.text);
    if (/^[0-9a-f]{8}-|^\d{4}-\d{2}-\d{2}/i.test(token.text)) return token.text;
    throw syntax();
  };

  const either = (variable: string | undefined): Filter => {
    let left = both(variable);
    while (isWord("or")) {
      at += 1;
      left = { kind: "or", left, right: both(variable) };
    }
    return left;
  };
  const both = (variable: string | undefined): Filter => {
    let left = one(variable);
    while (isWord("and")) {
      at += 1;
      left = { kind: "and", left, right: one(variable) };
    }
    return left;
  };
  const property = (variable: string | undefined): string => {
    const path = word();
    if (variable === undefined) return path;
    if (path === variable) return "";
    if (!path.startsWith(`${variable}/`)) throw syntax();
    return path.slice(variable.length + 1);
  };
  const one = (variable: string | undefined): Filter => {
    if (isWord("not")) {
      at += 1;
      return { kind: "not", of: one(variable) };
    }
    if (isMark("(")) {
      at += 1;
      const inner = either(variable);
      mark(")");
      return inner;
    }
    const name = word();
    if (isMark("(")) {
      const lower = name.toLowerCase();
      at += 1;
      if (lower === "startswith" || lower === "endswith" || lower === "contains") {
        const of = property(variable);
        mark(",");
        const value = literal();
        mark(")");
        if (typeof value !== "string") throw syntax();
        return { kind: "text", function: lower, property: of, value };
      }
      if (name.endsWith("/any")) {
        const inner = word();
        mark(":");
        const each = either(inner);
        mark(")");
        return { kind: "any", collection: name.slice(0, -4), each };
      }
      throw notModelled(`the filter function '${name}'`);
    }
    at -= 1;
    const of = property(variable);
    if (isWord("in")) {
      at += 1;
      mark("(");
      const values = [literal()];
      while (isMark(",")) {
        at += 1;
        values.push(literal());
      }
      mark(")");
      return { kind: "in", property: of, values };
    }
    const operator = word().toLowerCase();
    if (!isComparison(operator)) throw syntax();
    const value = literal();
    if (of.endsWith("/$count")) {
      if (typeof value !== "number") throw syntax();
      return { kind: "count", collection: of.slice(0, -7), operator, value };
    }
    return { kind: "compare", property: of, operator, value };
  };

  const filter = either(undefined);
  if (at !== list.length) throw syntax();
  return filter;
}

function isComparison(word: string): word is Comparison {
  return COMPARISONS.includes(word);
}

/** Text compares without regard to case, as the directory does; times as times. */
export function matches(filter: Filter, object: unknown): boolean {
  switch (filter.kind) {
    case "and":
      return matches(filter.left, object) && matches(filter.right, object);
    case "or":
      return matches(filter.left, object) || matches(filter.right, object);
    case "not":
      return !matches(filter.of, object);
    case "compare":
      return compares(valueAt(object, filter.property), filter.operator, filter.value);
    case "in":
      return filter.values.some((value) => compares(valueAt(object, filter.property), "eq", value));
    case "text": {
      const text = valueAt(object, filter.property);
      if (typeof text !== "string") return false;
      const [a, b] = [text.toLowerCase(), filter.value.toLowerCase()];
      switch (filter.function) {
        case "startswith":
          return a.startsWith(b);
        case "endswith":
          return a.endsWith(b);
        case "contains":
          return a.includes(b);
        default:
          return filter.function satisfies never;
      }
    }
    case "any": {
      const items = valueAt(object, filter.collection);
      return Array.isArray(items) && items.some((item) => matches(filter.each, item));
    }
    case "count": {
      const items = valueAt(object, filter.collection);
      return compares(Array.isArray(items) ? items.length : 0, filter.operator, filter.value);
    }
    default:
      return filter satisfies never;
  }
}

export function valueAt(object: unknown, path: string): unknown {
  if (path === "") return object;
  let value = object;
  for (const step of path.split("/")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return value;
}

function compares(found: unknown, operator: Comparison, wanted: Literal): boolean {
  const value = found ?? null;
  const equal =
    typeof value === "string" && typeof wanted === "string" ? order(value, wanted) === 0 : value === wanted;
  if (operator === "eq") return equal;
  if (operator === "ne") return !equal;
  if (value === null || wanted === null) return false;
  const difference =
    typeof value === "string" && typeof wanted === "string"
      ? order(value, wanted)
      : typeof value === "number" && typeof wanted === "number"
        ? value - wanted
        : Number.NaN;
  switch (operator) {
    case "gt":
      return difference > 0;
    case "ge":
      return difference >= 0;
    case "lt":
      return difference < 0;
    case "le":
      return difference <= 0;
    default:
      return operator satisfies never;
  }
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?$/;

function order(a: string, b: string): number {
  if (TIME.test(a) && TIME.test(b)) return Date.parse(a) - Date.parse(b);
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}
