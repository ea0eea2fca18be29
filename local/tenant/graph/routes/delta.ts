import { z } from "zod";
import type { Application, ServicePrincipal } from "../../state/directory.ts";
import type { Versioned } from "../../state/directory/versioned.ts";
import { contextOf } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { application, servicePrincipal } from "../expandable.ts";
import type { Entity } from "../entities.ts";
import { notModelled } from "../errors.ts";
import { DEFAULT_PAGE_SIZE } from "../limits.ts";
import { badToken, decodeToken, encodeToken, linkWith } from "../odata/paging.ts";
import { itemJson } from "../odata/shape.ts";
import { NEEDS, require } from "../permissions.ts";

/** `seen`: how many changes the reader has been told of. `offset`: how far into this round's pages. */
const Token = z.strictObject({
  seen: z.number().int(),
  until: z.number().int(),
  offset: z.number().int(),
  first: z.boolean(),
});
type Token = z.infer<typeof Token>;

function delta<T extends { readonly id: string }>(
  call: GraphCall,
  entity: Entity<T>,
  objects: Versioned<T>,
  context: string,
): GraphAnswer {
  require(call, NEEDS.readApplications);
  const { query } = call;
  if (
    query.filter !== undefined ||
    query.orderBy.length > 0 ||
    query.search !== undefined ||
    query.expand.length > 0
  )
    throw notModelled("$filter, $orderby, $search or $expand in a delta query");
  // What has not reached the replica yet is told in a later round.
  const until = visibleChanges(objects, call.asOf);
  if (query.deltaToken?.toLowerCase() === "latest")
    return round(call, context, [], { seen: until, until, offset: 0, first: false }, undefined);
  const token = tokenOf(call, until);
  const items = token.first
    ? [...objects.all(call.asOf)].map((item) => shown(item, call, entity))
    : changed(call, entity, objects, token);
  const size = query.top ?? DEFAULT_PAGE_SIZE;
  const page = items.slice(token.offset, token.offset + size);
  const next = token.offset + size < items.length ? { ...token, offset: token.offset + size } : undefined;
  return round(call, context, page, token, next);
}

function visibleChanges<T extends { readonly id: string }>(objects: Versioned<T>, asOf: number): number {
  const { changes } = objects;
  let count = changes.length;
  while (count > 0 && (changes[count - 1]?.at ?? 0) > asOf) count -= 1;
  return count;
}

function tokenOf(call: GraphCall, until: number): Token {
  const { skipToken, deltaToken } = call.query;
  if (skipToken !== undefined) return parse(skipToken);
  if (deltaToken !== undefined) return { seen: parse(deltaToken).until, until, offset: 0, first: false };
  return { seen: 0, until, offset: 0, first: true };
}

function parse(text: string): Token {
  const parsed = Token.safeParse(decodeToken(text));
  if (!parsed.success) throw badToken();
  return parsed.data;
}

function shown<T>(item: T, call: GraphCall, entity: Entity<T>) {
  return itemJson(call, entity, item);
}

/** Each object that changed, once, as it is now; of what is gone only that it is. */
function changed<T extends { readonly id: string }>(
  call: GraphCall,
  entity: Entity<T>,
  objects: Versioned<T>,
  { seen, until }: Token,
): Record<string, unknown>[] {
  const ids = new Set(objects.changes.slice(seen, until).map(({ id }) => id));
  return [...ids].map((id) => {
    const item = objects.get(id, call.asOf);
    if (item !== undefined) return { id, ...shown(item, call, entity) };
    // "changed": it can still be restored.
    const reason = call.directory.deletedItems.get(id, call.asOf) === undefined ? "deleted" : "changed";
    return { id, "@removed": { reason } };
  });
}

function round(
  call: GraphCall,
  context: string,
  value: readonly unknown[],
  token: Token,
  next: Token | undefined,
): GraphAnswer {
  const link =
    next === undefined
      ? { "@odata.deltaLink": linkWith(call, "$deltatoken", encodeToken({ ...token, offset: 0 })) }
      : { "@odata.nextLink": linkWith(call, "$skiptoken", encodeToken(next)) };
  return { status: 200, body: { "@odata.context": contextOf(call, context), ...link, value } };
}

export const deltaRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/applications/delta",
    units: 2,
    handle: (call) => delta<Application>(call, application, call.directory.applications, "applications"),
  },
  {
    method: "GET",
    path: "/servicePrincipals/delta",
    units: 2,
    handle: (call) =>
      delta<ServicePrincipal>(call, servicePrincipal, call.directory.servicePrincipals, "servicePrincipals"),
  },
];
