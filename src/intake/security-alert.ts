import { refuse } from "./alert.ts";
import { type Claims, guidClaim, NO_CLAIMS, resourceClaims, together, upnClaim } from "./claims.ts";
import { entitySubjects } from "./entity-subjects.ts";
import { extendedClaims } from "./extended-properties.ts";
import type { IntakeResult } from "./intake.ts";
import { newIntake } from "./new-intake.ts";
import type { Reading } from "./reading.ts";
import { resolveReferences } from "./references.ts";
import { isSample } from "./sample-alert.ts";
import { severityOf, windowOf } from "./window.ts";

const OVER = new Set(["resolved", "dismissed", "closed"]);

/** Continuous export streams assessments and scores too; this is what alerts are known by. */
export function isSecurityAlert(item: Reading): boolean {
  return item.at("SystemAlertId").exists;
}

/**
 * A security alert in the one shape that Defender for Cloud, its exports and Sentinel's alert trigger share: members in
 * Pascal or camel case, entities with `Type`, extended properties with labels written for people.
 */
export function readSecurityAlert(alert: Reading, trigger: string, now: Date): IntakeResult {
  const id = alert.at("SystemAlertId").text();
  if (id === null) return refuse("MALFORMED", "The alert has no SystemAlertId.");
  const title =
    ["AlertDisplayName", "DisplayName", "AlertName"]
      .map((key) => alert.at(key).text())
      .find((it) => it !== null) ?? "(no title)";
  if (isSample([title, alert.at("AlertType").text()])) {
    return refuse("SAMPLE_ALERT", "It is a sample alert; nothing happened.");
  }
  const status = (alert.at("Status").text() ?? "").toLowerCase();
  if (OVER.has(status)) return refuse("RESOLVED_ALERT", `The alert is ${status}.`);
  const claims = together([
    extendedClaims(alert.at("ExtendedProperties")),
    entitySubjects(resolveReferences(alert.at("Entities").items())),
    resourcesOf(alert),
    compromisedEntity(alert),
  ]);
  const intake = newIntake({
    trigger,
    knownAs: ["security-alert", id],
    title,
    severity: severityOf(alert.at("Severity")),
    claims,
    window: windowOf(alert.at("StartTimeUtc"), alert.at("EndTimeUtc"), alert.at("TimeGenerated"), now),
  });
  return { kind: "cases", intakes: [intake] };
}

function resourcesOf(alert: Reading): Claims {
  return together([
    resourceClaims(alert.at("AzureResourceId"), "unsaid"),
    ...alert
      .at("ResourceIdentifiers")
      .items()
      .map((it) => resourceClaims(it.at("AzureResourceId"), "unsaid")),
  ]);
}

/** A resource, a user's name, or some name nobody can resolve; for a subscription its bare GUID. */
function compromisedEntity(alert: Reading): Claims {
  const member = alert.at("CompromisedEntity");
  const resource = resourceClaims(member, "unsaid");
  if (resource.subjects.length > 0) return resource;
  const ids = [alert.at("AzureResourceId"), ...alert.at("ResourceIdentifiers").items()]
    .map((it) => it.text() ?? it.at("AzureResourceId").text() ?? "")
    .map((it) => it.toLowerCase());
  const guids = guidClaim(member, "unsaid").filter(
    (it) => it.kind === "guid" && !ids.some((id) => id.includes(it.value)),
  );
  return { ...NO_CLAIMS, subjects: [...guids, ...upnClaim(member, "unsaid")] };
}
