import type { Subject } from "../case/subject.ts";
import { guidOf } from "./guid.ts";
import type { Intake } from "./intake.ts";

/** A place where a scanner saw a credential. The value is read once, for its hint, and goes no further. */
export interface LeakFinding {
  readonly scanner: "github-secret-scanning" | "gitleaks" | "trufflehog";
  /** Where: repository, commit, file and line; never the matched text. */
  readonly foundIn: string;
  /** What was found lying near: its app ids are candidates for whose it is. */
  readonly context: readonly string[];
  /** The credential as found. */
  readonly value: string | null;
  readonly at: string | null;
}

/** Entra shows the first three characters of a secret, and so may we. */
const HINT_LENGTH = 3;
/** What Entra's generated secrets look like: three characters, a version digit, `Q~`, and the rest. */
const ENTRA_SECRET = /[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}/;

/** The hint of a credential, or null where it does not look like an Entra secret: three characters of anything else match nothing. */
export function hintOf(value: string | null): string | null {
  const secret = ENTRA_SECRET.exec(value ?? "")?.[0];
  return secret === undefined ? null : secret.slice(0, HINT_LENGTH);
}

/** One intake per exposed principal: findings that name the same app id are one, and one without any stands alone. */
export function intakesOf(findings: readonly LeakFinding[], now: Date): readonly Intake[] {
  const groups = new Map<string, { readonly appId: string | null; readonly findings: LeakFinding[] }>();
  for (const finding of findings) {
    const appIds = appIdsIn(finding);
    // Several ids near one secret: which is the app's own is for resolving to say, so each is a claim of its own case.
    for (const appId of appIds.length === 0 ? [null] : appIds) {
      const key = appId ?? `${finding.foundIn} ${hintOf(finding.value) ?? ""}`;
      const group = groups.get(key) ?? { appId, findings: [] };
      group.findings.push(finding);
      groups.set(key, group);
    }
  }
  return [...groups].map(([key, { appId, findings: own }]) => intakeOf(key, appId, own, now));
}

function intakeOf(key: string, appId: string | null, findings: readonly LeakFinding[], now: Date): Intake {
  const [first] = findings;
  const times = findings
    .flatMap(({ at }) => (at === null || Number.isNaN(Date.parse(at)) ? [] : [at]))
    .toSorted();
  const from = times[0] ?? now.toISOString();
  return {
    trigger: first?.scanner ?? "leaked-credential",
    deliveredAs: `leaked-credential ${key.toLowerCase()} ${[...new Set(findings.map(({ foundIn }) => foundIn))].toSorted().join(" ")}`,
    title: `A credential${appId === null ? "" : ` of application ${appId}`} was found in ${first?.foundIn ?? "a repository"}`,
    severity: "high",
    subjects: subjectsOf(appId, findings),
    resourceIds: [],
    keyIds: [],
    addresses: [],
    // What is out in the open may have been used ever since.
    window: { from: new Date(Date.parse(from)).toISOString(), to: now.toISOString() },
    incident: null,
    unread: [],
  };
}

function subjectsOf(appId: string | null, findings: readonly LeakFinding[]): readonly Subject[] {
  const byHint = new Map(findings.map((finding) => [hintOf(finding.value), finding]));
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

function appIdsIn({ context }: LeakFinding): string[] {
  const found = context.flatMap((text) => text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi) ?? []);
  return [...new Set(found.flatMap((it) => guidOf(it) ?? []))];
}
