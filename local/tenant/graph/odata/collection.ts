import type { GraphAnswer, GraphCall } from "../call.ts";
import { contextOf } from "../call.ts";
import type { Entity } from "../entities.ts";
import { badRequest, invalidUri } from "../errors.ts";
import type { Filter } from "./filter.ts";
import { select } from "./matching.ts";
import { pageOf } from "./paging.ts";
import { contextWithSelect, itemJson } from "./shape.ts";

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

/** The one candidate of a plain `property eq 'value'`, where there is an index for it. */
function quickly<T>(filter: Filter | undefined, { quick }: CollectionOptions<T>): T[] | undefined {
  if (filter?.kind !== "compare" || filter.operator !== "eq" || typeof filter.value !== "string")
    return undefined;
  const find = quick?.[filter.property];
  if (find === undefined) return undefined;
  const found = find(filter.value.toLowerCase());
  return found === undefined ? [] : [found];
}
