import type { Limit } from "../tenant.ts";

/** ARM's token buckets, per region: for one principal in one subscription, and for everyone in it (15 times as much). */
export const SUBSCRIPTION_LIMITS: Readonly<Record<"read" | "write" | "delete", Limit>> = {
  read: { capacity: 250, perInMs: 10_000 },
  write: { capacity: 200, perInMs: 20_000 },
  delete: { capacity: 200, perInMs: 20_000 },
};

export const GLOBAL_FACTOR = 15;

/** Resource Graph: per user, 15 queries in 5 seconds. */
export const RESOURCE_GRAPH_LIMIT: Limit = { capacity: 15, perInMs: 5_000 };

/**
 * Managed identities REST, per subscription and per identity. guess: published as rates only (0.25 a second for one
 * identity); over twenty seconds a client may use them unevenly.
 */
export const IDENTITY_LIMITS: Readonly<
  Record<"write" | "get" | "list" | "delete", { readonly subscription: Limit; readonly identity: Limit }>
> = {
  write: { subscription: { capacity: 2, perInMs: 1_000 }, identity: { capacity: 5, perInMs: 20_000 } },
  get: { subscription: { capacity: 10, perInMs: 1_000 }, identity: { capacity: 10, perInMs: 20_000 } },
  list: { subscription: { capacity: 5, perInMs: 1_000 }, identity: { capacity: 5, perInMs: 20_000 } },
  delete: { subscription: { capacity: 2, perInMs: 1_000 }, identity: { capacity: 5, perInMs: 20_000 } },
};

/** `listAssociatedResources` (preview): one a second for the whole tenant. */
export const ASSOCIATED_RESOURCES_LIMIT: Limit = { capacity: 1, perInMs: 1_000 };

export const MAX_FEDERATED_CREDENTIALS = 20;
export const MAX_ACCESS_POLICIES = 1_024;
export const MAX_AUTHORIZED_IP_RANGES = 200;
export const MAX_INCIDENT_COMMENTS = 100;
export const MAX_INCIDENT_COMMENT_CHARACTERS = 30_000;
export const MAX_INCIDENT_TASKS = 40;
export const MAX_INCIDENT_TASK_CHARACTERS = 3_000;
export const RESOURCE_GRAPH_PAGE = 1_000;
export const ACTIVITY_LOG_PAGE = 200;
export const ACTIVITY_LOG_DAYS = 90;
