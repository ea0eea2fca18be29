import type { Limit } from "../tenant.ts";

/** Queries of one caller (Azure Monitor query API limits). */
export const QUERY_LIMIT = { capacity: 200, perInMs: 30_000 } as const satisfies Limit;

/** More rows than this are cut off, and the answer says so. */
export const ROW_LIMIT = 500_000;

/** Calls of one data collection rule (Logs Ingestion API limits). */
export const INGESTION_LIMIT = { capacity: 12_000, perInMs: 60_000 } as const satisfies Limit;

/** Bytes of one ingestion call. */
export const INGESTION_BODY_LIMIT = 1_048_576;
