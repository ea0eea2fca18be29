import type { AlertKind } from "./alert.ts";
import { azureMonitorAlert } from "./azure-monitor-alert.ts";
import { defenderAlert } from "./defender-alert.ts";
import { githubSecretScanning } from "./github-secret-scanning.ts";
import { gitleaks } from "./gitleaks.ts";
import { graphSecurityAlert } from "./graph-security-alert.ts";
import { keyVaultEvent } from "./key-vault-event.ts";
import { sentinelAlert } from "./sentinel-alert.ts";
import { sentinelIncident } from "./sentinel-incident.ts";
import { trufflehog } from "./trufflehog.ts";
import { workloadIdentityRisk } from "./workload-identity-risk.ts";

/** Every alert kind there is, the more particular ones first. */
export const ALERTS: readonly AlertKind[] = [
  sentinelIncident,
  azureMonitorAlert,
  keyVaultEvent,
  workloadIdentityRisk,
  graphSecurityAlert,
  githubSecretScanning,
  gitleaks,
  trufflehog,
  sentinelAlert,
  defenderAlert,
];
