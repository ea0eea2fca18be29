import { type AlertKind, refuse } from "./alert.ts";
import { distinct, entitySubjects } from "./entity-subjects.ts";
import type { Reading } from "./reading.ts";
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
    const incidentId = incident.at("id").text();
    if (incidentId === null || incidentId === "") {
      return refuse("MALFORMED", "The incident has no object.id.");
    }
    if (keyIs(properties.at("status"), "closed")) {
      return refuse("RESOLVED_ALERT", "The incident is closed.");
    }
    const title = properties.at("title").text() ?? "(no title)";
    const alerts = properties.at("alerts").items();
    if (isSample([title, ...alerts.map((it) => it.at("properties", "alertDisplayName").text() ?? "")])) {
      return refuse("SAMPLE_ALERT", "It is a sample alert; nothing happened.");
    }
    const found = entitySubjects(properties.at("relatedEntities").items());
    return {
      kind: "cases",
      intakes: [
        {
          trigger: "sentinel-incident",
          deliveredAs: `sentinel-incident ${incidentId.toLowerCase()}`,
          title,
          severity: severityOf(properties.at("severity")),
          subjects: distinct(found.subjects),
          resourceIds: found.resourceIds,
          keyIds: [],
          addresses: found.addresses,
          window: windowOf(
            properties.at("firstActivityTimeUtc"),
            properties.at("lastActivityTimeUtc"),
            properties.at("createdTimeUtc"),
            now,
          ),
          incident: {
            incidentId,
            incidentUrl: properties.at("incidentUrl").text(),
            workspaceId: body.at("workspaceId").text(),
            number: properties.at("incidentNumber").number(),
          },
          unread: found.unread,
        },
      ],
    };
  },
};

function keyIs(reading: Reading, word: string): boolean {
  return reading.text()?.toLowerCase() === word;
}
