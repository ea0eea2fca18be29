import { constraintNamed, type Constraint } from "./route-constraint.ts";

export interface RouteParameter {
  readonly name: string;
  readonly constraints: readonly Constraint[];
  readonly isOptional: boolean;
  readonly isCatchAll: boolean;
  readonly defaultValue: string | undefined;
}

export type RouteSegment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter"; readonly parameter: RouteParameter }
  /** Literal text and parameters within one segment, such as `{name}.{extension}`. */
  | {
      readonly kind: "mixed";
      /** Tried in order: with the optional last parameter first. */
      readonly patterns: readonly RegExp[];
      readonly parameters: readonly RouteParameter[];
    };

export type ParsedTemplate =
  | { readonly kind: "template"; readonly segments: readonly RouteSegment[] }
  | { readonly kind: "invalid"; readonly reason: string };

type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "parameter"; readonly parameter: RouteParameter };

class TemplateError extends Error {}

/** Parses an ASP.NET Core route template. What ASP.NET refuses comes back as `invalid`, with the reason. */
export function parseRouteTemplate(template: string): ParsedTemplate {
  try {
    const segments = splitSegments(template).map(parseSegment);
    checkWhole(segments);
    return { kind: "template", segments };
  } catch (error) {
    if (error instanceof TemplateError) return { kind: "invalid", reason: error.message };
    throw error;
  }
}

/** Splits at slashes outside of braces: a constraint such as `regex(a/b)` may hold one. */
function splitSegments(template: string): string[] {
  const segments: string[] = [];
  let current = "";
  let depth = 0;
  for (let at = 0; at < template.length; at++) {
    const two = template.slice(at, at + 2);
    const character = template.charAt(at);
    if (two === "{{" || two === "}}") {
      current += two;
      at++;
    } else if (character === "/" && depth === 0) {
      segments.push(current);
      current = "";
    } else {
      if (character === "{") depth++;
      if (character === "}") depth--;
      current += character;
    }
  }
  segments.push(current);
  const named = segments.filter((it, at) => it !== "" || (at > 0 && at < segments.length - 1));
  if (named.includes("")) throw new TemplateError("two slashes in a row");
  return named;
}

function parseSegment(text: string): RouteSegment {
  const parts = splitParts(text);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined)
    return only.kind === "text"
      ? { kind: "literal", text: only.text }
      : { kind: "parameter", parameter: only.parameter };

  const parameters = parts.flatMap((it) => (it.kind === "parameter" ? [it.parameter] : []));
  if (parameters.some((it) => it.isCatchAll))
    throw new TemplateError("a catch-all parameter shares its segment with something else");
  if (parts.some((it, at) => it.kind === "parameter" && parts[at + 1]?.kind === "parameter"))
    throw new TemplateError("two parameters stand side by side without text between them");
  return { kind: "mixed", patterns: mixedPatterns(parts), parameters };
}

function mixedPatterns(parts: readonly Part[]): RegExp[] {
  const optionalAt = parts.findIndex((it) => it.kind === "parameter" && it.parameter.isOptional);
  if (optionalAt < 0) return [patternOf(parts)];
  const before = parts[optionalAt - 1];
  if (optionalAt !== parts.length - 1 || before?.kind !== "text" || before.text !== ".")
    throw new TemplateError("within a segment only the last parameter can be optional, after a period");
  return [patternOf(parts), patternOf(parts.slice(0, -2))];
}

/** Earlier parameters take as much as they can, as ASP.NET matches from the right. */
function patternOf(parts: readonly Part[]): RegExp {
  const source = parts.map((it) => (it.kind === "text" ? escape(it.text) : "(.+)")).join("");
  return new RegExp(`^${source}$`, "is");
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function splitParts(segment: string): Part[] {
  const parts: Part[] = [];
  let text = "";
  let at = 0;
  while (at < segment.length) {
    const two = segment.slice(at, at + 2);
    if (two === "{{" || two === "}}") {
      text += two.charAt(0);
      at += 2;
    } else if (segment.charAt(at) === "{") {
      if (text !== "") parts.push({ kind: "text", text });
      text = "";
      const end = endOfParameter(segment, at + 1);
      parts.push({ kind: "parameter", parameter: parseParameter(segment.slice(at + 1, end)) });
      at = end + 1;
    } else if (segment.charAt(at) === "}") {
      throw new TemplateError("a brace is closed that was never opened");
    } else {
      text += segment.charAt(at);
      at++;
    }
  }
  if (text !== "") parts.push({ kind: "text", text });
  return parts;
}

function endOfParameter(segment: string, from: number): number {
  for (let at = from; at < segment.length; at++) {
    const two = segment.slice(at, at + 2);
    // Doubled braces are literal ones, as a constraint's regular expression needs them.
    if (two === "{{" || two === "}}") at++;
    else if (segment.charAt(at) === "}") return at;
  }
  throw new TemplateError("a brace is opened and never closed");
}

function parseParameter(source: string): RouteParameter {
  let rest = source.replaceAll("{{", "{").replaceAll("}}", "}");
  const isCatchAll = rest.startsWith("*");
  rest = rest.replace(/^\*{1,2}/, "");
  const isOptional = rest.endsWith("?");
  if (isOptional) rest = rest.slice(0, -1);

  const name = /^[^:=]*/.exec(rest)?.[0] ?? "";
  if (!/^[^/{}?*]+$/.test(name)) throw new TemplateError(`"${name}" is no parameter name`);
  const { constraints, defaultValue } = parseInline(rest.slice(name.length));
  if (isOptional && defaultValue !== undefined)
    throw new TemplateError(`parameter "${name}" is optional and has a default value`);
  if (isOptional && isCatchAll) throw new TemplateError(`catch-all parameter "${name}" cannot be optional`);
  return { name, constraints, isOptional, isCatchAll, defaultValue };
}

function parseInline(source: string): {
  constraints: Constraint[];
  defaultValue: string | undefined;
} {
  const constraints: Constraint[] = [];
  let at = 0;
  while (source.charAt(at) === ":") {
    const name = /^[A-Za-z]+/.exec(source.slice(at + 1))?.[0] ?? "";
    at += 1 + name.length;
    let args: string | undefined;
    if (source.charAt(at) === "(") {
      const end = endOfArguments(source, at);
      args = source.slice(at + 1, end);
      at = end + 1;
    }
    const constraint = constraintNamed(name, args);
    if (constraint === undefined)
      throw new TemplateError(
        `constraint "${name}${args === undefined ? "" : `(${args})`}" could not be resolved`,
      );
    constraints.push(constraint);
  }
  if (at === source.length) return { constraints, defaultValue: undefined };
  if (source.charAt(at) !== "=") throw new TemplateError(`"${source.slice(at)}" makes no sense here`);
  return { constraints, defaultValue: source.slice(at + 1) };
}

/** The closing parenthesis of a constraint's arguments: the last one before the next constraint, default or the end. */
function endOfArguments(source: string, open: number): number {
  for (let at = open + 1; at < source.length; at++) {
    const following = source.charAt(at + 1);
    if (source.charAt(at) === ")" && (following === "" || following === ":" || following === "=")) return at;
  }
  throw new TemplateError("a parenthesis is opened and never closed");
}

function checkWhole(segments: readonly RouteSegment[]): void {
  const names = new Set<string>();
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1;
    for (const it of parametersOf(segment)) {
      if (names.has(it.name.toLowerCase())) throw new TemplateError(`parameter "${it.name}" appears twice`);
      names.add(it.name.toLowerCase());
      if (it.isCatchAll && !isLast) throw new TemplateError("a catch-all parameter is not the last");
      if (it.isOptional && segment.kind === "mixed" && !isLast)
        throw new TemplateError(`optional parameter "${it.name}" is not at the end`);
    }
  }
}

/** The parameters of a segment, in order. */
export function parametersOf(segment: RouteSegment): readonly RouteParameter[] {
  switch (segment.kind) {
    case "literal":
      return [];
    case "parameter":
      return [segment.parameter];
    case "mixed":
      return segment.parameters;
    default:
      return segment satisfies never;
  }
}
