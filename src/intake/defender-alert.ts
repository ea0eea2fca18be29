import { type AlertKind, refuse } from "./alert.ts";
import type { Intake } from "./intake.ts";
import type { Reading } from "./reading.ts";
import { readSecurityAlert } from "./security-alert.ts";

/**
 * Microsoft Defender for Cloud: one alert as workflow automation posts it, or a batch as continuous export streams it.
 * The same stream carries assessments and scores; only what has a SystemAlertId is an alert.
 */
export const defenderAlert: AlertKind = {
  name: "defender-alert",
  knownBy: "SystemAlertId, in the body, in an array, or in records",

  recognises: (body) => alertsIn(body).length > 0,

  read(body, now) {
    const intakes: Intake[] = [];
    const alerts = alertsIn(body);
    let refused = null;
    for (const alert of alerts) {
      const result = readSecurityAlert(alert, "defender-alert", now);
      if (result.kind === "cases") intakes.push(...result.intakes);
      else refused ??= result;
    }
    const [first, ...rest] = intakes;
    if (first !== undefined) return { kind: "cases", intakes: [first, ...rest] };
    return refused ?? refuse("NOT_AN_ALERT", "Nothing in the batch is an alert.");
  },
};

function alertsIn(body: Reading): readonly Reading[] {
  const members = body.at("records").exists ? body.at("records").items() : body.items();
  return members
    .flatMap((it) => (it.at("properties", "SystemAlertId").exists ? [it.at("properties")] : [it]))
    .filter((it) => it.at("SystemAlertId").exists);
}
