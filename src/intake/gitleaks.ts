import type { AlertKind } from "./alert.ts";
import { holdsEntraSecret, type LeakFinding, readFindings } from "./leaked-credential.ts";
import type { Reading } from "./reading.ts";

/** Rules, gitleaks' own and ones people write, that look for what signs in to Entra. */
const ENTRA_RULES = /azure|entra|aad|microsoft/i;

/** A gitleaks JSON report: an array of findings. */
export const gitleaks: AlertKind = {
  name: "gitleaks",
  knownBy: "an array of findings with RuleID and File",
  recognises: (body) => body.items().some((it) => it.at("RuleID").exists && it.at("File").exists),
  read: (body, now) => readFindings(body.items(), "gitleaks", findingOf, now),
};

function findingOf(it: Reading): LeakFinding | string {
  const rule = it.at("RuleID").text() ?? "no rule";
  const [secret, match] = [it.at("Secret").text(), it.at("Match").text()];
  // General rules find Entra's secrets, too: their form gives them away.
  if (!ENTRA_RULES.test(rule) && !holdsEntraSecret(secret) && !holdsEntraSecret(match)) {
    return `${rule.slice(0, 80)}: does not sign in to Entra`;
  }
  return {
    place: [it.at("File").text(), it.at("StartLine").text(), it.at("Commit").text()?.slice(0, 12) ?? null],
    near: [match, it.at("Line").text()],
    value: secret ?? match,
    at: it.at("Date").text(),
  };
}
