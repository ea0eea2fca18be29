import { notModelled } from "./errors.ts";
import { listOf, nameOf, partsOf, type SyntaxNode } from "./syntax.ts";
import { parseTimespan, toMoment, type Value } from "./values.ts";

/** The value of a literal: `1`, `"x"`, `1h`, `datetime(2026-01-01)`, `true`, `long(null)` … */
export function literalValue(node: SyntaxNode): Value {
  const { text, type } = node;
  const inner = /^\s*[a-z]+\s*\(([\s\S]*)\)\s*$/i.exec(text)?.[1]?.trim();
  if (inner === "null") return null;
  switch (type) {
    case "string":
      return stringLiteral(text);
    case "bool":
      return (inner ?? text).toLowerCase() === "true" || inner === "1";
    case "int":
    case "long":
    case "real":
    case "decimal":
      return Number(inner ?? text);
    case "datetime":
      return toMoment((inner ?? text).replaceAll(/^['"]|['"]$/g, ""));
    case "timespan":
      return parseTimespan((inner ?? text).replaceAll(/^['"]|['"]$/g, ""));
    case "guid":
      return (inner ?? text).replaceAll(/^['"]|['"]$/g, "").toLowerCase();
    default:
      throw notModelled(`a literal of type ${type ?? "unknown"}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", "0": "\0" };

/** Quoted with `'` or `"`, with escapes; verbatim after `@`; over lines between three backticks. */
export function stringLiteral(text: string): string {
  if (text.startsWith("```")) return text.slice(3, -3);
  const unhidden = /^[hH]@?['"]/.test(text) ? text.slice(1) : text;
  if (unhidden.startsWith("@")) {
    const quote = unhidden[1] ?? '"';
    return unhidden.slice(2, -1).replaceAll(quote + quote, quote);
  }
  return unhidden
    .slice(1, -1)
    .replaceAll(
      /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/g,
      (_, unicode?: string, hex?: string, other?: string) =>
        unicode !== undefined || hex !== undefined
          ? String.fromCharCode(Number.parseInt(unicode ?? hex ?? "", 16))
          : (ESCAPES[other ?? ""] ?? other ?? ""),
    );
}

/** The value inside `dynamic(...)`: JSON, but with Kusto's own quotes and literals allowed. */
export function jsonLiteral(node: SyntaxNode): Value {
  switch (node.kind) {
    case "DynamicExpression":
    case "ParenthesizedExpression": {
      const [inner] = partsOf(node);
      return inner === undefined ? null : jsonLiteral(inner);
    }
    case "JsonArrayExpression":
      return listOf(node).map(jsonLiteral);
    case "JsonObjectExpression":
      return Object.fromEntries(
        listOf(node).map((pair) => {
          const [name, value] = pair.children.filter(({ text, kind }) => kind !== "Token" || text !== ":");
          const key =
            name === undefined
              ? ""
              : name.kind === "Token"
                ? stringLiteral(name.text)
                : name.text === ""
                  ? nameOf(name)
                  : stringLiteral(name.text);
          return [key, value === undefined ? null : jsonLiteral(value)];
        }),
      );
    case "LiteralExpression":
    case "CompoundStringLiteralExpression":
      return node.text === "null" ? null : literalValue(node);
    case "PrefixUnaryExpression": {
      const [inner] = partsOf(node);
      const value = inner === undefined ? null : jsonLiteral(inner);
      return typeof value === "number" ? -value : value;
    }
    default:
      throw notModelled(`${node.kind} inside dynamic(…)`);
  }
}
