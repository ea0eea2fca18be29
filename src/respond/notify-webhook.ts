import { createHmac } from "node:crypto";
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  isRestError,
  logPolicyName,
} from "@azure/core-rest-pipeline";
import { retryAfterOf } from "../azure/failure.ts";
import type { WebhookSetting } from "../settings.ts";

export interface Delivery {
  /** The same in every try, so that the receiver can drop what it has. */
  readonly id: string;
  readonly body: string;
  readonly at: Date;
}

export type Sent =
  | { readonly kind: "sent"; readonly status: number }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly status: number | null;
      readonly retryable: boolean;
      readonly retryAfterInMs: number | null;
    };

const TIMEOUT_IN_MS = 10_000;
/** What an app setting holds when its Key Vault reference could not be read. */
const UNRESOLVED = "@Microsoft.KeyVault(";

/** Hex HMAC-SHA256 over version, time and body, so that neither can be changed nor an old message sent again unseen. */
export function signatureOf(secret: string, timestampInSeconds: number, body: string): string {
  return createHmac("sha256", secret).update(`v1:${timestampInSeconds}:${body}`).digest("hex");
}

/**
 * Sends one signed message, once. Only over HTTPS to the address the operator set; redirects are not followed and what
 * is answered is not read beyond its status. Never throws for what the other side does.
 */
export async function sendWebhook(
  webhook: WebhookSetting,
  { id, body, at }: Delivery,
  timeoutInMs = TIMEOUT_IN_MS,
): Promise<Sent> {
  const [url, secret] = [webhook.url.reveal(), webhook.signingSecret.reveal()];
  if (url.startsWith(UNRESOLVED) || secret.startsWith(UNRESOLVED)) return failed("SECRET_NOT_RESOLVED", null);
  if (URL.parse(url)?.protocol !== "https:") return failed("NOT_HTTPS", null);
  const timestamp = Math.floor(at.getTime() / 1_000);
  const pipeline = createPipelineFromOptions({
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: "Tourniquet" },
  });
  // Its log would name the address.
  pipeline.removePolicy({ name: logPolicyName });
  const request = createPipelineRequest({
    url,
    method: "POST",
    body,
    headers: createHttpHeaders({
      "Content-Type": "application/json",
      "X-Tourniquet-Delivery": id,
      "X-Tourniquet-Timestamp": String(timestamp),
      "X-Tourniquet-Signature": `v1=${signatureOf(secret, timestamp, body)}`,
    }),
    timeout: timeoutInMs,
    abortSignal: AbortSignal.timeout(timeoutInMs),
  });
  try {
    const { status, headers } = await pipeline.sendRequest(createDefaultHttpClient(), request);
    if (status >= 200 && status < 300) return { kind: "sent", status };
    const retryable = status >= 500 || status === 429 || status === 408;
    return {
      kind: "failed",
      code: `HTTP_${status}`,
      status,
      retryable,
      retryAfterInMs: retryAfterOf(headers.get("retry-after"), at),
    };
  } catch (error) {
    // The error holds the request and so the address: its kind is all that goes on.
    const name = error instanceof Error ? error.name : "";
    const timedOut = name === "AbortError" || name === "TimeoutError";
    return failed(
      timedOut ? "TIMED_OUT" : isRestError(error) ? (error.code ?? "NO_ANSWER") : "NO_ANSWER",
      true,
    );
  }
}

function failed(code: string, retryable: true | null): Sent {
  return { kind: "failed", code, status: null, retryable: retryable === true, retryAfterInMs: null };
}
