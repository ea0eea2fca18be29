import { z } from "zod";
import type { Caller, Service } from "../service.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import {
  badArgument,
  badBody,
  invalidToken,
  noSuchPath,
  tooManyQueries,
  unauthenticated,
  type LogsError,
} from "./errors.ts";
import { QUERY_LIMIT } from "./limits.ts";
import { answerQuery, type QueryResult } from "./query.ts";
import { parseInterval } from "./timespan.ts";

const HOST = "api.loganalytics.io";
const AUDIENCES = ["https://api.loganalytics.io", "https://api.loganalytics.azure.com"];
const PATH = /^\/v1\/workspaces\/([^/]+)\/(query|search)$/i;

const QueryBody = z.object({
  query: z.string(),
  timespan: z.string().nullish(),
  workspaces: z.array(z.string()).nullish(),
});

const BatchBody = z.object({
  requests: z.array(
    z.object({
      id: z.string(),
      workspace: z.string(),
      body: QueryBody,
      path: z.string().optional(),
      method: z.string().optional(),
    }),
  ),
});

/** The Log Analytics query API: one query, `/search` for Basic tables, and batches. */
export const logAnalytics: Service = {
  name: "log-analytics",
  serves: (host) => host === HOST,
  handle: (request, tenant) => {
    const [, workspaceId, api] = PATH.exec(request.url.pathname) ?? [];
    const isBatch = request.url.pathname === "/v1/$batch";
    const operation = isBatch
      ? "POST /v1/$batch"
      : `${request.method} /v1/workspaces/{id}/${api?.toLowerCase() ?? "(unknown)"}`;
    const authentication = tenant.authenticate(request, AUDIENCES);
    if (authentication.kind === "refused") {
      return {
        operation,
        response: refusal(request, tenant, authentication.why === "missing" ? unauthenticated : invalidToken),
      };
    }
    const { caller } = authentication;
    if (isBatch && request.method === "POST") return { operation, response: batch(request, tenant, caller) };
    if (workspaceId === undefined) return { operation, response: refusal(request, tenant, noSuchPath) };
    const body = bodyOf(request);
    if (body === undefined) return { operation, response: refusal(request, tenant, badBody) };
    const result = answer(
      tenant,
      caller,
      workspaceId,
      body,
      api?.toLowerCase() === "search" ? "search" : "query",
    );
    return {
      operation,
      response:
        result.kind === "answered"
          ? { status: 200, headers: HEADERS, body: result.body }
          : refusal(request, tenant, result.error),
    };
  },
};

const HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers":
    "Retry-After,Age,WWW-Authenticate,x-resource-identities,x-ms-status-location",
  Via: "1.1 draft-oms-5d9c6b8f7d-k2x4q",
  Vary: "Accept-Encoding",
  "Strict-Transport-Security": "max-age=15724800; includeSubDomains",
  "Content-Type": "application/json; charset=utf-8",
} as const;

function answer(
  tenant: Tenant,
  caller: Caller,
  workspaceId: string,
  body: z.output<typeof QueryBody>,
  api: "query" | "search",
): QueryResult {
  const taken = tenant.throttle.take(`log-analytics/${caller.objectId}`, QUERY_LIMIT);
  if (taken.kind === "throttled") return { kind: "refused", error: tooManyQueries };
  const interval =
    typeof body.timespan === "string" ? parseInterval(body.timespan, tenant.clock.now()) : undefined;
  if (typeof body.timespan === "string" && interval === undefined) {
    return {
      kind: "refused",
      error: badArgument({
        code: "InvalidTimespan",
        message: `The timespan '${body.timespan}' is not valid.`,
      }),
    };
  }
  if (api === "search" && interval === undefined) {
    // `/search` takes its time from the request, never from the query. guess: the text was not found as served.
    return {
      kind: "refused",
      error: badArgument({ code: "MissingTimespan", message: "A timespan is required for search." }),
    };
  }
  if ((body.workspaces?.length ?? 0) > 0) {
    return {
      kind: "refused",
      error: badArgument({
        code: "NotModelled",
        message: "The stand-in tenant does not model queries over several workspaces.",
      }),
    };
  }
  return answerQuery({ tenant, caller, workspaceId, query: body.query, interval, api });
}

/** Every answer of a batch has a status of its own; the batch itself is 200. */
function batch(request: WireRequest, tenant: Tenant, caller: Caller): WireResponse {
  const parsed = BatchBody.safeParse(jsonOf(request));
  if (!parsed.success) return refusal(request, tenant, badBody);
  const responses = parsed.data.requests.map(({ id, workspace, body }) => {
    const result = answer(tenant, caller, workspace, body, "query");
    return result.kind === "answered"
      ? { id, status: 200, headers: {}, body: result.body }
      : {
          id,
          status: result.error.status,
          headers: {},
          body: { error: withCorrelation(tenant, result.error) },
        };
  });
  return { status: 200, headers: HEADERS, body: { responses } };
}

function bodyOf(request: WireRequest): z.output<typeof QueryBody> | undefined {
  if (request.method === "GET") {
    const query = request.url.searchParams.get("query");
    return query === null ? undefined : { query, timespan: request.url.searchParams.get("timespan") };
  }
  const parsed = QueryBody.safeParse(jsonOf(request));
  return parsed.success ? parsed.data : undefined;
}

function jsonOf(request: WireRequest): unknown {
  try {
    return JSON.parse(Buffer.from(request.body).toString("utf8"));
  } catch {
    return undefined;
  }
}

function refusal(_request: WireRequest, tenant: Tenant, error: LogsError): WireResponse {
  return {
    status: error.status,
    headers: {
      ...HEADERS,
      ...(error.status === 401
        ? {
            "WWW-Authenticate": `Bearer authorization_uri="https://login.microsoftonline.com/${tenant.id}", resource_id="https://api.loganalytics.io"`,
          }
        : {}),
      // guess: how long a caller is told to wait was not found; the limit is counted over thirty seconds.
      ...(error.status === 429 ? { "Retry-After": "30" } : {}),
    },
    body: { error: withCorrelation(tenant, error) },
  };
}

/** `message, code, correlationId, innererror`: in this order on the wire. */
function withCorrelation(tenant: Tenant, { error }: LogsError) {
  const { message, code, ...rest } = error;
  return { message, code, correlationId: tenant.random.guid(), ...rest };
}
