import { sideBySide } from "../azure/side-by-side.ts";
import type { Plan, PlannedStep } from "../case/plan.ts";
import type { Activity, Scope } from "../case/scope.ts";
import type { NewEntry } from "../record/entry.ts";
import { stepNamed } from "../steps/steps.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseRef, RequestsFound, Watched, WatchInput } from "./activities.ts";
import { BY_SYSTEM, entryIdOf, type StepState, stepStates } from "./journal.ts";
import { planFrom } from "./make-plan.ts";
import { existing, loadPlan } from "./stored-case.ts";
import { freshScope } from "./take-snapshot.ts";

const READS_AT_ONCE = 12;

/** What people asked of the case meanwhile. */
export async function lookForRequests(app: Tourniquet, { caseId }: CaseRef): Promise<RequestsFound> {
  const pending = await app.requests.pending(caseId);
  return {
    restore: pending.some(({ kind }) => kind === "restore"),
    close: pending.some(({ kind }) => kind === "close"),
  };
}

/** The attacker is back, or was never gone. */
type Finding =
  /** A cut that was confirmed does not hold any more. */
  | { readonly kind: "came-back"; readonly step: PlannedStep }
  /** Something to cut that was not there before. */
  | { readonly kind: "new"; readonly step: PlannedStep }
  /** Somebody still tries a credential that was removed. Refused, but they are still there. */
  | { readonly kind: "revoked-credential-used"; readonly attempt: Activity };

/**
 * Looks once whether the containment still holds: the scope is read anew and planned from again, by the same rules;
 * what the new plan names and the old one did not, or had cut, is a finding.
 */
export async function watchOnce(app: Tourniquet, { caseId, since }: WatchInput): Promise<Watched> {
  const summary = await existing(app, caseId);
  if (summary.plan === null) return { findings: 0, toCut: 0, contain: false };
  const { digest } = summary.plan;
  const [before, scope, states] = await Promise.all([
    loadPlan(app, caseId, digest),
    freshScope(app, summary),
    stepStates(app.record(caseId), digest),
  ]);
  const now = await planFrom(app, summary, scope);
  const findings: readonly Finding[] = [
    ...(await returned(app, before, now, states.of)),
    ...triedAgain(scope, before, since),
  ];
  if (findings.length > 0) await record(app, summary, digest, findings);
  return {
    findings: findings.length,
    toCut: findings.filter(({ kind }) => kind !== "revoked-credential-used").length,
    contain: findings.some(
      (it) => it.kind !== "revoked-credential-used" && it.step.permission === "automatic",
    ),
  };
}

async function returned(
  app: Tourniquet,
  before: Plan,
  now: Plan,
  of: (stepId: string) => StepState,
): Promise<readonly Finding[]> {
  const known = new Set(before.waves.flatMap((wave) => wave.steps).map(({ id }) => id));
  const steps = now.waves.flatMap((wave) => wave.steps);
  const looked = await sideBySide(steps, READS_AT_ONCE, async (step): Promise<Finding | null> => {
    if (!known.has(step.id)) return { kind: "new", step };
    // A gap is reported as a gap; it did not come back.
    if (of(step.id).confirmed !== "confirmed") return null;
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

function triedAgain(scope: Scope, before: Plan, since: string): readonly Finding[] {
  const removed = new Set(
    before.waves
      .flatMap((wave) => wave.steps)
      .filter(({ kind }) => REMOVALS.has(kind))
      .map(({ target }) => target["keyId"]),
  );
  return scope.activity
    .filter((it) => it.at > since && it.credentialKeyId !== null && removed.has(it.credentialKeyId))
    .map((attempt) => ({ kind: "revoked-credential-used", attempt }));
}

async function record(
  app: Tourniquet,
  { caseId }: CaseSummary,
  planDigest: string,
  findings: readonly Finding[],
): Promise<void> {
  const at = app.now().toISOString();
  const entries = findings.map((finding): NewEntry => {
    const about = finding.kind === "revoked-credential-used" ? finding.attempt : finding.step;
    const id =
      finding.kind === "revoked-credential-used"
        ? entryIdOf(caseId, finding.kind, finding.attempt.at, finding.attempt.tokenId ?? "")
        : entryIdOf(caseId, planDigest, finding.kind, finding.step.id);
    return {
      id,
      type: "watch-finding",
      actor: { ...BY_SYSTEM("watch"), identity: { name: "reader" } },
      data: {
        findingId: id,
        kind: finding.kind,
        target: finding.kind === "revoked-credential-used" ? { ...finding.attempt } : finding.step.target,
        title: "title" in about ? about.title : about.operation,
        evidence: [{ service: "graph", operation: "watch", at }],
      },
    };
  });
  await app.record(caseId).append(entries, { withCheckpoint: true });
}
