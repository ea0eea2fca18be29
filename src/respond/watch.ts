import { sideBySide } from "../azure/side-by-side.ts";
import type { Plan, PlannedStep } from "../case/plan.ts";
import type { Activity } from "../case/activity.ts";
import type { Scope } from "../case/scope.ts";
import type { NewEntry } from "../record/entry.ts";
import { stepNamed } from "../steps/steps.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseRef, RequestsFound, Watched, WatchInput } from "./activities.ts";
import { type CaseStanding, caseStanding, type CaseStep, stepsOfCase } from "./case-standing.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import { planFrom } from "./make-plan.ts";
import { existing } from "./stored-case.ts";
import { freshScope } from "./take-snapshot.ts";

const READS_AT_ONCE = 12;

/** What people asked of the case meanwhile. */
export async function lookForRequests(app: Tourniquet, { caseId }: CaseRef): Promise<RequestsFound> {
  const pending = await app.requests.pending(caseId);
  return {
    restore: pending.some(({ kind }) => kind === "restore"),
    closeId: pending.find(({ kind }) => kind === "close")?.id ?? null,
  };
}

/** The attacker is back, or was never gone. */
type Finding =
  /** A cut that was confirmed does not hold any more. */
  | { readonly kind: "came-back"; readonly step: PlannedStep }
  /** Something to cut that was not there before. */
  | { readonly kind: "new"; readonly step: PlannedStep }
  /** What is offered in place of a step of ours that came to nothing: to be decided, but nobody's return. */
  | { readonly kind: "offered"; readonly step: PlannedStep }
  /** Somebody still tries a credential that was removed. Refused, but they are still there. */
  | { readonly kind: "revoked-credential-used"; readonly attempt: Activity };

/** Logs come minutes to an hour late: what happened before the last look may only show now. */
const INGESTION_IN_MS = 2 * 3_600_000;

/**
 * Looks once whether the containment still holds: the scope is read anew and planned from again, by the same rules;
 * what the new plan names and no plan before it did, or had cut, is a finding. What somebody asked to have back is none.
 */
export async function watchOnce(app: Tourniquet, { caseId, since }: WatchInput): Promise<Watched> {
  const summary = await existing(app, caseId);
  if (summary.plan === null) return { findings: 0, contain: false };
  const [scope, standing] = await Promise.all([freshScope(app, summary), caseStanding(app.record(caseId))]);
  const [now, before] = await Promise.all([
    planFrom(app, summary, scope),
    stepsOfCase(app, caseId, standing),
  ]);
  const cuts = await returned(app, before.steps, now, standing);
  const from = new Date(Date.parse(since) - INGESTION_IN_MS).toISOString();
  const findings = [
    ...cuts.filter(({ kind }) => kind !== "offered"),
    ...triedAgain(scope, before.steps, standing, from),
  ];
  const news = await record(app, summary, findings);
  return {
    findings: news,
    contain: cuts.some((it) => it.kind !== "revoked-credential-used" && it.step.permission !== "off"),
  };
}

async function returned(
  app: Tourniquet,
  before: readonly CaseStep[],
  now: Plan,
  standing: CaseStanding,
): Promise<readonly Finding[]> {
  const known = new Set(before.map(({ step }) => step.id));
  const steps = now.waves.flatMap((wave) => wave.steps).filter(({ permission }) => permission !== "off");
  const looked = await sideBySide(steps, READS_AT_ONCE, async (step): Promise<Finding | null> => {
    const { confirmed, restored } = standing.of(step.id);
    if (!known.has(step.id)) return { kind: step.offered === true ? "offered" : "new", step };
    // A gap is reported as a gap; it did not come back. What was declined stays declined.
    if (confirmed !== "confirmed" || restored) return null;
    const confirmation = await stepNamed(step.kind)
      .bind(step.target, step.before)
      .verify({ azure: app.reader, stepId: step.id });
    return confirmation.kind === "not-yet" ? { kind: "came-back", step } : null;
  });
  return looked.filter((it) => it !== null);
}

const REMOVALS = new Set([
  "remove-application-password",
  "remove-application-certificate",
  "remove-service-principal-password",
  "remove-service-principal-certificate",
]);

function triedAgain(
  scope: Scope,
  before: readonly CaseStep[],
  standing: CaseStanding,
  from: string,
): readonly Finding[] {
  const removed = new Map(
    before
      .filter(({ step }) => REMOVALS.has(step.kind) && standing.of(step.id).confirmed === "confirmed")
      .map(({ step }) => [step.target["keyId"], standing.of(step.id).performedAt]),
  );
  const attempts = scope.activity.filter(({ at, credentialKeyId }) => {
    if (credentialKeyId === null || at <= from) return false;
    const removedAt = removed.get(credentialKeyId);
    return removedAt != null && at > removedAt;
  });
  // One finding a credential and look: whoever tries every second must not fill the record.
  return [...Map.groupBy(attempts, ({ credentialKeyId }) => credentialKeyId).values()].flatMap((tries) => {
    const attempt = tries.toSorted((a, b) => (a.at < b.at ? 1 : -1))[0];
    return attempt === undefined ? [] : [{ kind: "revoked-credential-used", attempt }];
  });
}

/** Records what was not recorded before; says how many that were. */
async function record(
  app: Tourniquet,
  { caseId, plans }: CaseSummary,
  findings: readonly Finding[],
): Promise<number> {
  if (findings.length === 0) return 0;
  const at = app.now().toISOString();
  const entries = findings.map((finding): NewEntry => {
    const about = finding.kind === "revoked-credential-used" ? finding.attempt : finding.step;
    const id =
      finding.kind === "revoked-credential-used"
        ? entryIdOf(caseId, finding.kind, finding.attempt.credentialKeyId ?? "", finding.attempt.at)
        : entryIdOf(caseId, plans, finding.kind, finding.step.id);
    return {
      id,
      type: "watch-finding",
      actor: { ...BY_SYSTEM("watch"), identity: { name: "reader" } },
      data: {
        findingId: id,
        kind: finding.kind,
        target: finding.kind === "revoked-credential-used" ? { ...finding.attempt } : finding.step.target,
        ...(finding.kind === "came-back" ? { stepId: finding.step.id } : {}),
        title: "title" in about ? about.title : about.operation,
        evidence: [{ service: "graph", operation: "watch", at }],
      },
    };
  });
  const appended = await app.record(caseId).append(entries);
  return appended.entries.filter(({ added }) => added).length;
}
