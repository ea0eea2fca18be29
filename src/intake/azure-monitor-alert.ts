import type { Subject } from "../case/subject.ts";
import { type AlertKind, refuse } from "./alert.ts";
import { distinct } from "./entity-subjects.ts";
import { guidOf, resourceIdOf, upnOf } from "./guid.ts";
import { keyForm, type Reading } from "./reading.ts";
import { severityOf, windowOf } from "./window.ts";

const OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier";
/** Dimensions a log alert may be split by that name who did it. */
const SUSPECT_DIMENSIONS = new Set([
  "serviceprincipalid",
  "principalid",
  "objectid",
  "oid",
  "appid",
  "clientid",
  "caller",
  "callerobjectid",
  "userid",
  "aaduserid",
  "userprincipalname",
  "identity",
  "initiatedby",
  "applicationid",
]);

/** Azure Monitor's common alert schema: activity log alerts name a caller; log alerts name what they are split by. */
export const azureMonitorAlert: AlertKind = {
  name: "azure-monitor-alert",
  knownBy: 'schemaId "azureMonitorCommonAlertSchema"',
  recognises: (body) => body.at("schemaId").text() === "azureMonitorCommonAlertSchema",

  read(body, now) {
    const essentials = body.at("data", "essentials");
    const context = body.at("data", "alertContext");
    if (essentials.at("monitorCondition").text()?.toLowerCase() === "resolved") {
      return refuse("RESOLVED_ALERT", "Nothing is wrong any more.");
    }
    const id = essentials.at("alertId").text() ?? essentials.at("originAlertId").text();
    if (id === null || id === "") return refuse("MALFORMED", "The alert has no alertId.");
    const subjects = distinct([...callerOf(context), ...dimensionsOf(context)]);
    if (subjects.length === 0 && isTest(essentials, context)) {
      return refuse("TEST_NOTIFICATION", "It is a test of the action group; nothing happened.");
    }
    const resourceIds = essentials
      .at("alertTargetIDs")
      .items()
      .map((it) => resourceIdOf(it.text()))
      .filter((it) => it !== null);
    return {
      kind: "cases",
      intakes: [
        {
          trigger: "azure-monitor-alert",
          // Fired anew it is the same alert id with another firing time: another case.
          deliveredAs: `azure-monitor ${id.toLowerCase()} ${essentials.at("firedDateTime").text() ?? ""}`,
          title: essentials.at("alertRule").text() ?? "(no title)",
          severity: severityOf(essentials.at("severity")),
          subjects,
          resourceIds,
          keyIds: [],
          addresses: addressesOf(context),
          window: windowOf(
            context.at("condition", "windowStartTime"),
            context.at("condition", "windowEndTime"),
            essentials.at("firedDateTime"),
            now,
          ),
          incident: null,
          unread: [],
        },
      ],
    };
  },
};

/** For a service principal `caller` is its object id; claims are JSON in a string. */
function callerOf(context: Reading): Subject[] {
  const claims = context.at("claims");
  const guids = [context.at("caller"), claims.at(OBJECT_ID), claims.at("oid"), claims.at("appid")].flatMap(
    (it) => {
      const value = guidOf(it.text());
      return value === null
        ? []
        : [{ kind: "guid" as const, value, seenAt: it.path, role: "suspect" as const }];
    },
  );
  const caller = context.at("caller");
  const upn = upnOf(caller.text());
  return upn === null ? guids : [...guids, { kind: "upn", value: upn, seenAt: caller.path, role: "suspect" }];
}

function dimensionsOf(context: Reading): Subject[] {
  return context
    .at("condition", "allOf")
    .items()
    .flatMap((condition) => condition.at("dimensions").items())
    .flatMap((dimension): Subject[] => {
      const name = keyForm(dimension.at("name").text() ?? "");
      const member = dimension.at("value");
      const text = member.text();
      const claim = { seenAt: member.path, role: "suspect" as const };
      const resourceId = resourceIdOf(text);
      if (name === "resourceid" && resourceId !== null) return [{ kind: "resource", resourceId, ...claim }];
      if (!SUSPECT_DIMENSIONS.has(name)) return [];
      const guid = guidOf(text);
      if (guid !== null) return [{ kind: "guid", value: guid, ...claim }];
      const upn = upnOf(text);
      return upn === null ? [] : [{ kind: "upn", value: upn, ...claim }];
    });
}

function addressesOf(context: Reading): string[] {
  const found = [context.at("claims", "ipaddr"), context.at("httpRequest", "clientIpAddress")];
  return [...new Set(found.flatMap((it) => it.text() ?? []).filter((it) => it !== ""))];
}

/** The portal's test sends empty claims and a made-up target. */
function isTest(essentials: Reading, context: Reading): boolean {
  return (
    /^test[-_ ]/i.test(essentials.at("alertRule").text() ?? "") ||
    (context.at("claims").exists && context.at("claims").members().length === 0)
  );
}
