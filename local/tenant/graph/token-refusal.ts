import type { Authentication } from "../service.ts";
import type { Tenant } from "../tenant.ts";
import { GraphFault } from "./errors.ts";

const CHALLENGE =
  'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"';

/** The 401 for a token that is missing or no good. */
export function unauthenticated(
  tenant: Tenant,
  { why }: Extract<Authentication, { kind: "refused" }>,
): GraphFault {
  const refuse = (message: string, challenge = CHALLENGE) =>
    new GraphFault(401, "InvalidAuthenticationToken", message, {
      headers: { "WWW-Authenticate": challenge },
    });
  switch (why) {
    case "missing":
      // guess: the text for no token at all; only that of a garbage one was captured.
      return refuse("Access token is empty.");
    case "malformed":
    case "bad-signature":
      return refuse("CompactToken parsing failed with error code: 80049217");
    case "wrong-audience":
      return refuse("Access token validation failure. Invalid audience.");
    case "wrong-tenant":
      // guess: the text.
      return refuse("Access token validation failure. Invalid issuer.");
    case "expired":
      return refuse("Lifetime validation failed, the token is expired.");
    case "revoked": {
      const claims = {
        access_token: { nbf: { essential: true, value: String(Math.floor(tenant.clock.now() / 1_000)) } },
      };
      const text =
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp";
      return refuse(
        text,
        `${CHALLENGE}, error="insufficient_claims", claims="${Buffer.from(JSON.stringify(claims)).toString("base64")}", error_description="${text}"`,
      );
    }
    default:
      return why satisfies never;
  }
}
