import type { Limit } from "../tenant.ts";

/** Microsoft Graph's published limits (throttling-limits.md), each for one tenant. */
export const GRAPH_LIMITS = {
  /** Requests of one application, whatever they are. */
  requests: { capacity: 2_000, perInMs: 1_000 },
  /** Resource units of one application; the size for a large tenant. */
  resourceUnits: { capacity: 8_000, perInMs: 10_000 },
  writesOfApplication: { capacity: 3_000, perInMs: 150_000 },
  writesInTenant: { capacity: 18_000, perInMs: 300_000 },
  /** Writes to applications that personal accounts may sign in to. */
  writesToPersonalAccountApplications: { capacity: 60, perInMs: 60_000 },
  /** `$select=keyCredentials` on applications and service principals. */
  keyReads: { capacity: 150, perInMs: 60_000 },
  /** Identity protection and Conditional Access. Its 429 has no Retry-After. */
  identityProtection: { capacity: 1, perInMs: 1_000 },
  /** Sign-in and audit reports, of one application. */
  reports: { capacity: 5, perInMs: 10_000 },
} as const satisfies Record<string, Limit>;

export const MAX_FEDERATED_CREDENTIALS = 20;
export const MAX_BATCH_REQUESTS = 20;
export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 999;
/** `$expand` of a link shows no more than this many. */
export const MAX_EXPANDED = 20;
export const DELETED_ITEMS_KEPT_IN_MS = 30 * 86_400_000;

/**
 * Credential writes to one application closer together than this meet as concurrent, once the directory replicates at
 * all: too near for the second to have waited for the first one's answer.
 */
export const CONCURRENT_WRITES_WITHIN_MS = 3;
