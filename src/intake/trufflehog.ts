import { type AlertKind, refuse } from "./alert.ts";
import { intakesOf, type LeakFinding } from "./leaked-credential.ts";
import type { Reading } from "./reading.ts";

/** TruffleHog's JSON findings: one, an array, or (as its command line prints) one a line. */
export const trufflehog: AlertKind = {
  name: "trufflehog",
  knownBy: "DetectorName and SourceMetadata",
  recognises: (body) =>
    body.items().some((it) => it.at("DetectorName").exists && it.at("SourceMetadata").exists),

  read(body, now) {
    const findings = body
      .items()
      .filter((it) => /azure|entra|microsoft/i.test(it.at("DetectorName").text() ?? ""))
      .map(findingOf);
    const [first, ...rest] = intakesOf(findings, now);
    return first === undefined
      ? refuse("NO_SUBJECT", "None of the findings signs in to Entra.")
      : { kind: "cases", intakes: [first, ...rest] };
  },
};

function findingOf(it: Reading): LeakFinding {
  const [source] = it.at("SourceMetadata", "Data").members();
  const data = source?.[1];
  const place = ["repository", "file", "line", "commit"].map((key) => data?.at(key).text() ?? null);
  const extra = it
    .at("ExtraData")
    .members()
    .map(([, value]) => value.text() ?? "");
  return {
    scanner: "trufflehog",
    foundIn:
      place.filter((part) => part !== null && part !== "").join(":") ||
      (it.at("SourceName").text() ?? "unknown"),
    context: [it.at("Raw").text() ?? "", it.at("RawV2").text() ?? "", ...extra],
    value: it.at("Raw").text() ?? it.at("RawV2").text(),
    at: data?.at("timestamp").text() ?? null,
  };
}
