import { z } from "zod";
import type { Application, OAuth2PermissionGrant, ServicePrincipal, User } from "../../state/directory.ts";
import type { Versioned } from "../../state/directory/versioned.ts";
import { contextOf } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { application, servicePrincipal, user } from "../expandable.ts";
import { grant } from "../entities.ts";
import type { Entity } from "../entities.ts";
import { notModelled, syncStateNotFound, unsupportedFilter } from "../errors.ts";
import { DEFAULT_PAGE_SIZE } from "../limits.ts";
import type { Filter } from "../odata/filter.ts";
import { badToken, decodeToken, encodeToken, linkWith } from "../odata/paging.ts";
import { itemJson } from "../odata/shape.ts";
import { NEEDS, require } from "../permissions.ts";
import type { Need } from "../permissions.ts";

/** Delta links of directory objects hold for a week (delta-query-overview.md, "Token duration"). */
const TOKENS_HOLD_FOR_IN_MS = 7 * 86_400_000;
/** Of `$filter=id eq '…' or …` (directoryobject-delta.md). */
const MOST_IDS = 50;

/** `at`: when it was given out. `seen`: changes the reader was told of. `offset`: how far into this round's pages. */
const Token = z.strictObject({
  at: z.number(),
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
  { context, need }: { readonly context: string; readonly need: Need },
): GraphAnswer {
  require(call, need);
  const { query } = call;
  if (query.orderBy.length > 0 || query.search !== undefined || query.expand.length > 0)
    throw notModelled("$orderby, $search or $expand in a delta query");
  const wanted = query.filter === undefined ? null : new Set(idsIn(query.filter, entity.resource));
  if (wanted !== null && wanted.size > MOST_IDS) throw unsupportedFilter("id", entity.resource);
  // What has not reached the replica yet is told in a later round.
  const until = visibleChanges(objects, call.asOf);
  if (query.deltaToken?.toLowerCase() === "latest")
    return round(call, context, [], { at: call.now, seen: until, until, offset: 0, first: false }, undefined);
  const token = tokenOf(call, until);
  const isWanted = ({ id }: { readonly id: string }) => wanted?.has(id.toLowerCase()) ?? true;
  const items = token.first
    ? [...objects.all(call.asOf)].filter(isWanted).map((item) => shown(item, call, entity))
    : changed(call, entity, objects, token).filter(isWanted);
  const size = query.top ?? DEFAULT_PAGE_SIZE;
  const page = items.slice(token.offset, token.offset + size);
  const next = token.offset + size < items.length ? { ...token, offset: token.offset + size } : undefined;
  return round(call, context, page, token, next);
}

/** The ids of `id eq '…' or id eq '…'`, the only filter a delta query takes. */
function idsIn(filter: Filter, resource: string): readonly string[] {
  if (filter.kind === "or") return [...idsIn(filter.left, resource), ...idsIn(filter.right, resource)];
  if (
    filter.kind === "compare" &&
    filter.property === "id" &&
    filter.operator === "eq" &&
    typeof filter.value === "string"
  )
    return [filter.value.toLowerCase()];
  // guess: the text is that of every filter Graph does not take.
  throw unsupportedFilter(filter.kind === "compare" ? filter.property : "id", resource);
}

function visibleChanges<T extends { readonly id: string }>(objects: Versioned<T>, asOf: number): number {
  const { changes } = objects;
  let count = changes.length;
  while (count > 0 && (changes[count - 1]?.at ?? 0) > asOf) count -= 1;
  return count;
}

function tokenOf(call: GraphCall, until: number): Token {
  const { skipToken, deltaToken } = call.query;
  const at = call.now;
  if (skipToken !== undefined) return parse(call, skipToken);
  if (deltaToken !== undefined)
    return { at, seen: parse(call, deltaToken).until, until, offset: 0, first: false };
  return { at, seen: 0, until, offset: 0, first: true };
}

function parse(call: GraphCall, text: string): Token {
  const parsed = Token.safeParse(decodeToken(text));
  if (!parsed.success) throw badToken();
  if (call.now - parsed.data.at > TOKENS_HOLD_FOR_IN_MS) throw syncStateNotFound();
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
): ({ readonly id: string } & Record<string, unknown>)[] {
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

/**
 * What a delta query tells of are an object's own properties. Owners, memberships, app roles and federated credentials
 * are links, and a change of them tells nothing here (delta-query-overview.md, "Navigation properties").
 */
export const deltaRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/applications/delta",
    units: 2,
    handle: (call) =>
      delta<Application>(call, application, call.directory.applications, {
        context: "applications",
        need: NEEDS.readApplications,
      }),
  },
  {
    method: "GET",
    path: "/servicePrincipals/delta",
    units: 2,
    handle: (call) =>
      delta<ServicePrincipal>(call, servicePrincipal, call.directory.servicePrincipals, {
        context: "servicePrincipals",
        need: NEEDS.readApplications,
      }),
  },
  {
    method: "GET",
    path: "/users/delta",
    units: 2,
    handle: (call) => {
      // user-delta.md: it is not taken there.
      if (call.query.top !== undefined) throw notModelled("$top in a delta query for users");
      return delta<User>(call, user, call.directory.users, { context: "users", need: NEEDS.readUsers });
    },
  },
  {
    method: "GET",
    path: "/oauth2PermissionGrants/delta",
    handle: (call) =>
      delta<OAuth2PermissionGrant>(call, grant, call.directory.grants, {
        context: "oauth2PermissionGrants",
        need: NEEDS.readGrants,
      }),
  },
];
