import { parametersOf, type RouteSegment } from "./route-template.ts";

export interface Route<T> {
  readonly segments: readonly RouteSegment[];
  /** In upper case. */
  readonly methods: readonly string[];
  readonly target: T;
}

export interface RouteMatch<T> {
  readonly target: T;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route for a request. More exact routes go first, as ASP.NET Core orders them; equals keep the order given. */
export class RouteTable<T> {
  readonly #routes: readonly Route<T>[];

  constructor(routes: readonly Route<T>[]) {
    this.#routes = routes.toSorted((a, b) => precedenceOf(a.segments) - precedenceOf(b.segments));
  }

  /** `path` is decoded, as `decodePath` makes it. A route that fits but not the method counts as no route, as in the real host. */
  match(method: string, path: string): RouteMatch<T> | undefined {
    for (const { segments, methods, target } of this.#routes) {
      if (!methods.includes(method.toUpperCase())) continue;
      const params = matchPath(segments, path);
      if (params !== undefined) return { target, params };
    }
    return undefined;
  }

  /** The targets whose route fits a path, whatever their methods. */
  targetsAt(path: string): readonly T[] {
    return this.#routes.flatMap(({ segments, target }) =>
      matchPath(segments, path) === undefined ? [] : [target],
    );
  }
}

/** ASP.NET's inbound precedence: one digit for each segment, smaller first. */
function precedenceOf(segments: readonly RouteSegment[]): number {
  return segments.reduce((sum, segment, at) => sum + digitOf(segment) / 10 ** at, 0);
}

function digitOf(segment: RouteSegment): number {
  switch (segment.kind) {
    case "literal":
      return 1;
    case "mixed":
      return 2;
    case "parameter": {
      const { isCatchAll, constraints } = segment.parameter;
      return (isCatchAll ? 5 : 3) - (constraints.length > 0 ? 1 : 0);
    }
    default:
      return segment satisfies never;
  }
}

function matchPath(segments: readonly RouteSegment[], path: string): Record<string, string> | undefined {
  // One leading and one trailing slash do not count; any further one is an empty segment, which matches nothing.
  const rest = path.startsWith("/") ? path.slice(1) : path;
  const trimmed = rest.endsWith("/") ? rest.slice(0, -1) : rest;
  const parts = trimmed === "" ? [] : trimmed.split("/");
  const params: Record<string, string> = {};

  for (const [at, segment] of segments.entries()) {
    if (segment.kind === "parameter" && segment.parameter.isCatchAll) {
      // A catch-all keeps the trailing slash of the path.
      const captured = rest.split("/").slice(at).join("/");
      if (captured !== "") params[segment.parameter.name] = captured;
      return finish(segments, params);
    }
    const part = parts[at];
    if (part === undefined) {
      if (!canBeAbsent(segment)) return undefined;
    } else if (!matchSegment(segment, part, params)) return undefined;
  }
  return parts.length > segments.length ? undefined : finish(segments, params);
}

function canBeAbsent(segment: RouteSegment): boolean {
  return (
    segment.kind === "parameter" &&
    (segment.parameter.isOptional || segment.parameter.defaultValue !== undefined)
  );
}

function matchSegment(segment: RouteSegment, part: string, params: Record<string, string>): boolean {
  switch (segment.kind) {
    case "literal":
      return segment.text.toLowerCase() === part.toLowerCase();
    case "parameter":
      if (part === "") return canBeAbsent(segment);
      params[segment.parameter.name] = part;
      return true;
    case "mixed": {
      const pattern = segment.patterns.find((it) => it.test(part));
      const match = pattern?.exec(part);
      if (match == null) return false;
      for (const [at, { name }] of segment.parameters.entries()) {
        const value = match[at + 1];
        if (value !== undefined) params[name] = value;
      }
      return true;
    }
    default:
      return segment satisfies never;
  }
}

/** Fills in defaults and holds the constraints against the values; an absent optional value breaks none. */
function finish(
  segments: readonly RouteSegment[],
  params: Record<string, string>,
): Record<string, string> | undefined {
  for (const { name, constraints, defaultValue } of segments.flatMap(parametersOf)) {
    const value = (params[name] ??= defaultValue ?? "");
    if (value === "") delete params[name];
    else if (!constraints.every((it) => it(value))) return undefined;
  }
  return params;
}
