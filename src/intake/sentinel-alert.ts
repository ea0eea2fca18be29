import type { AlertKind } from "./alert.ts";
import { readSecurityAlert } from "./security-alert.ts";

/** A Microsoft Sentinel alert as the playbook's alert trigger hands it over: flat, Pascal case, no incident. */
export const sentinelAlert: AlertKind = {
  name: "sentinel-alert",
  knownBy: "SystemAlertId with WorkspaceSubscriptionId or WorkspaceResourceGroup",
  recognises: (body) =>
    body.at("SystemAlertId").exists &&
    (body.at("WorkspaceSubscriptionId").exists || body.at("WorkspaceResourceGroup").exists),
  read: (body, now) => readSecurityAlert(body, "sentinel-alert", now),
};
