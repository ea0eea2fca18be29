import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { tokenHeaders } from "./headers.ts";
import type { IssuedToken } from "./tokens.ts";

/** The token endpoint's success: numbers from v2, strings with more fields from v1, as the managed identity endpoint does. */
export function tokenResponse(
  issued: IssuedToken,
  version: "1.0" | "2.0",
  resource: string | null,
  request: WireRequest,
  tenant: Tenant,
  more: Readonly<Record<string, unknown>> = {},
): WireResponse {
  const { lifetimeInS, notBefore, expiresOn, token } = issued;
  return {
    status: 200,
    headers: tokenHeaders(request, tenant, "1,0,0,,"),
    body:
      version === "2.0"
        ? {
            token_type: "Bearer",
            ...more,
            expires_in: lifetimeInS,
            ext_expires_in: lifetimeInS,
            access_token: token,
          }
        : // guess: no v1 answer was found as served; these are the fields of the instance metadata service.
          {
            token_type: "Bearer",
            ...more,
            expires_in: String(lifetimeInS),
            ext_expires_in: String(lifetimeInS),
            expires_on: String(expiresOn),
            not_before: String(notBefore),
            resource: resource ?? "",
            access_token: token,
          },
  };
}
