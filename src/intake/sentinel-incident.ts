import { type AlertKind, refuse } from "./alert.ts";
import { NO_CLAIMS, resourceClaims, together } from "./claims.ts";
import { entitySubjects } from "./entity-subjects.ts";
import { extendedClaims } from "./extended-properties.ts";
import { resourceIdOf } from "./guid.ts";
import { newIntake } from "./new-intake.ts";
import type { Reading } from "./reading.ts";
import { resolveReferences } from "./references.ts";
import { isSample } from "./sample-alert.ts";
import { severityOf, windowOf } from "./window.ts";

/** A Microsoft Sentinel incident as the playbook's incident trigger hands it over. */
export const sentinelIncident: AlertKind = {
  name: "sentinel-incident",
  knownBy: 'objectSchemaType "Incident" and object.properties',

  recognises: (body) =>
    keyIs(body.at("objectSchemaType"), "incident") ||
    (body.at("object", "properties", "incidentNumber").exists && body.at("object", "id").exists),

  read(body, now) {
    const incident = body.at("object");
    const properties = incident.at("properties");
    const incidentId = incident.at("id").text()?.replace(/\/+$/, "") ?? null;
    if (incidentId === null) return refuse("MALFORMED", "The incident has no object.id.");
    if (keyIs(properties.at("status"), "closed")) {
      return refuse("RESOLVED_ALERT", "The incident is closed.");
    }
    const title = properties.at("title").text() ?? "(no title)";
    const alerts = properties
      .at("alerts")
      .items()
      .map((it) => it.at("properties"));
    if (isSample([title, ...alerts.flatMap((it) => [nameOf(it), it.at("alertType").text()])])) {
      return refuse("SAMPLE_ALERT", "It is a sample alert; nothing happened.");
    }
    const entities = entitySubjects(resolveReferences(properties.at("relatedEntities").items()));
    const inAlerts = together(alerts.map(claimsOfAlert));
    // An alert's details repeat what its entities say; they speak where the entities name nobody.
    const claims = entities.subjects.some(({ role }) => role !== "bystander")
      ? { ...entities, addresses: [...entities.addresses, ...inAlerts.addresses] }
      : together([entities, inAlerts]);
    // Comments and tasks are written below this id: what is no ARM id must not become part of a URL.
    const isArmId = resourceIdOf(incidentId) !== null;
    const intake = newIntake({
      trigger: "sentinel-incident",
      knownAs: ["sentinel-incident", incidentId],
      title,
      severity: severityOf(properties.at("severity")),
      claims: isArmId
        ? claims
        : together([claims, { ...NO_CLAIMS, unread: ["object.id: no ARM id, so nothing is written back"] }]),
      window: windowOf(
        properties.at("firstActivityTimeUtc"),
        properties.at("lastActivityTimeUtc"),
        properties.at("createdTimeUtc"),
        now,
      ),
      incident: isArmId
        ? {
            incidentId,
            incidentUrl: httpsUrl(properties.at("incidentUrl").text()),
            workspaceId: body.at("workspaceId").text()?.slice(0, 100) ?? null,
            number: properties.at("incidentNumber").number(),
          }
        : null,
    });
    if (intake.subjects.length + intake.resourceIds.length === 0) {
      const why =
        intake.unread.length === 0
          ? "It has no entities: the rule that raised it maps none."
          : `Nothing in it could be used: ${intake.unread.slice(0, 5).join("; ")}.`;
      return refuse("NO_SUBJECT", `The incident names nobody and nothing. ${why}`);
    }
    return { kind: "cases", intakes: [intake] };
  },
};

function claimsOfAlert(alert: Reading) {
  return together([
    extendedClaims(alert.at("additionalData")),
    ...alert
      .at("resourceIdentifiers")
      .items()
      .map((it) => resourceClaims(it.at("azureResourceId"), "unsaid")),
  ]);
}

function nameOf(alert: Reading): string | null {
  return alert.at("alertDisplayName").text();
}

function httpsUrl(text: string | null): string | null {
  return text !== null && text.length <= 2_000 && /^https:\/\/[^\s"'<>\\]+$/i.test(text) ? text : null;
}

function keyIs(reading: Reading, word: string): boolean {
  return reading.text()?.toLowerCase() === word;
}
