import type { AlertKind } from "./alert.ts";
import { readEach, unwrapped } from "./batch.ts";
import type { Reading } from "./reading.ts";
import { isSecurityAlert, readSecurityAlert } from "./security-alert.ts";

/** A Microsoft Sentinel alert as the playbook's alert trigger or an export of the table hands it over: flat, Pascal case, no incident. */
export const sentinelAlert: AlertKind = {
  name: "sentinel-alert",
  knownBy: "SystemAlertId with WorkspaceSubscriptionId or WorkspaceResourceGroup",
  recognises: (body) => unwrapped(body, isSecurityAlert).some(isOfWorkspace),
  read: (body, now) =>
    readEach(
      unwrapped(body, isSecurityAlert),
      (it) => readSecurityAlert(it, "sentinel-alert", now),
      "Nothing in the body is an alert.",
    ),
};

function isOfWorkspace(alert: Reading): boolean {
  return alert.at("WorkspaceSubscriptionId").exists || alert.at("WorkspaceResourceGroup").exists;
}
