import type { GraphCall } from "../call.ts";
import type { Entity, Json } from "../entities.ts";
import { invalidUri, notModelled } from "../errors.ts";
import { MAX_EXPANDED } from "../limits.ts";

/** One object as the query wants it: selected, and with what it expands. */
export function itemJson<T>(call: GraphCall, entity: Entity<T>, item: T): Json {
  const { select: wanted, expand } = call.query;
  const json = entity.json(call, item);
  const shown =
    entity.mixed === true ? pickLoosely(json, wanted) : pick(json, wanted ?? entity.defaults, entity.type);
  for (const { link, select: properties } of expand) {
    const follow = entity.expand?.[link];
    if (follow === undefined) throw notModelled(`$expand=${link} on ${entity.type}`);
    const linked = follow(call, item);
    shown[link] = Array.isArray(linked)
      ? linked.slice(0, MAX_EXPANDED).map((it: unknown) => pickOf(it, properties))
      : pickOf(linked, properties);
  }
  return shown;
}

function pick(json: Json, wanted: readonly string[] | undefined, type: string): Json {
  if (wanted === undefined) return { ...json };
  const shown: Json = {};
  for (const property of wanted) {
    const name = Object.keys(json).find((key) => key.toLowerCase() === property.toLowerCase());
    if (name === undefined)
      throw invalidUri(
        `Parsing OData Select and Expand failed: Could not find a property named '${property}' on type 'microsoft.graph.${type}'.`,
      );
    shown[name] = json[name];
  }
  return shown;
}

function pickLoosely(json: Json, wanted: readonly string[] | undefined): Json {
  if (wanted === undefined) return { ...json };
  return Object.fromEntries(
    Object.entries(json).filter(([key]) => key.startsWith("@odata") || wanted.includes(key)),
  );
}

function pickOf(value: unknown, wanted: readonly string[] | undefined): unknown {
  return typeof value === "object" && value !== null ? pickLoosely({ ...value }, wanted) : value;
}

/** The context names what was selected. */
export function contextWithSelect(context: string, wanted: readonly string[] | undefined): string {
  return wanted === undefined ? context : `${context}(${wanted.join(",")})`;
}
