import { createHash } from "node:crypto";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import type { ArmAnswer } from "./call.ts";

const REGION = "WESTEUROPE";

/** What ARM sends with every answer; who made an error shows in `x-ms-failure-cause` and the request id. */
export function commonHeaders(
  tenant: Tenant,
  request: WireRequest,
  answer: ArmAnswer,
): Readonly<Record<string, string>> {
  const sent = request.headers["x-ms-correlation-request-id"];
  const correlationId = sent ?? request.id;
  const isGateway = answer.from === "gateway" && answer.status >= 400;
  const requestId = isGateway ? correlationId : request.id;
  const at = new Date(tenant.clock.now()).toISOString();
  const clientRequestId = request.headers["x-ms-client-request-id"];
  return {
    "Cache-Control": "no-cache",
    Pragma: "no-cache",
    Expires: "-1",
    ...(answer.body === undefined ? {} : { "Content-Type": "application/json; charset=utf-8" }),
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Cache": "CONFIG_NOCACHE",
    "X-MSEdge-Ref": `Ref A: ${digest(request.id).toUpperCase()} Ref B: AMS231032607011 Ref C: ${at.slice(0, 19)}Z`,
    "x-ms-request-id": requestId,
    "x-ms-correlation-request-id": correlationId,
    // A correlation id of the client's own is not in the routing id; the request id stands there instead.
    "x-ms-routing-request-id": `${REGION}:${at.slice(0, 19).replaceAll(/[-:]/g, "")}Z:${sent === undefined ? correlationId : request.id}`,
    ...(clientRequestId === undefined ? {} : { "x-ms-client-request-id": clientRequestId }),
    ...(failureCause(answer) === undefined ? {} : { "x-ms-failure-cause": failureCause(answer) ?? "" }),
  };
}

function failureCause({ status, from }: ArmAnswer): string | undefined {
  if (status < 400) return undefined;
  if (from === "gateway") return "gateway";
  return status >= 500 ? "service" : undefined;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
