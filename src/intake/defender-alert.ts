import type { AlertKind } from "./alert.ts";
import { readEach, unwrapped } from "./batch.ts";
import { isSecurityAlert, readSecurityAlert } from "./security-alert.ts";

/**
 * Microsoft Defender for Cloud: one alert as workflow automation posts it, as its API gives it, or a batch as continuous
 * export streams it.
 */
export const defenderAlert: AlertKind = {
  name: "defender-alert",
  knownBy: "SystemAlertId, in the body, in an array, in records, or in properties",
  recognises: (body) => unwrapped(body, isSecurityAlert).length > 0,
  read: (body, now) =>
    readEach(
      unwrapped(body, isSecurityAlert),
      (it) => readSecurityAlert(it, "defender-alert", now),
      "Nothing in the batch is an alert.",
    ),
};
