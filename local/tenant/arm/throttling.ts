import type { ArmAnswer } from "./call.ts";
import { GLOBAL_FACTOR, SUBSCRIPTION_LIMITS } from "./limits.ts";
import { gatewayError } from "./errors.ts";
import type { Tenant } from "../tenant.ts";

export type Counted =
  | { readonly kind: "allowed"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "throttled"; readonly answer: ArmAnswer };

/** Counts one call against ARM's buckets for the subscription, or the tenant where there is none. */
export function countCall(
  tenant: Tenant,
  call: { readonly method: string; readonly subscriptionId: string | undefined; readonly objectId: string },
): Counted {
  const kind = call.method === "DELETE" ? "delete" : isRead(call.method) ? "read" : "write";
  const limit = SUBSCRIPTION_LIMITS[kind];
  const place = call.subscriptionId?.toLowerCase() ?? "tenant";
  const own = tenant.throttle.take(`arm ${kind} ${place} ${call.objectId}`, limit);
  if (own.kind === "throttled") return refused(own.retryAfterInMs, kind, call);
  if (call.subscriptionId === undefined) {
    return {
      kind: "allowed",
      headers: { [`x-ms-ratelimit-remaining-tenant-${kind}s`]: String(own.remaining) },
    };
  }
  const all = tenant.throttle.take(`arm ${kind} ${place}`, {
    ...limit,
    capacity: limit.capacity * GLOBAL_FACTOR,
  });
  if (all.kind === "throttled") return refused(all.retryAfterInMs, kind, call);
  return {
    kind: "allowed",
    headers: {
      [`x-ms-ratelimit-remaining-subscription-${kind}s`]: String(own.remaining),
      [`x-ms-ratelimit-remaining-subscription-global-${kind}s`]: String(all.remaining),
    },
  };
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function refused(
  retryAfterInMs: number,
  kind: string,
  call: { readonly subscriptionId: string | undefined; readonly objectId: string },
): Counted {
  const seconds = Math.max(1, Math.ceil(retryAfterInMs / 1_000));
  return {
    kind: "throttled",
    answer: gatewayError(
      429,
      "SubscriptionRequestsThrottled",
      `Number of '${kind}' requests for subscription '${call.subscriptionId ?? ""}' actor '${call.objectId}' exceeded. Please try again after '${seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`,
      { headers: { "Retry-After": String(seconds) } },
    ),
  };
}
