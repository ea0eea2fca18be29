import type { Route } from "./call.ts";

export interface Matched {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export interface Router {
  match(method: string, path: string): Matched | undefined;
  /** Whether the path is known with another method. */
  methodsOf(path: string): readonly string[];
}

interface Compiled {
  readonly route: Route;
  readonly expression: RegExp;
  readonly names: readonly string[];
}

/** Finds the route for an ARM path. Case never matters; `{scope}` at the front takes any path, the empty one too. */
export function createRouter(routes: readonly Route[]): Router {
  // By the last namespace of the path: a few dozen routes each instead of hundreds.
  const byNamespace = new Map<string, Compiled[]>();
  for (const route of routes) {
    const namespace = lastNamespace(route.template);
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), compile(route)]);
  }
  const candidates = (path: string) => byNamespace.get(lastNamespace(path)) ?? [];
  return {
    match: (method, path) => {
      for (const { route, expression, names } of candidates(path)) {
        if (route.method !== method) continue;
        const found = expression.exec(path);
        if (!found) continue;
        const params = Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? ""]));
        return { route, params: "scope" in params ? { ...params, scope: params["scope"] || "/" } : params };
      }
      return undefined;
    },
    methodsOf: (path) =>
      candidates(path)
        .filter(({ expression }) => expression.test(path))
        .map(({ route }) => route.method),
  };
}

function lastNamespace(path: string): string {
  const found = /^.*\/providers\/([^/{}]+)/i.exec(path);
  return found?.[1]?.toLowerCase() ?? "";
}

function compile(route: Route): Compiled {
  const names: string[] = [];
  const pattern = route.template
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
      names.push(name);
      return name === "scope" ? "(.*?)" : "([^/]+)";
    })
    .join("");
  return { route, expression: new RegExp(`^${pattern}$`, "i"), names };
}
