import type { Subject } from "../case/subject.ts";
import { refuse } from "./alert.ts";
import { distinct, entitySubjects } from "./entity-subjects.ts";
import { guidOf, resourceIdOf } from "./guid.ts";
import type { Intake, IntakeResult } from "./intake.ts";
import { keyForm, type Reading } from "./reading.ts";
import { resolveReferences } from "./references.ts";
import { isSample } from "./sample-alert.ts";
import { severityOf, windowOf } from "./window.ts";

/** Human-labelled members of Defender's extended properties that name who did it, by the form of their keys. */
const SUSPECT_PROPERTIES = new Set([
  "attackerobjectid",
  "objectid",
  "principalobjectid",
  "serviceprincipalobjectid",
  "serviceprincipalid",
  "applicationid",
  "appid",
  "clientid",
  "principalid",
  "principaloid",
  "calleroid",
  "callerobjectid",
]);
const ADDRESS_PROPERTIES = new Set([
  "attackeripaddress",
  "clientipaddress",
  "ipaddress",
  "attackersourceip",
  "clientip",
]);

/**
 * A security alert in the one shape that Defender for Cloud, its exports and Sentinel's alert trigger share: members in
 * Pascal or camel case, entities with `Type`, extended properties with labels written for people.
 */
export function readSecurityAlert(alert: Reading, trigger: string, now: Date): IntakeResult {
  const id = alert.at("SystemAlertId").text() ?? alert.at("id").text();
  if (id === null || id === "") return refuse("MALFORMED", "The alert has no SystemAlertId.");
  const title = alert.at("AlertDisplayName").text() ?? alert.at("DisplayName").text() ?? "(no title)";
  if (isSample([title, alert.at("AlertType").text() ?? ""])) {
    return refuse("SAMPLE_ALERT", "It is a sample alert; nothing happened.");
  }
  const status = (alert.at("Status").text() ?? "").toLowerCase();
  if (status === "resolved" || status === "dismissed") {
    return refuse("RESOLVED_ALERT", `The alert is ${status}.`);
  }
  const entities = entitySubjects(resolveReferences(alert.at("Entities").items()));
  const extended = extendedProperties(alert.at("ExtendedProperties"));
  const resourceIds = [
    ...entities.resourceIds,
    ...[alert.at("AzureResourceId"), alert.at("CompromisedEntity")].map((it) => resourceIdOf(it.text())),
    ...alert
      .at("ResourceIdentifiers")
      .items()
      .map((it) => resourceIdOf(it.at("AzureResourceId").text())),
  ].filter((it) => it !== null);
  const intake: Intake = {
    trigger,
    deliveredAs: `security-alert ${id.toLowerCase()}`,
    title,
    severity: severityOf(alert.at("Severity")),
    subjects: distinct([...extended.subjects, ...entities.subjects]),
    resourceIds: [...new Set(resourceIds)],
    keyIds: [],
    addresses: [...new Set([...extended.addresses, ...entities.addresses])],
    window: windowOf(alert.at("StartTimeUtc"), alert.at("EndTimeUtc"), alert.at("TimeGenerated"), now),
    incident: null,
    unread: entities.unread,
  };
  return { kind: "cases", intakes: [intake] };
}

function extendedProperties(properties: Reading): {
  readonly subjects: readonly Subject[];
  readonly addresses: readonly string[];
} {
  const subjects: Subject[] = [];
  const addresses: string[] = [];
  for (const [key, value] of properties.members()) {
    const form = keyForm(key);
    const text = value.text();
    if (SUSPECT_PROPERTIES.has(form)) {
      const guid = guidOf(text);
      if (guid !== null) subjects.push({ kind: "guid", value: guid, seenAt: value.path, role: "suspect" });
    } else if (ADDRESS_PROPERTIES.has(form) && text !== null && text !== "") {
      addresses.push(text);
    }
  }
  return { subjects, addresses };
}
