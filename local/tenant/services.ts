import { armService } from "./arm/service.ts";
import { graph } from "./graph/graph.ts";
import { keyVault } from "./key-vault/service.ts";
import { logsIngestion } from "./logs/ingestion-service.ts";
import { logAnalytics } from "./logs/query-service.ts";
import type { Service } from "./service.ts";
import { storageData } from "./storage-data/service.ts";

/** Every service that needs nothing but the tenant. Entra and managed identities also need keys, and are made at the start. */
export const SERVICES: readonly Service[] = [
  armService,
  graph,
  keyVault,
  logAnalytics,
  logsIngestion,
  storageData,
];
