import { type AlertKind, refuse } from "./alert.ts";
import { readEach, unwrapped } from "./batch.ts";
import { addressesOf, guidClaims, NO_CLAIMS } from "./claims.ts";
import { guidOf } from "./guid.ts";
import type { IntakeResult } from "./intake.ts";
import { newIntake } from "./new-intake.ts";
import type { Reading } from "./reading.ts";
import { severityOf, windowOf } from "./window.ts";

/** States in which Entra itself says that there is nothing left to do. */
const OVER = new Set(["remediated", "dismissed", "confirmedsafe"]);

/** A risk detection of Entra ID Protection for workload identities: Graph's own, a page of them, or the exported rows. It names the suspect credential, too. */
export const workloadIdentityRisk: AlertKind = {
  name: "workload-identity-risk",
  knownBy: "servicePrincipalId and riskEventType",
  recognises: (body) => unwrapped(body, isDetection).length > 0,
  read: (body, now) =>
    readEach(
      unwrapped(body, isDetection),
      (it) => readDetection(it, now),
      "Nothing in the body is a detection.",
    ),
};

function isDetection(item: Reading): boolean {
  return item.at("servicePrincipalId").exists && item.at("riskEventType").exists;
}

function readDetection(detection: Reading, now: Date): IntakeResult {
  const id = detection.at("id").text();
  if (id === null) return refuse("MALFORMED", "The detection has no id.");
  const state = (detection.at("riskState").text() ?? "").toLowerCase();
  if (OVER.has(state)) return refuse("RESOLVED_ALERT", `The risk is ${state}.`);
  const keys = detection.at("keyIds").items();
  const unusable = keys.filter((it) => guidOf(it.text()) === null);
  const intake = newIntake({
    trigger: "workload-identity-risk",
    knownAs: ["risk-detection", id],
    title: `Entra: ${detection.at("riskEventType").text() ?? "risk"} on ${detection.at("servicePrincipalDisplayName").text() ?? "a service principal"}`,
    severity: severityOf(detection.at("riskLevel")),
    claims: {
      ...NO_CLAIMS,
      subjects: guidClaims(detection, "suspect", ["servicePrincipalId", "appId"]),
      addresses: addressesOf([detection.at("ipAddress")]),
      unread: unusable.map(({ path }) => `${path}: no key id`),
    },
    keyIds: keys.flatMap((it) => guidOf(it.text()) ?? []),
    window: windowOf(
      detection.at("activityDateTime"),
      detection.at("detectedDateTime"),
      detection.at("detectedDateTime"),
      now,
    ),
  });
  return { kind: "cases", intakes: [intake] };
}
