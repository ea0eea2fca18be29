import { type AlertKind, refuse } from "./alert.ts";
import { intakesOf, type LeakFinding } from "./leaked-credential.ts";
import type { Reading } from "./reading.ts";

/** A gitleaks JSON report: an array of findings. */
export const gitleaks: AlertKind = {
  name: "gitleaks",
  knownBy: "an array of findings with RuleID, File and Secret",
  recognises: (body) => body.items().some((it) => it.at("RuleID").exists && it.at("File").exists),

  read(body, now) {
    const findings = body
      .items()
      .filter((it) => it.at("RuleID").exists)
      .map(findingOf);
    const [first, ...rest] = intakesOf(findings, now);
    return first === undefined
      ? refuse("NO_SUBJECT", "The report has no findings.")
      : { kind: "cases", intakes: [first, ...rest] };
  },
};

function findingOf(it: Reading): LeakFinding {
  const place = [it.at("File").text(), it.at("StartLine").text(), it.at("Commit").text()?.slice(0, 12)];
  return {
    scanner: "gitleaks",
    foundIn: place.filter((part) => part != null && part !== "").join(":"),
    context: [it.at("Match").text() ?? "", it.at("Line").text() ?? "", it.at("Message").text() ?? ""],
    value: it.at("Secret").text() ?? it.at("Match").text(),
    at: it.at("Date").text(),
  };
}
