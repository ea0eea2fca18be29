import type { Limit } from "../tenant.ts";

/** Transactions a vault allows in ten seconds, per region (Key Vault service limits). A subscription gets five vaults' worth. */
export const VAULT_LIMITS = {
  /** Creating a secret or a version of one. */
  createSecret: { capacity: 300, perInMs: 10_000 },
  other: { capacity: 4_000, perInMs: 10_000 },
} as const satisfies Record<string, Limit>;

export const SUBSCRIPTION_FACTOR = 5;

/** `maxresults` may ask for no more, and is this when absent. */
export const PAGE_SIZE = 25;

export const SECRET_VALUE_LIMIT = 25_600;
export const TAG_LIMIT = 15;
