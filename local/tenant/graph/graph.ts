import type { Authentication, Caller, Service } from "../service.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { logActivity, logAudits } from "./audit-events.ts";
import { performBatch } from "./batch.ts";
import { respond } from "./answer.ts";
import type { GraphAnswer, GraphCall, GraphVersion, Route } from "./call.ts";
import { GraphFault, invalidUri } from "./errors.ts";
import { expireDeletedItems } from "./expiry.ts";
import { parseQuery } from "./odata/query.ts";
import type { Query } from "./odata/query.ts";
import { createRouter, segmentsOf } from "./router.ts";
import { ROUTES } from "./routes.ts";
import { unauthenticated } from "./token-refusal.ts";
import { charge } from "./throttle.ts";

const AUDIENCES = ["https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"];
const match = createRouter(ROUTES);

/** Microsoft Graph: v1.0, and beta where v1.0 lacks something. */
export const graph: Service = {
  name: "graph",
  serves: (host) => host === "graph.microsoft.com",
  handle: (request, tenant) => {
    const { version, segments } = placeOf(request);
    const isBatch = segments.length === 1 && segments[0]?.toLowerCase() === "$batch";
    const authentication = tenant.authenticate(request, AUDIENCES);
    if (authentication.kind === "refused") {
      return {
        operation: operationOf(request, version, segments),
        response: refuse(request, tenant, authentication),
      };
    }
    const { caller } = authentication;
    expireDeletedItems(tenant);
    if (version !== undefined && isBatch && request.method === "POST") {
      const answer = performBatch(
        request,
        tenant,
        version,
        (inner, waited) => perform(inner, tenant, caller, { operationId: request.id, waited }).answer,
      );
      return { operation: "POST /$batch", response: respond(request, tenant, answer) };
    }
    const { operation, answer } = perform(request, tenant, caller, {
      operationId: request.id,
      waited: false,
    });
    return { operation, response: respond(request, tenant, answer) };
  },
};

interface Circumstances {
  /** The same for all requests of a batch. */
  readonly operationId: string;
  readonly waited: boolean;
}

interface Performed {
  readonly operation: string;
  readonly answer: GraphAnswer | GraphFault;
}

/** One request, on its own or out of a batch: routed, charged, performed, logged. */
function perform(
  request: WireRequest,
  tenant: Tenant,
  caller: Caller,
  { operationId, waited }: Circumstances,
): Performed {
  let operation = operationOf(request, undefined, []);
  let answer: GraphAnswer | GraphFault;
  try {
    const { version, segments } = placeOf(request);
    operation = operationOf(request, version, segments);
    if (version === undefined)
      throw invalidUri(`Invalid version: ${request.url.pathname.split("/")[1] ?? ""}`);
    const { route, parameters } = match(request.method, substituteMe(segments, caller), version);
    operation = `${route.method} ${route.path}`;
    const query = parseQuery(request.url, request.headers["consistencylevel"]);
    const now = tenant.clock.now();
    const call: GraphCall = {
      tenant,
      directory: tenant.state.directory,
      request,
      version,
      caller,
      parameters,
      query,
      now,
      asOf: now - tenant.delays.directoryReplicationInMs,
      audits: [],
      waited,
    };
    const headers = charge(tenant, caller, {
      units: unitsOf(route, query),
      write: route.method !== "GET" && !READING_ACTIONS.has(route.path),
      kind: route.kind ?? "directory",
      readsKeys: query.select?.includes("keyCredentials") === true && route.method === "GET",
      toPersonalAccountApplication: route.method !== "GET" && isPersonalAccountApplication(call, route),
    });
    const given = route.handle(call);
    logAudits(call);
    answer = { ...given, headers: { ...headers, ...given.headers } };
  } catch (error) {
    if (!(error instanceof GraphFault)) throw error;
    answer = error;
  }
  logActivity(tenant, request, caller, { status: answer.status, size: sizeOf(answer), operationId });
  return { operation, answer };
}

const READING_ACTIONS: ReadonlySet<string> = new Set(["/directoryObjects/getByIds"]);

/** `/me` is the caller's own user. */
function substituteMe(segments: readonly string[], caller: Caller): readonly string[] {
  if (segments[0]?.toLowerCase() !== "me") return segments;
  // guess: the text of an app-only token at /me is as clients quote it.
  if (caller.kind !== "user")
    throw new GraphFault(400, "BadRequest", "/me request is only valid with delegated authentication flow.");
  return ["users", caller.objectId, ...segments.slice(1)];
}

function unitsOf(route: Route, query: Query): number {
  const base = route.units ?? 1;
  const units =
    base -
    (query.select === undefined ? 0 : 1) +
    (query.expand.length === 0 ? 0 : 1) -
    (query.top !== undefined && query.top < 20 ? 1 : 0);
  return Math.max(1, units);
}

function isPersonalAccountApplication(call: GraphCall, route: Route): boolean {
  if (!route.path.startsWith("/applications/{id}")) return false;
  const application = call.directory.applications.get(call.parameters["id"]?.toLowerCase() ?? "");
  return application?.signInAudience.includes("PersonalMicrosoftAccount") === true;
}

function placeOf(request: WireRequest): { version: GraphVersion | undefined; segments: readonly string[] } {
  const [, first = "", ...rest] = request.url.pathname.split("/");
  const version = first.toLowerCase();
  return {
    version: version === "v1.0" || version === "beta" ? version : undefined,
    segments: segmentsOf(rest.join("/")),
  };
}

/** What a request is called when no route has its name: ids taken out. */
function operationOf(
  request: WireRequest,
  version: GraphVersion | undefined,
  segments: readonly string[],
): string {
  const shown = segments
    .map((segment) => (/^\(|^[0-9a-f]{8}-|@/i.test(segment) ? "{id}" : segment))
    .join("/");
  return version === undefined ? `${request.method} (unknown)` : `${request.method} /${shown}`;
}

function refuse(
  request: WireRequest,
  tenant: Tenant,
  authentication: Extract<Authentication, { kind: "refused" }>,
): WireResponse {
  return respond(request, tenant, unauthenticated(tenant, authentication));
}

function sizeOf(answer: GraphAnswer | GraphFault): number {
  if (answer instanceof GraphFault) return answer.message.length + 200;
  return answer.body === undefined ? 0 : JSON.stringify(answer.body).length;
}
