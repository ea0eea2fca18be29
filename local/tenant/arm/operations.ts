import type { LongRunningOperation } from "../state/azure/model.ts";
import { parseResourceId, sameId } from "../state/azure/resource-id.ts";
import type { Tenant } from "../tenant.ts";
import { type ArmCall, type Route, inSubscription, ok, param } from "./call.ts";
import { providerError } from "./errors.ts";

/** An operation of this resource that is not done yet; Azure serves the resource as `Updating` and refuses a second one. */
export function operationInProgress(tenant: Tenant, resourceId: string): LongRunningOperation | undefined {
  const now = tenant.clock.now();
  for (const operation of tenant.state.azure.operations.values()) {
    if (operation.doneAt > now && sameId(operation.resourceId, resourceId)) return operation;
  }
  return undefined;
}

/** Begins an operation that takes `delays.longRunningOperationInMs`, and says where to ask for it. */
export function startOperation(
  call: ArmCall,
  {
    resourceId,
    location,
    namespace,
  }: { readonly resourceId: string; readonly location: string; readonly namespace: string },
): {
  readonly operation: LongRunningOperation;
  readonly headers: Readonly<Record<string, string>>;
} {
  const { tenant, azure, nowInMs } = call;
  const operation: LongRunningOperation = {
    id: tenant.random.guid(),
    startedAt: nowInMs,
    doneAt: nowInMs + tenant.delays.longRunningOperationInMs,
    status: "Succeeded",
    resourceId,
  };
  dropFinished(call);
  azure.operations.set(operation.id, operation);
  const { subscriptionId = "" } = parseResourceId(resourceId);
  const base = `https://${call.request.host}/subscriptions/${subscriptionId}/providers/${namespace}/locations/${location}`;
  const suffix = `${operation.id}?api-version=${encodeURIComponent(call.apiVersion)}`;
  return {
    operation,
    headers: {
      "Azure-AsyncOperation": `${base}/operations/${suffix}`,
      Location: `${base}/operationresults/${suffix}`,
      "Retry-After": String(Math.max(0, Math.ceil(tenant.delays.longRunningOperationInMs / 10_000))),
    },
  };
}

// Clients poll for minutes, not for days.
const KEPT_IN_MS = 86_400_000;

function dropFinished({ azure, nowInMs }: ArmCall): void {
  for (const [id, { doneAt }] of azure.operations) {
    if (doneAt < nowInMs - KEPT_IN_MS) azure.operations.delete(id);
  }
}

export function operationRoutes(namespace: string): Route[] {
  return [
    {
      method: "GET",
      template: inSubscription(`${namespace}/locations/{location}/operations/{operation}`),
      // guess: the signed poll URLs of 2024 and later need no role of their own.
      action: "anyone",
      handle: (call) => {
        const operation = call.azure.operations.get(param(call, "operation"));
        if (!operation) return providerError(404, "OperationNotFound", "The operation was not found.");
        const startTime = new Date(operation.startedAt).toISOString();
        if (operation.doneAt > call.nowInMs) {
          return ok({ name: operation.id, status: "InProgress", startTime }, retrySoon(call));
        }
        return ok({
          name: operation.id,
          status: operation.status,
          startTime,
          endTime: new Date(operation.doneAt).toISOString(),
        });
      },
    },
    {
      method: "GET",
      template: inSubscription(`${namespace}/locations/{location}/operationresults/{operation}`),
      action: "anyone",
      handle: (call) => {
        const operation = call.azure.operations.get(param(call, "operation"));
        if (!operation) return providerError(404, "OperationNotFound", "The operation was not found.");
        if (operation.doneAt > call.nowInMs) {
          return { status: 202, headers: { ...retrySoon(call), Location: call.request.url.href } };
        }
        return operation.result === undefined ? { status: 204 } : ok(operation.result);
      },
    },
  ];
}

function retrySoon(call: ArmCall): Readonly<Record<string, string>> {
  return { "Retry-After": String(Math.ceil(call.tenant.delays.longRunningOperationInMs / 10_000)) };
}
