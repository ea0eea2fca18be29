import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import type { GraphAnswer } from "./call.ts";
import { GraphFault } from "./errors.ts";

const CONTENT_TYPE =
  "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

const DIAGNOSTICS = JSON.stringify({
  ServerInfo: {
    DataCenter: "West Europe",
    Slice: "E",
    Ring: "5",
    ScaleUnit: "001",
    RoleInstance: "AM2PEPF0000BDF5",
  },
});

function commonHeaders(request: WireRequest): Record<string, string> {
  return {
    "Cache-Control": "no-cache",
    "Strict-Transport-Security": "max-age=31536000",
    "request-id": request.id,
    "client-request-id": request.headers["client-request-id"] ?? request.id,
    "x-ms-ags-diagnostic": DIAGNOSTICS,
  };
}

/** What goes on the wire. */
export function respond(
  request: WireRequest,
  tenant: Tenant,
  answer: GraphAnswer | GraphFault,
): WireResponse {
  const headers = { ...commonHeaders(request), ...payloadHeaders(answer) };
  const body = payloadOf(request, tenant, answer);
  return body === undefined ? { status: answer.status, headers } : { status: answer.status, headers, body };
}

/** The headers that go with a body: also what an item of a batch carries. */
export function payloadHeaders(answer: GraphAnswer | GraphFault): Record<string, string> {
  if (answer instanceof GraphFault) return { "Content-Type": "application/json", ...answer.headers };
  if (answer.body === undefined) return { ...answer.headers };
  return { "OData-Version": "4.0", "Content-Type": CONTENT_TYPE, ...answer.headers };
}

/** The body: a fault in its envelope. */
export function payloadOf(request: WireRequest, tenant: Tenant, answer: GraphAnswer | GraphFault): unknown {
  if (!(answer instanceof GraphFault)) return answer.body;
  return {
    error: {
      code: answer.code,
      message: answer.message,
      ...(answer.details === undefined ? {} : { details: answer.details }),
      innerError: {
        // Neither a fraction nor a Z.
        date: new Date(tenant.clock.now()).toISOString().slice(0, 19),
        "request-id": request.id,
        "client-request-id": request.headers["client-request-id"] ?? request.id,
      },
    },
  };
}
