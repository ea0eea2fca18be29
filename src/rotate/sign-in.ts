import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  isRestError,
} from "@azure/core-rest-pipeline";
import { z } from "zod";
import type { Secret } from "../azure/secret.ts";

/** What Entra says of a client secret: `unknown` when it could not be asked or answered something else. */
export interface SignIn {
  readonly is: "accepted" | "refused" | "principal-disabled" | "unknown";
  /** `AADSTS7000215`: what Entra refused it with. */
  readonly code: string | null;
}

const TIMEOUT_IN_MS = 20_000;
const Refusal = z.object({ error_codes: z.array(z.number()) });
/** AADSTS codes: wrong secret, expired secret, revoked secret, application not in this tenant. */
const REFUSED: ReadonlySet<number> = new Set([7_000_215, 7_000_222, 7_005_003, 700_016]);
const DISABLED = 7_000_112;

/**
 * Tries a client secret once, for a token that is thrown away; the sign-in log shows the try under the correlation id. `@azure/identity` is not used because it caches tokens, and
 * a cached one proves nothing.
 */
export async function trySignIn(
  tenantId: string,
  appId: string,
  secret: Secret,
  correlationId: string,
): Promise<SignIn> {
  const pipeline = createPipelineFromOptions({
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: "Tourniquet" },
  });
  const request = createPipelineRequest({
    url: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
    method: "POST",
    timeout: TIMEOUT_IN_MS,
    headers: createHttpHeaders({
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "application/json",
      "client-request-id": correlationId,
    }),
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: appId,
      client_secret: secret.reveal(),
      scope: "https://graph.microsoft.com/.default",
    }).toString(),
  });
  try {
    const response = await pipeline.sendRequest(createDefaultHttpClient(), request);
    if (response.status === 200) return { is: "accepted", code: null };
    const parsed = Refusal.safeParse(JSON.parse(response.bodyAsText ?? ""));
    return parsed.success ? refusalOf(parsed.data.error_codes) : UNKNOWN;
  } catch (error) {
    if (isRestError(error) || error instanceof SyntaxError) return UNKNOWN;
    throw error;
  }
}

const UNKNOWN: SignIn = { is: "unknown", code: null };

function refusalOf(codes: readonly number[]): SignIn {
  const refusing = codes.find((code) => REFUSED.has(code));
  if (refusing !== undefined) return { is: "refused", code: `AADSTS${refusing}` };
  return codes.includes(DISABLED)
    ? { is: "principal-disabled", code: `AADSTS${DISABLED}` }
    : { is: "unknown", code: codes[0] === undefined ? null : `AADSTS${codes[0]}` };
}
