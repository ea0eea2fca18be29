import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";

/** What every answer of the token endpoint carries, as captured. `telemetry` goes out only to clients that speak MSAL. */
export function tokenHeaders(
  request: WireRequest,
  tenant: Tenant,
  telemetry: string,
): Record<string, string> {
  const clientRequestId = request.headers["client-request-id"];
  return {
    "Cache-Control": "no-store, no-cache",
    Pragma: "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    Expires: "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "0",
    P3P: 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
    "x-ms-request-id": request.id,
    "x-ms-ests-server": "2.1.20106.4 - WEULR1 ProdSlices",
    "x-ms-srs": "1.P",
    ...(clientRequestId === undefined ? {} : { "client-request-id": clientRequestId }),
    ...(request.headers["x-client-sku"] === undefined ? {} : { "x-ms-clitelem": telemetry }),
    "Set-Cookie": `fpc=${tenant.random.secret(22).replaceAll(/[~.]/g, "A")}; path=/; secure; HttpOnly; SameSite=None`,
  };
}

/** Discovery documents may be kept for a day, and anybody may read them. */
export const DISCOVERY_HEADERS = {
  "Cache-Control": "max-age=86400, private",
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "GET, OPTIONS",
  "Content-Type": "application/json; charset=utf-8",
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
  "X-Content-Type-Options": "nosniff",
} as const;
