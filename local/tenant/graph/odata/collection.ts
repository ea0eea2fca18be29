import type { GraphAnswer, GraphCall } from "../call.ts";
import { contextOf } from "../call.ts";
import type { Entity, Json, Operator } from "../entities.ts";
import { badRequest, invalidUri, notModelled, unsupportedFilter, unsupportedQuery } from "../errors.ts";
import { DEFAULT_PAGE_SIZE, MAX_EXPANDED, MAX_PAGE_SIZE } from "../limits.ts";
import { matches, valueAt } from "./filter.ts";
import type { Filter } from "./filter.ts";

export interface CollectionOptions<T> {
  /** After `$metadata#`. */
  readonly context: string;
  readonly items: Iterable<T>;
  readonly idOf: (item: T) => string;
  /** Items say what they are: `@odata.type`. */
  readonly typed?: boolean;
  /** Finds by one property's exact value without looking at every item. */
  readonly quick?: Readonly<Record<string, (value: string) => T | undefined>>;
}

/** The answer to a list request, with everything of the query applied, or refused where Graph refuses it. */
export function collection<T>(
  call: GraphCall,
  entity: Entity<T>,
  options: CollectionOptions<T>,
): GraphAnswer {
  const { query } = call;
  const found = select(call, entity, quickly(query.filter, options) ?? options.items);
  const { page, nextLink } = pageOf(call, found, options.idOf);
  return {
    status: 200,
    body: {
      "@odata.context": contextOf(call, contextWithSelect(options.context, query.select)),
      ...(query.count && query.eventual && query.skipToken === undefined
        ? { "@odata.count": found.length }
        : {}),
      ...(nextLink === undefined ? {} : { "@odata.nextLink": nextLink }),
      value: page.map((item) => ({
        ...(options.typed === true ? { "@odata.type": `#microsoft.graph.${entity.type}` } : {}),
        ...itemJson(call, entity, item),
      })),
    },
  };
}

/** The answer to a request for one object. */
export function single<T>(
  call: GraphCall,
  entity: Entity<T>,
  item: T,
  context: string,
  status = 200,
): GraphAnswer {
  const { query } = call;
  if (
    query.filter !== undefined ||
    query.search !== undefined ||
    query.orderBy.length > 0 ||
    query.top !== undefined
  )
    throw invalidUri(
      "The query specified in the URI is not valid. Query options $filter, $orderby, $search and $top can be applied only to collections.",
    );
  return {
    status,
    body: {
      "@odata.context": contextOf(call, `${contextWithSelect(context, query.select)}/$entity`),
      ...itemJson(call, entity, item),
    },
  };
}

/** `/$count` of a collection: text, and only for who accepts the eventual index. */
export function countOf<T>(call: GraphCall, entity: Entity<T>, items: Iterable<T>): GraphAnswer {
  if (!call.query.eventual) throw badRequest("$count is not currently supported.");
  return {
    status: 200,
    headers: { "Content-Type": "text/plain" },
    body: String(select(call, entity, items).length),
  };
}

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

function contextWithSelect(context: string, wanted: readonly string[] | undefined): string {
  return wanted === undefined ? context : `${context}(${wanted.join(",")})`;
}

/** The one candidate of a plain `property eq 'value'`, where there is an index for it. */
function quickly<T>(filter: Filter | undefined, { quick }: CollectionOptions<T>): T[] | undefined {
  if (filter?.kind !== "compare" || filter.operator !== "eq" || typeof filter.value !== "string")
    return undefined;
  const find = quick?.[filter.property];
  if (find === undefined) return undefined;
  const found = find(filter.value.toLowerCase());
  return found === undefined ? [] : [found];
}

const ADVANCED = new Set<string>(["ne", "not", "endswith", "count"]);

function select<T>(call: GraphCall, entity: Entity<T>, items: Iterable<T>): T[] {
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

function checkSearch<T>(call: GraphCall, entity: Entity<T>): void {
  if (entity.search === undefined) throw unsupportedQuery("Unsupported Query.");
  if (!call.query.eventual) {
    throw unsupportedQuery(
      "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    );
  }
}

/** `"displayName:word"`, joined by AND or OR: the value's words, each the beginning of one of the property's. */
function parseSearch<T>(text: string, entity: Entity<T>): (json: Json) => boolean {
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

interface SkipToken {
  /** Where the page ended, and after whom: the item may move, or go. */
  readonly offset: number;
  readonly after: string;
}

function pageOf<T>(call: GraphCall, found: readonly T[], idOf: (item: T) => string) {
  const { top, skipToken } = call.query;
  if (top !== undefined && top > MAX_PAGE_SIZE)
    throw badRequest(`Invalid page size specified: '${top}'. Must be between 1 and 999 inclusive.`);
  const size = top ?? DEFAULT_PAGE_SIZE;
  let from = 0;
  if (skipToken !== undefined) {
    const { offset, after } = decodeSkipToken(skipToken);
    const last = found[offset - 1];
    from =
      last !== undefined && idOf(last) === after
        ? offset
        : found.findIndex((item) => idOf(item) === after) + 1 || offset;
  }
  const page = found.slice(from, from + size);
  const last = page.at(-1);
  const more = from + size < found.length && last !== undefined;
  return {
    page,
    nextLink: more
      ? linkWith(call, "$skiptoken", encodeToken({ offset: from + size, after: idOf(last) }))
      : undefined,
  };
}

/** The request's own address with one option set. */
export function linkWith(
  call: GraphCall,
  option: string,
  value: string,
  without: readonly string[] = [],
): string {
  const { url, host } = call.request;
  const kept = url.search
    .slice(1)
    .split("&")
    .filter((part) => {
      const name = decodeURIComponent(part.split("=")[0] ?? "").toLowerCase();
      return part !== "" && name !== option && ![...without, "$skiptoken", "$deltatoken"].includes(name);
    });
  return `https://${host}${url.pathname}?${[...kept, `${option}=${value}`].join("&")}`;
}

export function encodeToken(token: object): string {
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

export function decodeToken(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (cause) {
    throw Object.assign(badToken(), { cause });
  }
}

/** guess: the text for a token nobody gave out. */
export const badToken = () => badRequest("Invalid skip token or delta token.");

function decodeSkipToken(text: string): SkipToken {
  const token = decodeToken(text);
  if (typeof token === "object" && token !== null && "offset" in token && "after" in token) {
    const { offset, after } = token;
    if (typeof offset === "number" && typeof after === "string") return { offset, after };
  }
  throw badToken();
}
