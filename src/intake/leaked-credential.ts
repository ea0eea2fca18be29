import type { Subject } from "../case/subject.ts";
import { refuse } from "./alert.ts";
import { MOST_CASES } from "./batch.ts";
import { NO_CLAIMS } from "./claims.ts";
import { guidOf } from "./guid.ts";
import type { Intake, IntakeResult } from "./intake.ts";
import { newIntake } from "./new-intake.ts";
import type { Reading } from "./reading.ts";
import { momentOf, spanOf } from "./window.ts";

/** A place where a scanner saw a credential. The value is read once, for its hint, and goes no further. */
export interface LeakFinding {
  /** Where: repository, commit, file and line. */
  readonly place: readonly (string | null)[];
  /** What was found lying near: its app ids are candidates for whose it is. */
  readonly near: readonly (string | null)[];
  /** The credential as found. */
  readonly value: string | null;
  readonly at: string | null;
}

/** What of a finding may be kept. */
interface SafeFinding {
  readonly foundIn: string;
  readonly appId: string | null;
  readonly hint: string | null;
  readonly at: number | null;
  readonly unread: readonly string[];
}

/** Entra shows the first three characters of a secret, and so may we. */
const HINT_LENGTH = 3;
/** What Entra's generated secrets look like: three characters, a version digit, `Q~`, and the rest. */
const ENTRA_SECRET = /[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}/;
const LONGEST_PLACE = 300;

/** Whether a text holds what Entra generates as a client secret. */
export function holdsEntraSecret(text: string | null): boolean {
  return ENTRA_SECRET.test(text ?? "");
}

/**
 * One intake for each exposed principal of a report: findings that name the same app id are one, and one without any
 * stands alone. `findingOf` gives a finding, or why the item is none of ours, which is said in the first intake.
 */
export function readFindings(
  items: readonly Reading[],
  scanner: string,
  findingOf: (item: Reading) => LeakFinding | string,
  now: Date,
): IntakeResult {
  const groups = new Map<string, SafeFinding[]>();
  const skipped = new Map<string, number>();
  for (const item of items) {
    const finding = findingOf(item);
    if (typeof finding === "string") {
      skipped.set(finding, (skipped.get(finding) ?? 0) + 1);
      continue;
    }
    const safe = withoutValue(finding);
    const key = safe.appId ?? `${safe.foundIn} ${safe.hint ?? ""}`;
    groups.set(key, [...(groups.get(key) ?? []), safe]);
  }
  const reasons = [...skipped]
    .slice(0, 20)
    .map(([why, count]) => (count === 1 ? why : `${why} (${count} times)`));
  const [first, ...rest] = [...groups.values()].map((findings) => intakeOf(scanner, findings, now));
  if (first === undefined) {
    return refuse("NO_SUBJECT", reasons.length === 0 ? "There are no findings." : reasons.join("; "));
  }
  if (rest.length >= MOST_CASES) {
    return refuse(
      "TOO_MANY_CASES",
      `The report exposes more than ${MOST_CASES} principals: send parts of it.`,
    );
  }
  return { kind: "cases", intakes: [{ ...first, unread: [...first.unread, ...reasons] }, ...rest] };
}

function intakeOf(scanner: string, findings: readonly SafeFinding[], now: Date): Intake {
  const places = [...new Set(findings.map(({ foundIn }) => foundIn))].toSorted();
  const appId = findings[0]?.appId ?? null;
  const times = findings.flatMap(({ at }) => at ?? []);
  const started = times.length === 0 ? now.getTime() : Math.min(...times);
  return newIntake({
    trigger: scanner,
    knownAs: ["leaked-credential", appId, ...hintsOf(findings), ...places],
    title: `A credential${appId === null ? "" : ` of application ${appId}`} was found in ${places[0] ?? "a repository"}`,
    severity: "high",
    claims: {
      ...NO_CLAIMS,
      subjects: subjectsOf(appId, findings),
      unread: findings.flatMap(({ unread }) => unread),
    },
    // What is out in the open may have been used ever since.
    window: spanOf(Math.min(started, now.getTime()), now.getTime()),
  });
}

function hintsOf(findings: readonly SafeFinding[]): readonly string[] {
  return [...new Set(findings.flatMap(({ hint }) => hint ?? []))].toSorted();
}

function subjectsOf(appId: string | null, findings: readonly SafeFinding[]): readonly Subject[] {
  const byHint = new Map<string | null, SafeFinding>();
  for (const finding of findings) if (!byHint.has(finding.hint)) byHint.set(finding.hint, finding);
  // A finding that shows no secret adds nothing to one that does.
  if (byHint.size > 1) byHint.delete(null);
  return [...byHint].map(([hint, { foundIn }]) => ({
    kind: "leaked-credential",
    appId,
    keyId: null,
    hint,
    foundIn,
    seenAt: foundIn,
    role: "suspect",
  }));
}

function withoutValue({ place, near, value, at }: LeakFinding): SafeFinding {
  const foundIn = placeOf(place, value);
  const secret = [value, ...near]
    .map((text) => ENTRA_SECRET.exec(text ?? "")?.[0])
    .find((it) => it !== undefined);
  const whose = appIdNear(near);
  return {
    foundIn,
    appId: whose.appId,
    hint: secret === undefined ? null : secret.slice(0, HINT_LENGTH),
    at: momentOf(at),
    unread: whose.several
      ? [`${foundIn}: several GUIDs stand near the secret and none is called a client id`]
      : [],
  };
}

/** Where it was found, without what must not be kept: user names and passwords in URLs, queries, the secret itself. */
function placeOf(parts: readonly (string | null)[], value: string | null): string {
  let place = parts
    .filter((part) => part !== null && part !== "")
    .join(":")
    .replaceAll(/\/\/[^/@\s]*@/g, "//")
    .replaceAll(/\?[^\s:]*/g, "");
  if (value !== null && value.length >= HINT_LENGTH) place = place.replaceAll(value, "[dropped]");
  place = place
    .replaceAll(new RegExp(ENTRA_SECRET, "g"), "[dropped]")
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return place === "" ? "an unnamed place" : place.slice(0, LONGEST_PLACE);
}

const GUIDS = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const MOST_GUIDS = 1_000;
/** What a GUID is called stands right before it: `"clientId": "…`, `AZURE_CLIENT_ID=…`. */
const LABEL = /([a-z][a-z_.-]*)["'\s]{0,4}[:=]?["'\s]{0,4}$/i;
const LABEL_WITHIN = 50;
const CLIENT = /client|app(?:lication)?[_.-]?id|^app$|principal|username/i;
const OTHER = /tenant|subscription|directory|object|key[_.-]?id|resource|authority|issuer/i;

/**
 * The app id that stands near a secret: one that is called a client id, or the only GUID that is not called something
 * else. Of several nobody can tell which it is, and a bystander's must not be taken for it.
 */
function appIdNear(near: readonly (string | null)[]): {
  readonly appId: string | null;
  readonly several: boolean;
} {
  const called = new Set<string>();
  const bare = new Set<string>();
  for (const text of near) {
    for (const match of [...(text ?? "").matchAll(GUIDS)].slice(0, MOST_GUIDS)) {
      const guid = guidOf(match[0]);
      const before = match.input.slice(Math.max(0, match.index - LABEL_WITHIN), match.index);
      const label = LABEL.exec(before)?.[1] ?? "";
      if (guid === null || OTHER.test(label)) continue;
      (CLIENT.test(label) ? called : bare).add(guid);
    }
  }
  const candidates = called.size > 0 ? called : bare;
  const [only = null] = candidates;
  return { appId: candidates.size === 1 ? only : null, several: candidates.size > 1 };
}
