import type { Caller } from "../service.ts";
import type { Limit, Tenant, Throttle } from "../tenant.ts";
import { tooManyRequests } from "./errors.ts";
import { GRAPH_LIMITS } from "./limits.ts";

export interface Charge {
  readonly units: number;
  readonly write: boolean;
  readonly kind: "directory" | "identity-protection" | "reports";
  readonly readsKeys: boolean;
  readonly toPersonalAccountApplication: boolean;
}

const capacities = new WeakMap<Throttle, Map<string, number>>();

/** Limits may be scaled, and services are not told by how much; but a bucket is full when it is first drawn from. */
function capacityOf(throttle: Throttle, key: string, before: number): number {
  const known = capacities.get(throttle) ?? new Map<string, number>();
  capacities.set(throttle, known);
  const capacity = Math.max(known.get(key) ?? 0, before);
  known.set(key, capacity);
  return capacity;
}

interface Draw {
  readonly key: string;
  readonly limit: Limit;
  readonly cost: number;
  readonly scope: string;
  /** `x-ms-throttle-information` */
  readonly why: string;
  readonly category: string;
}

/** Charges a call against every limit it falls under. Returns headers for its answer, or throws the 429. */
export function charge(tenant: Tenant, caller: Caller, of: Charge): Record<string, string> {
  const app = caller.appId ?? caller.objectId;
  let used = 0;
  for (const { key, limit, cost, scope, why, category } of draws(app, of)) {
    const taken = tenant.throttle.take(`graph:${key}`, limit, cost);
    switch (taken.kind) {
      case "allowed":
        used = Math.max(used, 1 - taken.remaining / capacityOf(tenant.throttle, key, taken.remaining + cost));
        break;
      case "throttled":
        throw tooManyRequests(app, category, {
          // guess: how the application and tenant follow the documented scope names.
          "x-ms-throttle-scope": `${scope}/${app}/${tenant.id}`,
          "x-ms-throttle-information": why,
          // Identity protection and Conditional Access say nothing of when to come back.
          ...(of.kind === "identity-protection"
            ? {}
            : { "Retry-After": String(Math.max(1, Math.ceil(taken.retryAfterInMs / 1_000))) }),
        });
      default:
        taken satisfies never;
    }
  }
  return {
    "x-ms-resource-unit": String(of.units),
    ...(used > 0.8 && of.kind === "directory" ? { "x-ms-throttle-limit-percentage": used.toFixed(2) } : {}),
  };
}

function draws(app: string, of: Charge): Draw[] {
  const global: Draw = {
    key: `requests:${app}`,
    limit: GRAPH_LIMITS.requests,
    cost: 1,
    scope: "Application",
    why: "RequestLimitExceeded",
    category: "throttle.msgraph.app.global",
  };
  switch (of.kind) {
    case "identity-protection":
      return [
        {
          key: "identity-protection",
          limit: GRAPH_LIMITS.identityProtection,
          cost: 1,
          scope: "Tenant_All",
          why: "RequestLimitExceeded",
          category: "throttle.identityprotection.tenant",
        },
      ];
    case "reports":
      return [
        global,
        {
          key: `reports:${app}`,
          limit: GRAPH_LIMITS.reports,
          cost: 1,
          scope: "Tenant_Application_All",
          why: "RequestLimitExceeded",
          category: "throttle.msgraph.reports.app.10s",
        },
      ];
    case "directory":
      return [global, ...directoryDraws(app, of)];
    default:
      return of.kind satisfies never;
  }
}

function directoryDraws(app: string, of: Charge): Draw[] {
  const found: Draw[] = [
    {
      key: `units:${app}`,
      limit: GRAPH_LIMITS.resourceUnits,
      cost: of.units,
      scope: "Tenant_Application_All",
      why: "ResourceUnitLimitExceeded",
      category: "aadgraph.app.tenant_large",
    },
  ];
  const write = { cost: 1, why: "WriteLimitExceeded" };
  if (of.write) {
    found.push(
      {
        ...write,
        key: `writes:${app}`,
        limit: GRAPH_LIMITS.writesOfApplication,
        scope: "Tenant_Application_Write",
        category: "aadgraph.app.tenant_write",
      },
      {
        ...write,
        key: "writes",
        limit: GRAPH_LIMITS.writesInTenant,
        scope: "Tenant_Write",
        category: "aadgraph.tenant_write",
      },
    );
  }
  if (of.toPersonalAccountApplication) {
    found.push({
      ...write,
      key: `personal:${app}`,
      limit: GRAPH_LIMITS.writesToPersonalAccountApplications,
      scope: "Tenant_Application_Write",
      category: "aadgraph.app.personal_write",
    });
  }
  if (of.readsKeys) {
    found.push({
      key: "key-reads",
      limit: GRAPH_LIMITS.keyReads,
      cost: 1,
      scope: "Tenant_All",
      why: "RequestLimitExceeded",
      category: "aadgraph.tenant.keycredentials",
    });
  }
  return found;
}
