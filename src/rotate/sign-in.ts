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
export type SignIn = "accepted" | "refused" | "principal-disabled" | "unknown";

const TIMEOUT_IN_MS = 20_000;
const Refusal = z.object({ error_codes: z.array(z.number()) });
/** AADSTS codes: wrong secret, expired secret, application not in this tenant. */
const REFUSED: ReadonlySet<number> = new Set([7_000_215, 7_000_222, 700_016]);
const DISABLED = 7_000_112;

/**
 * Tries a client secret once, for a token that is thrown away. `@azure/identity` is not used because it caches tokens, and
 * a cached one proves nothing.
 */
export async function trySignIn(tenantId: string, appId: string, secret: Secret): Promise<SignIn> {
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
    if (response.status === 200) return "accepted";
    const parsed = Refusal.safeParse(JSON.parse(response.bodyAsText ?? ""));
    if (!parsed.success) return "unknown";
    if (parsed.data.error_codes.some((code) => REFUSED.has(code))) return "refused";
    return parsed.data.error_codes.includes(DISABLED) ? "principal-disabled" : "unknown";
  } catch (error) {
    if (isRestError(error) || error instanceof SyntaxError) return "unknown";
    throw error;
  }
}
