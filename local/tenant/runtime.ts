import type { TenantClock } from "./clock.ts";
import { type Random, seededRandom } from "./random.ts";
import type { Delays, Tenant, TenantState, Throttle } from "./tenant.ts";
import type { WireRequest } from "./wire.ts";

/** No delays at all: what is written is seen by the next read. */
export const NO_DELAYS: Delays = {
  directoryReplicationInMs: 0,
  tokenIssuanceInMs: 0,
  roleAssignmentInMs: 0,
  logIngestionInMs: 0,
  resourceGraphInMs: 0,
  longRunningOperationInMs: 0,
  continuousAccessInMs: 0,
};

/** Azure's: a minute or two for the directory, ten for role assignments, five or more for logs, and so on. */
export const AZURE_DELAYS: Delays = {
  directoryReplicationInMs: 30_000,
  tokenIssuanceInMs: 60_000,
  roleAssignmentInMs: 300_000,
  logIngestionInMs: 300_000,
  resourceGraphInMs: 120_000,
  longRunningOperationInMs: 600_000,
  continuousAccessInMs: 300_000,
};

export function scaledDelays(delays: Delays, factor: number): Delays {
  return {
    directoryReplicationInMs: delays.directoryReplicationInMs * factor,
    tokenIssuanceInMs: delays.tokenIssuanceInMs * factor,
    roleAssignmentInMs: delays.roleAssignmentInMs * factor,
    logIngestionInMs: delays.logIngestionInMs * factor,
    resourceGraphInMs: delays.resourceGraphInMs * factor,
    longRunningOperationInMs: delays.longRunningOperationInMs * factor,
    continuousAccessInMs: delays.continuousAccessInMs * factor,
  };
}

export interface RuntimeOptions {
  readonly id: string;
  readonly displayName: string;
  readonly domain: string;
  readonly seed: string | number;
  readonly clock: TenantClock;
  readonly delays: Delays;
  /** Tokens' lives times this; 1 unless given. */
  readonly tokenLifetimes?: number;
  readonly state: TenantState;
  readonly throttle: (clock: TenantClock) => Throttle;
  readonly authenticate: (tenantOf: () => Tenant) => Tenant["authenticate"];
}

/**
 * The tenant that services are given, and how to put it at one request: time stands still for it, and it has chance of
 * its own, drawn from the seed and its number. The same requests at the same times so always have the same effect.
 */
export interface Runtime {
  readonly tenant: Tenant;
  /** Numbers a request that is about to be handled. */
  next(): number;
  /** Handles a request, new or again, as the one of that number at that time; it is told its id. */
  at<T>(number: number, at: number, handle: (id: string) => T): T;
  /** The id a request of that number has. */
  idOf(number: number): string;
}

export function createRuntime(options: RuntimeOptions): Runtime {
  let current: Random = seededRandom(options.seed);
  let last = 0;
  let stoodAt: number | undefined;
  const clock: TenantClock = { now: () => stoodAt ?? options.clock.now() };
  const random: Random = {
    next: () => current.next(),
    integer: (below) => current.integer(below),
    guid: () => current.guid(),
    hex: (length) => current.hex(length),
    secret: (length) => current.secret(length),
  };
  const { id, displayName, domain, delays, state, tokenLifetimes = 1 } = options;
  const tenant: Tenant = {
    id,
    displayName,
    domain,
    clock,
    random,
    delays,
    tokenLifetimes,
    state,
    throttle: options.throttle(clock),
    authenticate: (request: WireRequest, audiences) => authenticate(request, audiences),
  };
  const authenticate = options.authenticate(() => tenant);
  const chanceOf = (number: number) => seededRandom(`${options.seed}:request:${number}`);
  return {
    tenant,
    next: () => {
      last += 1;
      return last;
    },
    idOf: (number) => chanceOf(number).guid(),
    at: (number, at, handle) => {
      last = Math.max(last, number);
      current = chanceOf(number);
      stoodAt = at;
      try {
        return handle(current.guid());
      } finally {
        stoodAt = undefined;
      }
    },
  };
}
