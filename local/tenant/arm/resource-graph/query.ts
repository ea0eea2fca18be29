import { reader } from "../../authorization/decide.ts";
import { isWithin, managementGroupOf, managementGroupsAbove } from "../../authorization/scopes.ts";
import { objectIn, textIn, textsIn } from "../../state/azure/json.ts";
import type { JsonObject } from "../../state/azure/model.ts";
import { isAtOrBelow, parseResourceId, sameId } from "../../state/azure/resource-id.ts";
import type { Tenant } from "../../tenant.ts";
import { groupIdsInToken } from "../access.ts";
import type { ArmAnswer, ArmCall, Route } from "../call.ts";
import { gatewayError, notModelled, providerError } from "../errors.ts";
import { RESOURCE_GRAPH_LIMIT, RESOURCE_GRAPH_PAGE } from "../limits.ts";
import { apply, QueryNameError, type Rows } from "./evaluate.ts";
import { parseQuery } from "./parse.ts";
import { type Query, QueryNotModelledError, QuerySyntaxError } from "./syntax.ts";
import { TABLES, type TableRow } from "./tables.ts";

type ScopeFilter = "AtScopeAndBelow" | "AtScopeAndAbove" | "AtScopeExact" | "AtScopeAboveAndBelow";
const SCOPE_FILTERS: readonly ScopeFilter[] = [
  "AtScopeAndBelow",
  "AtScopeAndAbove",
  "AtScopeExact",
  "AtScopeAboveAndBelow",
];

function query(call: ArmCall): ArmAnswer {
  const counted = call.tenant.throttle.take(`resource graph ${call.caller.objectId}`, RESOURCE_GRAPH_LIMIT);
  if (counted.kind === "throttled") return throttled(call);
  const headers = {
    "x-ms-ratelimit-remaining-tenant-resource-requests": String(counted.remaining),
    "x-ms-user-quota-remaining": String(counted.remaining),
    "x-ms-user-quota-resets-after": "00:00:05",
    "x-ms-resource-graph-request-duration": "0:00:00:00.0134710",
  };
  return { ...answer(call), headers };
}

function answer(call: ArmCall): ArmAnswer {
  const options = objectIn(call.body, "options");
  if (call.body["facets"] !== undefined) return notModelled("facets of Resource Graph");
  try {
    const parsed = parseQuery(textIn(call.body, "query"));
    const table = TABLES[parsed.table];
    if (!table) return notModelled(`the Resource Graph table ${parsed.table}`);
    const scopes = scopesOf(call);
    if (scopes.length > 0 && !scopes.some((scope) => isReadable(call, scope))) return noneReadable(call);
    const seen = visibleRows(call, parsed.table, scopes);
    const result = parsed.operators.reduce(apply, { columns: table.columns, rows: seen });
    return paged(call, parsed, result, options);
  } catch (error) {
    if (error instanceof QueryNotModelledError) return notModelled(`${error.what} in Resource Graph queries`);
    if (error instanceof QuerySyntaxError) return invalidQuery(call, error.position, error.token);
    if (error instanceof QueryNameError) return invalidQuery(call, 0, error.column);
    throw error;
  }
}

/** Subscriptions and management groups the query names; none at all means everything the caller can read. */
function scopesOf({ body }: ArmCall): string[] {
  return [
    ...textsIn(body, "subscriptions").map((id) => `/subscriptions/${id}`),
    ...textsIn(body, "managementGroups").map(
      (name) => `/providers/Microsoft.Management/managementGroups/${name}`,
    ),
  ];
}

function isReadable(call: ArmCall, scope: string): boolean {
  const mayRead = readerFor(call);
  const { azure } = call.tenant.state;
  if (mayRead("Microsoft.Resources/subscriptions/read", scope)) return true;
  return [...azure.resourceGroups.current.values()].some(
    ({ id }) =>
      isWithin(call.tenant, id, scope) &&
      mayRead("Microsoft.Resources/subscriptions/resourceGroups/read", id),
  );
}

function readerFor(call: ArmCall): (action: string, scope: string) => boolean {
  const groupIds = groupIdsInToken(call.caller);
  return reader(call.tenant, {
    objectId: call.caller.objectId,
    ...(groupIds === undefined ? {} : { groupIds }),
  });
}

/** Rows in the asked scopes that the caller may read. What may not be read is left out without a word, as in Azure. */
function visibleRows(call: ArmCall, tableName: string, scopes: readonly string[]): JsonObject[] {
  const mayRead = readerFor(call);
  const filter = scopeFilterOf(call);
  const isInScope = (candidate: TableRow) =>
    tableName === "authorizationresources"
      ? isAuthorizationRowInScope(call.tenant, candidate, scopes, filter)
      : scopes.length === 0 || scopes.some((scope) => isWithin(call.tenant, candidate.scope, scope));
  // Thousands of role assignments share a few scopes, so each scope is looked at once.
  const decided = new Map<string, boolean>();
  const isVisible = (candidate: TableRow): boolean => {
    if (candidate.scope === "") return true;
    const key = `${candidate.readAction} ${candidate.scope}`;
    const known = decided.get(key);
    if (known !== undefined) return known;
    const visible = isInScope(candidate) && mayRead(candidate.readAction, candidate.scope);
    decided.set(key, visible);
    return visible;
  };
  const rows: JsonObject[] = [];
  for (const candidate of TABLES[tableName]?.rows(call.tenant) ?? []) {
    if (isVisible(candidate)) rows.push(candidate.row);
  }
  return rows;
}

/** Only newer API versions know the option; older ones pass over it. */
function scopeFilterOf({ apiVersion, body }: ArmCall): ScopeFilter {
  const sent = textIn(objectIn(body, "options"), "authorizationScopeFilter").toLowerCase();
  const known = SCOPE_FILTERS.find((name) => name.toLowerCase() === sent);
  return known !== undefined && apiVersion >= "2021-06-01" ? known : "AtScopeAndBelow";
}

function isAuthorizationRowInScope(
  tenant: Tenant,
  { scope }: TableRow,
  asked: readonly string[],
  filter: ScopeFilter,
): boolean {
  // Without scopes the query runs over the subscriptions: what is above them takes the filter that says so.
  const scopes =
    asked.length > 0
      ? asked
      : [...tenant.state.azure.subscriptions.keys()].map((id) => `/subscriptions/${id}`);
  return scopes.some((one) => {
    const isExact = sameId(scope, one);
    const isBelow = isExact || isAtOrBelow(scope, one) || isInManagementGroup(tenant, scope, one);
    const isAbove = isExact || (isWithin(tenant, one, scope) && !isBelow);
    switch (filter) {
      case "AtScopeAndBelow":
        return isBelow;
      case "AtScopeAndAbove":
        return isAbove;
      case "AtScopeExact":
        return isExact;
      case "AtScopeAboveAndBelow":
        return isAbove || isBelow;
      default:
        return filter satisfies never;
    }
  });
}

function isInManagementGroup(tenant: Tenant, scope: string, asked: string): boolean {
  const group = managementGroupOf(asked);
  return group !== undefined && managementGroupsAbove(tenant, scope).includes(group);
}

function paged(call: ArmCall, parsed: Query, result: Rows, options: JsonObject): ArmAnswer {
  const top = Math.min(RESOURCE_GRAPH_PAGE, positive(options["$top"]) ?? RESOURCE_GRAPH_PAGE);
  const token = textIn(options, "$skipToken");
  const skip = token === "" ? (positive(options["$skip"]) ?? 0) : skipOf(token);
  if (skip === undefined) return notModelled("a $skipToken that it did not give");
  const data = result.rows.slice(skip, skip + top);
  const isMore = skip + top < result.rows.length;
  // A query that limits its rows itself, or has nothing but dynamic columns, cannot be paged.
  const isPageable = !parsed.operators.some(({ kind }) => kind === "limit") && hasScalarColumn(result);
  const { subscriptionId: _ } = parseResourceId(call.path);
  return {
    status: 200,
    from: "provider",
    body: {
      totalRecords: result.rows.length,
      count: data.length,
      data: textIn(options, "resultFormat").toLowerCase() === "table" ? asTable(result, data) : data,
      facets: [],
      // A string, and "true" exactly when rows were cut and no token leads to them.
      resultTruncated: isMore && !isPageable ? "true" : "false",
      ...(isMore && isPageable ? { $skipToken: tokenFor(skip + top) } : {}),
    },
  };
}

function hasScalarColumn({ columns, rows }: Rows): boolean {
  return columns.some((name) =>
    rows.some((row) => row[name] !== null && row[name] !== undefined && typeof row[name] !== "object"),
  );
}

function asTable({ columns }: Rows, data: readonly JsonObject[]): JsonObject {
  return {
    columns: columns.map((name) => {
      const value = data.find((row) => row[name] !== null && row[name] !== undefined)?.[name];
      const type = typeof value === "number" ? "integer" : typeof value === "object" ? "object" : "string";
      return { name, type };
    }),
    rows: data.map((row) => columns.map((name) => row[name] ?? null)),
  };
}

function tokenFor(skip: number): string {
  return Buffer.from(JSON.stringify({ $id: "1", skip })).toString("base64");
}

function skipOf(token: string): number | undefined {
  const found = /"skip":(\d+)/.exec(Buffer.from(token, "base64").toString("utf8"))?.[1];
  return found === undefined ? undefined : Number(found);
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}

function supportInfo(call: ArmCall): string {
  const at = new Date(call.nowInMs).toISOString();
  return `Please provide below info when asking for support: timestamp = ${at}, correlationId = ${call.request.id}.`;
}

function invalidQuery(call: ArmCall, position: number, token: string): ArmAnswer {
  const text = textIn(call.body, "query").slice(0, position);
  const lines = text.split("\n");
  return providerError(400, "BadRequest", supportInfo(call), {
    details: [
      {
        code: "InvalidQuery",
        message:
          "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.",
      },
      {
        code: "ParserFailure",
        message: "ParserFailure",
        line: lines.length,
        characterPositionInLine: lines.at(-1)?.length ?? 0,
        token,
        expectedToken: "Ǐ",
      },
    ],
  });
}

function noneReadable(call: ArmCall): ArmAnswer {
  // guess: a 403 when none of the named scopes can be read is documented, its body is not captured.
  return gatewayError(403, "Forbidden", supportInfo(call), {
    details: [{ code: "AccessDenied", message: "Access denied to the requested scopes." }],
  });
}

function throttled(call: ArmCall): ArmAnswer {
  return providerError(429, "RateLimiting", supportInfo(call), {
    details: [
      {
        code: "RateLimiting",
        message:
          "Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed.",
      },
    ],
    headers: {
      "Retry-After": "5",
      "x-ms-user-quota-remaining": "0",
      "x-ms-user-quota-resets-after": "00:00:05",
    },
  });
}

export const resourceGraphRoutes: readonly Route[] = [
  {
    method: "POST",
    template: "/providers/Microsoft.ResourceGraph/resources",
    action: "anyone",
    isQuery: true,
    handle: query,
  },
];
