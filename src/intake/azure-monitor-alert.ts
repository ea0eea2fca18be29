import type { Subject } from "../case/subject.ts";
import { type AlertKind, refuse } from "./alert.ts";
import {
  addressesOf,
  type Claims,
  guidClaim,
  NO_CLAIMS,
  resourceClaims,
  together,
  upnClaim,
} from "./claims.ts";
import { upnOf } from "./guid.ts";
import { newIntake } from "./new-intake.ts";
import { keyForm, type Reading } from "./reading.ts";
import { momentOf, severityOf, windowOf } from "./window.ts";

const OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
/** Dimensions a log alert may be split by that name who did it. */
const SUSPECT_DIMENSIONS = new Set([
  "serviceprincipalid",
  "serviceprincipalobjectid",
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
const ADDRESS_DIMENSIONS = new Set(["ipaddress", "calleripaddress", "callerip", "clientip"]);

/** Azure Monitor's common alert schema: activity log alerts name a caller; log alerts name what they are split by. */
export const azureMonitorAlert: AlertKind = {
  name: "azure-monitor-alert",
  knownBy: 'schemaId "azureMonitorCommonAlertSchema"',
  recognises: (body) => body.at("schemaId").text()?.toLowerCase() === "azuremonitorcommonalertschema",

  read(body, now) {
    const essentials = body.at("data", "essentials");
    const context = body.at("data", "alertContext");
    if (essentials.at("monitorCondition").text()?.toLowerCase() === "resolved") {
      return refuse("RESOLVED_ALERT", "Nothing is wrong any more.");
    }
    const id = essentials.at("alertId").text() ?? essentials.at("originAlertId").text();
    if (id === null) return refuse("MALFORMED", "The alert has no alertId.");
    const named = together([callerOf(context), dimensionsOf(context)]);
    if (named.subjects.length === 0 && isTest(essentials, context)) {
      return refuse("TEST_NOTIFICATION", "It is a test of the action group; nothing happened.");
    }
    const targets = together(
      essentials
        .at("alertTargetIDs")
        .items()
        .map((it) => resourceClaims(it, "unsaid")),
    );
    const claims = withTargets(named, targets);
    if (claims.subjects.length === 0) return refuse("NO_SUBJECT", whyNobody(context));
    const fired = essentials.at("firedDateTime");
    const firedAt = momentOf(fired.text());
    const intake = newIntake({
      trigger: "azure-monitor-alert",
      // Fired anew it has the same id and another time: another case.
      knownAs: ["azure-monitor", id, firedAt === null ? null : new Date(firedAt).toISOString()],
      title: essentials.at("alertRule").text() ?? "(no title)",
      severity: severityOf(essentials.at("severity")),
      claims,
      window: windowOf(
        context.at("condition", "windowStartTime"),
        context.at("condition", "windowEndTime"),
        fired,
        now,
      ),
    });
    return { kind: "cases", intakes: [intake] };
  },
};

/**
 * What an alert fired on is what something was done to. It only says who may have done it where nothing else does; and
 * a workspace that a query ran in, or a whole subscription, never does.
 */
function withTargets(named: Claims, targets: Claims): Claims {
  const telling = targets.subjects.filter(
    (it) =>
      it.kind === "resource" && /\/providers\/(?!microsoft\.operationalinsights\/)/i.test(it.resourceId),
  );
  const subjects = named.subjects.length > 0 ? named.subjects : telling;
  return { ...together([named, targets]), subjects };
}

/** For a service principal `caller` is its object id; claims are JSON in a string. */
function callerOf(context: Reading): Claims {
  const claims = context.at("claims");
  const upns = [context.at("caller"), claims.at(UPN), claims.at("upn")];
  const isUser =
    upns.some((it) => upnOf(it.text()) !== null) || claims.at("idtyp").text()?.toLowerCase() === "user";
  // A user's app id is the program they worked with (a portal, a command line), which is not to be cut for it.
  const ids = [context.at("caller"), claims.at(OBJECT_ID), claims.at("oid")];
  if (!isUser) ids.push(claims.at("appid"), claims.at("azp"));
  const subjects: readonly Subject[] = [
    ...ids.flatMap((it) => guidClaim(it, "suspect")),
    ...upns.flatMap((it) => upnClaim(it, "suspect")),
  ];
  const addresses = addressesOf([claims.at("ipaddr"), context.at("httpRequest", "clientIpAddress")]);
  return together([{ ...NO_CLAIMS, subjects, addresses }]);
}

function dimensions(context: Reading): readonly Reading[] {
  return context
    .at("condition", "allOf")
    .items()
    .flatMap((condition) => condition.at("dimensions").items());
}

function dimensionsOf(context: Reading): Claims {
  return together(
    dimensions(context).map((dimension): Claims => {
      const name = keyForm(dimension.at("name").text() ?? "");
      const value = dimension.at("value");
      if (name === "resourceid") return resourceClaims(value, "unsaid");
      if (ADDRESS_DIMENSIONS.has(name)) return { ...NO_CLAIMS, addresses: addressesOf([value]) };
      if (!SUSPECT_DIMENSIONS.has(name)) return NO_CLAIMS;
      const subjects = [...guidClaim(value, "suspect"), ...upnClaim(value, "suspect")];
      const unread = subjects.length > 0 ? [] : [`${value.path}: neither a GUID nor a UPN`];
      return { ...NO_CLAIMS, subjects, unread };
    }),
  );
}

function whyNobody(context: Reading): string {
  if (!context.at("condition").exists) return "The alert names no caller.";
  const names = dimensions(context).map((it) => (it.at("name").text() ?? "?").slice(0, 60));
  return (
    "A log alert does not carry its results. Split the rule by a column that names the principal " +
    `(ServicePrincipalId, AppId, UserId, Caller, …). It is split by: ${names.slice(0, 10).join(", ") || "nothing"}.`
  );
}

/** The portal's test sends empty claims and a made-up target. */
function isTest(essentials: Reading, context: Reading): boolean {
  return (
    /^test[-_ ]/i.test(essentials.at("alertRule").text() ?? "") ||
    (context.at("claims").exists && context.at("claims").members().length === 0)
  );
}
