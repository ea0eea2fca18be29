import { type AlertKind, refuse } from "./alert.ts";
import { readEach } from "./batch.ts";
import { together } from "./claims.ts";
import { evidenceClaims } from "./graph-evidence.ts";
import type { IntakeResult } from "./intake.ts";
import { newIntake } from "./new-intake.ts";
import type { Reading } from "./reading.ts";
import { isSample } from "./sample-alert.ts";
import { severityOf, windowOf } from "./window.ts";

/** A Defender XDR alert as Microsoft Graph's `security/alerts_v2` gives it, a page of them, or an incident with its alerts. */
export const graphSecurityAlert: AlertKind = {
  name: "graph-security-alert",
  knownBy: "evidence and serviceSource, in the body, in value, or in an incident's alerts",
  recognises: (body) => itemsIn(body).some((it) => alertsOf(it).length > 0),
  read: (body, now) =>
    readEach(itemsIn(body), (it) => readItem(it, now), "Nothing in the body is a Defender XDR alert."),
};

function itemsIn(body: Reading): readonly Reading[] {
  return body.at("value").exists ? body.at("value").items() : body.items();
}

/** An incident's alerts, or the alert itself. */
function alertsOf(item: Reading): readonly Reading[] {
  const alerts = item.at("alerts").exists ? item.at("alerts").items() : [item];
  return alerts.filter((it) => it.at("evidence").exists && it.at("serviceSource").exists);
}

function readItem(item: Reading, now: Date): IntakeResult {
  const alerts = alertsOf(item);
  const id = item.at("id").text();
  if (alerts.length === 0) return refuse("NOT_AN_ALERT", "It has no evidence or no serviceSource.");
  if (id === null) return refuse("MALFORMED", "The alert has no id.");
  if (isOver(item)) return refuse("RESOLVED_ALERT", "It is resolved, or was found to be no attack.");
  const open = alerts.filter((it) => !isOver(it));
  if (open.length === 0) return refuse("RESOLVED_ALERT", "All of its alerts are resolved.");
  const real = open.filter((it) => !isSample([it.at("title").text()]));
  const title = item.at("title").text() ?? item.at("displayName").text() ?? "(no title)";
  const [first, ...others] = real;
  if (first === undefined || isSample([title])) {
    return refuse("SAMPLE_ALERT", "It is a sample alert; nothing happened.");
  }
  const intake = newIntake({
    trigger: "graph-security-alert",
    knownAs: ["graph-security", id],
    title,
    severity: severityOf(item.at("severity")),
    claims: together(real.flatMap((it) => it.at("evidence").items()).map(evidenceClaims)),
    window: windowOf(
      earliest([first, ...others], "firstActivityDateTime"),
      latest([first, ...others], "lastActivityDateTime"),
      first.at("createdDateTime"),
      now,
    ),
  });
  return { kind: "cases", intakes: [intake] };
}

function isOver(item: Reading): boolean {
  const classification = item.at("classification").text()?.toLowerCase();
  return (
    item.at("status").text()?.toLowerCase() === "resolved" ||
    classification === "falsepositive" ||
    classification === "informationalexpectedactivity"
  );
}

/** Times of one form sort as text. Of nothing it is the first alert's, which then says nothing. */
function earliest(alerts: readonly [Reading, ...Reading[]], key: string): Reading {
  return sorted(alerts, key).at(0) ?? alerts[0].at(key);
}

function latest(alerts: readonly [Reading, ...Reading[]], key: string): Reading {
  return sorted(alerts, key).at(-1) ?? alerts[0].at(key);
}

function sorted(alerts: readonly Reading[], key: string): readonly Reading[] {
  return alerts
    .map((it) => it.at(key))
    .filter((it) => it.text() !== null)
    .toSorted((a, b) => byText(a.text() ?? "", b.text() ?? ""));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
