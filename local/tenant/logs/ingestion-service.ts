import { z } from "zod";
import { decide } from "../authorization/decide.ts";
import type { Service } from "../service.ts";
import { storeRow } from "../state/logs.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { gunzipSync } from "node:zlib";
import { INGESTION_BODY_LIMIT, INGESTION_LIMIT } from "./limits.ts";
import { collectionRuleScope } from "./workspace.ts";

const PATH = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/i;
const Rows = z.array(z.record(z.string(), z.unknown()));

/** The Logs Ingestion API: rows into the table a data collection rule's stream leads to. Each call counts: sent twice, there twice. */
export const logsIngestion: Service = {
  name: "logs-ingestion",
  serves: (host) => host.endsWith(".ingest.monitor.azure.com"),
  handle: (request, tenant) => ({
    operation: "POST /dataCollectionRules/{id}/streams/{stream}",
    response: ingest(request, tenant),
  }),
};

function ingest(request: WireRequest, tenant: Tenant): WireResponse {
  const authentication = tenant.authenticate(request, ["https://monitor.azure.com"]);
  if (authentication.kind === "refused") {
    // guess: the 401 was not found as served.
    return refusal(401, "InvalidAuthenticationToken", "The access token is missing, invalid or expired.");
  }
  const [, id, stream] = PATH.exec(request.url.pathname) ?? [];
  const rule = id === undefined ? undefined : tenant.state.logs.collectionRules.get(id);
  if (rule === undefined || stream === undefined || request.method !== "POST") {
    return refusal(404, "NotFound", `Data collection rule with immutable Id '${id ?? ""}' not found.`);
  }
  const table = rule.streams.get(decodeURIComponent(stream));
  const allowed = decide(tenant, {
    objectId: authentication.caller.objectId,
    dataAction: "Microsoft.Insights/Telemetry/Write",
    scope: collectionRuleScope(tenant, rule),
  }).allowed;
  if (!allowed) {
    return refusal(
      403,
      "OperationFailed",
      `The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '${rule.immutableId}'.`,
    );
  }
  const taken = tenant.throttle.take(`logs-ingestion/${rule.immutableId}`, INGESTION_LIMIT);
  if (taken.kind === "throttled") {
    const seconds = Math.max(1, Math.ceil(taken.retryAfterInMs / 1000));
    return {
      ...refusal(429, "TooManyRequests", "Too many requests."),
      headers: { "Retry-After": String(seconds) },
    };
  }
  if (request.body.length > INGESTION_BODY_LIMIT) {
    return refusal(
      413,
      "ContentLengthLimitExceeded",
      "Maximum allowed content length: 1048576 bytes (1 MB).",
    );
  }
  const rows = rowsOf(request);
  if (table === undefined || rows === undefined) {
    return refusal(
      400,
      table === undefined ? "InvalidStream" : "InvalidPayload",
      table === undefined
        ? `Stream '${stream}' is not part of the data collection rule.`
        : "The body is no JSON array of objects.",
    );
  }
  store(tenant, rule.workspaceId, table, rows);
  return { status: 204, headers: { "Strict-Transport-Security": "max-age=31536000; includeSubDomains" } };
}

function store(tenant: Tenant, workspaceId: string, table: string, rows: z.output<typeof Rows>): void {
  const workspace = tenant.state.logs.workspaces.get(workspaceId);
  if (workspace === undefined) return;
  const now = tenant.clock.now();
  for (const row of rows) {
    const complete = { TimeGenerated: new Date(now).toISOString(), ...row };
    storeRow(workspace, table, complete, now + tenant.delays.logIngestionInMs);
  }
}

function rowsOf(request: WireRequest): z.output<typeof Rows> | undefined {
  try {
    const bytes = request.headers["content-encoding"] === "gzip" ? gunzipSync(request.body) : request.body;
    return Rows.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

function refusal(status: number, code: string, message: string): WireResponse {
  return { status, headers: { "x-ms-error-code": code }, body: { error: { code, message } } };
}
