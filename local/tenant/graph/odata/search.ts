import type { GraphCall } from "../call.ts";
import type { Entity, Json } from "../entities.ts";
import { notModelled, unsupportedQuery } from "../errors.ts";

/** Throws unless this kind of object can be searched, by a caller who accepts the eventual index. */
export function checkSearch<T>(call: GraphCall, entity: Entity<T>): void {
  if (entity.search === undefined) throw unsupportedQuery("Unsupported Query.");
  if (!call.query.eventual) {
    throw unsupportedQuery(
      "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    );
  }
}

/** `"displayName:word"`, joined by AND or OR: the value's words, each the beginning of one of the property's. */
export function parseSearch<T>(text: string, entity: Entity<T>): (json: Json) => boolean {
  const parts = text.split(/\s+(AND|OR)\s+/);
  let test: ((json: Json) => boolean) | undefined;
  for (let index = 0; index < parts.length; index += 2) {
    const match = /^"([\w]+):([^"]*)"$/.exec(parts[index] ?? "");
    const [, property, value] = match ?? [];
    if (property === undefined || value === undefined) throw notModelled(`$search written as ${text}`);
    if (entity.search?.includes(property) !== true)
      throw notModelled(`$search on ${property} of ${entity.type}`);
    const wanted = words(value);
    const one = (json: Json) => {
      const found = json[property];
      const have = words(typeof found === "string" ? found : "");
      return wanted.every((word) => have.some((candidate) => candidate.startsWith(word)));
    };
    const before = test;
    test =
      before === undefined
        ? one
        : parts[index - 1] === "OR"
          ? (json) => before(json) || one(json)
          : (json) => before(json) && one(json);
  }
  return test ?? (() => true);
}

function words(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}
