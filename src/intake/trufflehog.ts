import type { AlertKind } from "./alert.ts";
import { holdsEntraSecret, type LeakFinding, readFindings } from "./leaked-credential.ts";
import type { Reading } from "./reading.ts";

const ENTRA_DETECTORS = /azure|entra|microsoft/i;
/** Azure's other credentials: keys of one resource, which are nobody's sign-in. */
const NOT_ENTRA = /storage|openai|cosmos|search|batch|container|devops|function|sas|cache|management/i;

/** TruffleHog's JSON findings: one, an array, or (as its command line prints) one a line. */
export const trufflehog: AlertKind = {
  name: "trufflehog",
  knownBy: "DetectorName and SourceMetadata",
  recognises: (body) =>
    body.items().some((it) => it.at("DetectorName").exists && it.at("SourceMetadata").exists),
  read: (body, now) => readFindings(body.items(), "trufflehog", findingOf, now),
};

function findingOf(it: Reading): LeakFinding | string {
  const detector = it.at("DetectorName").text() ?? "no detector";
  const [raw, both] = [it.at("Raw").text(), it.at("RawV2").text()];
  const isEntras = ENTRA_DETECTORS.test(detector) && !NOT_ENTRA.test(detector);
  if (!isEntras && !holdsEntraSecret(raw) && !holdsEntraSecret(both)) {
    return `${detector.slice(0, 80)}: does not sign in to Entra`;
  }
  const [, source] = it.at("SourceMetadata", "Data").members()[0] ?? [];
  const extra = it.at("ExtraData").members();
  const place = ["repository", "file", "line", "commit", "link"]
    .map((key) => source?.at(key).text() ?? null)
    .filter((part) => part !== null);
  return {
    // A link says it all again.
    place: place.length > 0 ? place.slice(0, 4) : [it.at("SourceName").text()],
    near: [raw, both, ...extra.map(([key, value]) => `${key}=${value.text() ?? ""}`)],
    value: raw ?? both,
    at: source?.at("timestamp").text() ?? null,
  };
}
