import type { TenantClock } from "./clock.ts";
import type { Random } from "./random.ts";
import type { Authentication } from "./service.ts";
import type { AzureState } from "./state/azure.ts";
import type { Directory } from "./state/directory.ts";
import type { LogState } from "./state/logs.ts";
import type { VaultState } from "./state/vaults.ts";
import type { WireRequest } from "./wire.ts";

/** How long Azure takes for what is not instant, in milliseconds of tenant time, already scaled. */
export interface Delays {
  /** A directory write until every Graph read shows it. */
  readonly directoryReplicationInMs: number;
  /** A credential or enabled flag changed until the token endpoint honours it. */
  readonly tokenIssuanceInMs: number;
  /** A role assignment written or removed until ARM and data planes honour it. */
  readonly roleAssignmentInMs: number;
  /** A row written until Log Analytics can be asked for it. */
  readonly logIngestionInMs: number;
  /** A resource changed until Resource Graph shows it. */
  readonly resourceGraphInMs: number;
  /** A long-running operation until it is done. */
  readonly longRunningOperationInMs: number;
  /** A principal disabled, deleted or at high risk until Graph challenges the CAE tokens it holds. */
  readonly continuousAccessInMs: number;
}

/** A token bucket as the service publishes it. */
export interface Limit {
  readonly capacity: number;
  /** How long a drained bucket takes to be full again. */
  readonly perInMs: number;
}

export type Throttled =
  | { readonly kind: "allowed"; readonly remaining: number }
  | { readonly kind: "throttled"; readonly retryAfterInMs: number };

/** Counts calls against limits. Scaled, or switched off, by whoever started the tenant; services only name key and limit. */
export interface Throttle {
  take(key: string, limit: Limit, cost?: number): Throttled;
}

/**
 * Everything that outlives a restart. Plain data all the way down (records, arrays, Maps, Sets, numbers, strings,
 * bytes), because it is written to disk by structured clone: no class instances, no functions, no closures.
 */
export interface TenantState {
  readonly directory: Directory;
  readonly azure: AzureState;
  readonly vaults: VaultState;
  readonly logs: LogState;
}

/** What every service is given: the one tenant's identity, time, chance, state, and who is calling. */
export interface Tenant {
  readonly id: string;
  readonly displayName: string;
  /** `contoso.onmicrosoft.com` */
  readonly domain: string;
  readonly clock: TenantClock;
  readonly random: Random;
  readonly delays: Delays;
  /** How long tokens of an hour live, of Entra's own span. */
  readonly tokenLifetimes: number;
  readonly state: TenantState;
  readonly throttle: Throttle;
  /** Audiences are compared without a trailing slash; several may mean one service. */
  authenticate(request: WireRequest, audiences: readonly string[]): Authentication;
}
