import type { Authentication, Caller } from "../service.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import type { ArmAnswer } from "./call.ts";
import { gatewayError } from "./errors.ts";

/** What a token for ARM may be made out to; az still asks for the old name. */
const AUDIENCES = ["https://management.azure.com", "https://management.core.windows.net"];

export type Admission =
  | { readonly kind: "caller"; readonly caller: Caller }
  | { readonly kind: "refused"; readonly answer: ArmAnswer };

/** Lets a request in with a good token for this tenant and ARM, else answers ARM's own 401. */
export function admit(tenant: Tenant, request: WireRequest): Admission {
  const authentication = tenant.authenticate(request, AUDIENCES);
  if (authentication.kind === "caller") return authentication;
  return { kind: "refused", answer: refusal(tenant, authentication) };
}

function refusal(tenant: Tenant, refused: Extract<Authentication, { kind: "refused" }>): ArmAnswer {
  const unauthorised = (code: string, message: string, description: string) =>
    gatewayError(401, code, message, {
      headers: {
        "WWW-Authenticate": `Bearer authorization_uri="https://login.windows.net/${tenant.id}", error="invalid_token", error_description="${description}"`,
      },
    });
  switch (refused.why) {
    case "missing":
      return unauthorised(
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
        "The authentication failed because of missing 'Authorization' header.",
      );
    case "expired": {
      const expiry = americanTime(refused.token?.expiresAt ?? tenant.clock.now());
      return unauthorised(
        "ExpiredAuthenticationToken",
        `The access token expiry UTC time '${expiry}' is earlier than current UTC time '${americanTime(tenant.clock.now())}'.`,
        "The access token has expired.",
      );
    }
    case "wrong-tenant":
      // guess: only the beginning of the text is public.
      return unauthorised(
        "InvalidAuthenticationTokenTenant",
        `The access token is from the wrong issuer '${refused.token?.issuer ?? ""}'. It must match the tenant 'https://sts.windows.net/${tenant.id}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/${tenant.id}' to get the token.`,
        "The access token is from the wrong issuer.",
      );
    case "wrong-audience":
      // guess: the code is documented, the text after "audience" is not captured.
      return unauthorised(
        "InvalidAuthenticationTokenAudience",
        `The access token has been obtained for wrong audience or resource '${refused.token?.audience ?? ""}'. It should exactly match with one of the allowed audiences 'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.`,
        "The access token has been obtained for wrong audience or resource.",
      );
    case "malformed":
    case "bad-signature":
    case "revoked":
      return unauthorised(
        "InvalidAuthenticationToken",
        "The access token is invalid.",
        "The access token is invalid.",
      );
    default:
      return refused.why satisfies never;
  }
}

/** `8/17/2020 3:46:33 AM`, as ARM writes times in this one message. */
function americanTime(atInMs: number): string {
  const at = new Date(atInMs);
  const hours = at.getUTCHours();
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()} ${hours % 12 === 0 ? 12 : hours % 12}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} ${hours < 12 ? "AM" : "PM"}`;
}
