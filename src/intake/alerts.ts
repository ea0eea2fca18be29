import type { AlertKind } from "./alert.ts";
import { sentinelIncident } from "./sentinel-incident.ts";

/** Every alert kind there is, the more particular ones first. */
export const ALERTS: readonly AlertKind[] = [sentinelIncident];
