import type { GraphCall } from "../call.ts";
import type { Entity, Operator } from "../entities.ts";
import { notModelled, unsupportedFilter, unsupportedQuery } from "../errors.ts";
import { matches, valueAt } from "./filter.ts";
import type { Filter } from "./filter.ts";
import { checkSearch, parseSearch } from "./search.ts";

const ADVANCED = new Set<string>(["ne", "not", "endswith", "count"]);

/** The items that a query is about, in its order; or the refusal Graph would give. */
export function select<T>(call: GraphCall, entity: Entity<T>, items: Iterable<T>): T[] {
  const { query } = call;
  const advanced = query.eventual && query.count;
  if (query.filter !== undefined) checkFilter(entity, query.filter, advanced, undefined);
  if (query.orderBy.length > 0) checkOrder(call, entity, advanced);
  if (query.search !== undefined) checkSearch(call, entity);
  if (query.expand.length > 0 && query.eventual && (query.filter !== undefined || query.search !== undefined))
    throw unsupportedQuery("$expand is not supported in advanced queries.");
  const filter = query.filter;
  const search = query.search === undefined ? undefined : parseSearch(query.search, entity);
  let found = [...items];
  if (filter !== undefined || search !== undefined) {
    const counted = filter === undefined ? [] : countedLinks(filter);
    found = found.filter((item) => {
      const json = { ...entity.json(call, item) };
      for (const link of counted) {
        if (!(link in json)) json[link] = entity.expand?.[link]?.(call, item);
      }
      return (filter === undefined || matches(filter, json)) && (search === undefined || search(json));
    });
  }
  for (const { property, descending } of query.orderBy.toReversed()) {
    const key = (item: T) => {
      const value = valueAt(entity.json(call, item), property);
      return typeof value === "string" ? value.toLowerCase() : "";
    };
    const keyed = found.map((item) => [key(item), item] as const);
    keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (descending ? -1 : 1));
    found = keyed.map(([, item]) => item);
  }
  return found;
}

function checkFilter<T>(
  entity: Entity<T>,
  filter: Filter,
  advanced: boolean,
  within: string | undefined,
): void {
  const allowed = (path: string, operator: Operator) => {
    const property = within ?? path.split("/")[0] ?? path;
    const operators = entity.filter[property];
    if (operators === undefined || !operators.includes(operator))
      throw unsupportedFilter(property, entity.resource);
    if (ADVANCED.has(operator) && !advanced) throw unsupportedFilter(property, entity.resource);
  };
  switch (filter.kind) {
    case "and":
    case "or":
      checkFilter(entity, filter.left, advanced, within);
      checkFilter(entity, filter.right, advanced, within);
      return;
    case "not":
      if (!advanced) throw unsupportedFilter(firstProperty(filter.of), entity.resource);
      checkFilter(entity, filter.of, advanced, within);
      return;
    case "compare":
      allowed(filter.property, filter.operator);
      return;
    case "in":
      allowed(filter.property, "in");
      return;
    case "text":
      allowed(filter.property, filter.function);
      return;
    case "any":
      allowed(filter.collection, "any");
      checkFilter(entity, filter.each, advanced, filter.collection);
      return;
    case "count":
      allowed(filter.collection, "count");
      return;
    default:
      filter satisfies never;
  }
}

/** Collections a filter counts; a link to other objects is no property, and is only followed for this. */
function countedLinks(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return [...countedLinks(filter.left), ...countedLinks(filter.right)];
    case "not":
      return countedLinks(filter.of);
    case "count":
      return [filter.collection];
    case "any":
    case "compare":
    case "in":
    case "text":
      return [];
    default:
      return filter satisfies never;
  }
}

function firstProperty(filter: Filter): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return firstProperty(filter.left);
    case "not":
      return firstProperty(filter.of);
    case "any":
    case "count":
      return filter.collection;
    default:
      return filter.property;
  }
}

function checkOrder<T>(call: GraphCall, entity: Entity<T>, advanced: boolean): void {
  const { query } = call;
  const needsAdvanced =
    entity.advancedOrder === "always" ||
    (entity.advancedOrder === "with-filter" && query.filter !== undefined);
  if (needsAdvanced && !advanced) throw unsupportedQuery("Sorting not supported for current query.");
  for (const { property } of query.orderBy) {
    if (entity.orderBy?.includes(property) !== true)
      throw notModelled(`$orderby=${property} on ${entity.type}`);
  }
}
