import type { GraphVersion, Route } from "./call.ts";
import { invalidUri, methodNotAllowed, notModelled } from "./errors.ts";

export interface Matched {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Node {
  readonly children: Map<string, Node>;
  wildcard: { readonly name: string; readonly node: Node } | undefined;
  readonly routes: Map<string, Route>;
}

const emptyNode = (): Node => ({ children: new Map(), wildcard: undefined, routes: new Map() });

/** Finds routes by path. Words are compared without regard to case; a word is preferred to a `{…}`. */
export function createRouter(routes: readonly Route[]) {
  const root = emptyNode();
  for (const route of routes) {
    let node = root;
    for (const segment of route.path.slice(1).split("/")) {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      if (name === undefined) {
        const key = segment.toLowerCase();
        const child = node.children.get(key) ?? emptyNode();
        node.children.set(key, child);
        node = child;
      } else {
        node.wildcard ??= { name, node: emptyNode() };
        node = node.wildcard.node;
      }
    }
    if (node.routes.has(route.method)) throw new Error(`two routes for ${route.method} ${route.path}`);
    node.routes.set(route.method, route);
  }

  const walk = (
    node: Node,
    segments: readonly string[],
    values: readonly string[],
  ): [Node, readonly string[]] | undefined => {
    const [segment, ...rest] = segments;
    if (segment === undefined) return node.routes.size > 0 ? [node, values] : undefined;
    const child = node.children.get(segment.toLowerCase());
    const found = child === undefined ? undefined : walk(child, rest, values);
    if (found !== undefined) return found;
    return node.wildcard === undefined ? undefined : walk(node.wildcard.node, rest, [...values, segment]);
  };

  return (method: string, segments: readonly string[], version: GraphVersion): Matched => {
    const found = walk(root, segments, []);
    const shown = `/${segments.join("/")}`;
    if (found === undefined) throw notModelled(`${method} /${version}${shown}`);
    const [node, values] = found;
    const route = node.routes.get(method);
    if (route === undefined) {
      // A collection cannot be changed, and the answer says which one it is.
      const [only] = segments;
      if (segments.length === 1 && only !== undefined && (method === "PATCH" || method === "DELETE"))
        throw invalidUri(
          `The request URI is not valid. Since the segment '${only}' refers to a collection, this must be the last segment in the request URI or it must be followed by an function or action that can be bound to it otherwise all intermediate segments must refer to a single resource.`,
        );
      throw methodNotAllowed();
    }
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    return { route, parameters: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""])) };
  };
}

/**
 * The path's segments after the version: `applications(appId='x')` and `users('x')` as two, so that a key in brackets
 * reads like one after a slash. A doubled slash counts once, as in Graph.
 */
export function segmentsOf(path: string): string[] {
  return path
    .split("/")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const text = decoded(part);
      const match = /^([\w.]+)\((.*)\)$/.exec(text);
      const [, name, key] = match ?? [];
      if (name === undefined || key === undefined) return [text];
      const plain = /^'([^']*)'$/.exec(key)?.[1];
      return key === "" ? [name] : [name, plain ?? `(${key})`];
    });
}

/** A percent that encodes nothing stands for itself. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
