import type { Plan, PlannedStep } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import { assemblePlan } from "../plan/assemble-plan.ts";
import { digestOf } from "../plan/digest.ts";
import type { Policy } from "../plan/policy.ts";
import { STEPS } from "../steps/steps.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseRef, Pace, Planned, StepSelection } from "./activities.ts";
import { type CaseStanding, caseStanding } from "./case-standing.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import { currentProtection } from "./protection.ts";
import { isPerformedHere, isSelected, mayRunUnanswered } from "./selection.ts";
import { existing, rulingFor } from "./stored-case.ts";
import { resourcesTagged } from "./tagged-resources.ts";

/** Plans from the stored scope, stores the plan under its digest and records it. */
export async function makePlan(app: Tourniquet, { caseId }: CaseRef): Promise<Planned> {
  const summary = await existing(app, caseId);
  if (summary.scope === null) throw new TypeError(`${caseId} has no scope to plan from`);
  const [plan, standing] = await Promise.all([
    app.documents.getJson<Scope>(caseId, summary.scope).then((scope) => planFrom(app, summary, scope)),
    caseStanding(app.record(caseId)),
  ]);
  return storePlan(app, summary, withoutWhatStands(plan, standing), standing);
}

/**
 * A later plan of a case names what is left: not what an earlier one cut and reads confirm, and as not to be done what
 * somebody asked to have back. Pure.
 */
export function withoutWhatStands(plan: Plan, standing: CaseStanding): Plan {
  return {
    ...plan,
    waves: plan.waves
      .map((wave) => ({
        ...wave,
        steps: wave.steps
          .filter(({ id }) => standing.of(id).confirmed !== "confirmed" || standing.of(id).restored)
          .map((step): PlannedStep =>
            standing.of(step.id).restored
              ? { ...step, permission: "off", guardrails: [...step.guardrails, "put back on request"] }
              : step,
          ),
      }))
      .filter(({ steps }) => steps.length > 0),
  };
}

/** What the plan would be for a scope, as policy, protection and other cases stand now. */
export async function planFrom(app: Tourniquet, summary: CaseSummary, scope: Scope): Promise<Plan> {
  const [protection, productionIds, principalsCutLately] = await Promise.all([
    currentProtection(app),
    resourcesTagged(app, "production"),
    principalsCutByOthers(app, summary),
  ]);
  return assemblePlan({
    scope,
    policy: app.policy,
    ruling: rulingFor(
      app,
      summary,
      scope.principals.map(({ principal }) => principal),
    ),
    mode: summary.mode,
    protection,
    productionIds,
    principalsCutLately,
    steps: STEPS,
  });
}

async function storePlan(
  app: Tourniquet,
  summary: CaseSummary,
  plan: Plan,
  standing: CaseStanding,
): Promise<Planned> {
  const { caseId } = summary;
  const digest = digestOf(plan);
  const document = await app.documents.putJson(caseId, `plan-${digest}.json`, plan);
  const steps = plan.waves.flatMap((wave) => wave.steps);
  const runs = steps.filter(({ permission }) => permission !== "off");
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "planned", digest),
      type: "planned",
      actor: BY_SYSTEM("plan"),
      data: {
        planDigest: digest,
        document,
        waves: plan.waves.length,
        steps: runs.length,
        policyDigest: plan.policyDigest,
        mode: plan.mode,
        personActions: plan.personActions.length,
      },
    },
  ]);
  await app.cases.update(caseId, (it) => ({
    ...it,
    plan: { digest, document },
    plans: it.plans + 1,
    status: runs.length > 0 ? "containing" : it.status,
    steps: {
      planned: standing.performedSteps + runs.filter(({ id }) => !standing.of(id).performed).length,
      applied: standing.performedSteps,
      confirmed: it.steps.confirmed,
      gaps: 0,
    },
  }));
  const count = (permission: PlannedStep["permission"]) =>
    steps.filter((step) => step.permission === permission).length;
  const rotations = (selection: StepSelection) =>
    steps.filter((step) => !isPerformedHere(step) && isSelected(step, selection)).length;
  return {
    planDigest: digest,
    mode: plan.mode,
    automatic: count("automatic"),
    approval: count("approval"),
    atDeadline: app.policy.approval.atDeadline === "contain" ? steps.filter(mayRunUnanswered).length : 0,
    rotations: {
      automatic: rotations("automatic"),
      approved: rotations("approved"),
      "at-deadline": rotations("at-deadline"),
    },
    pace: paceOf(app.policy),
  };
}

export function paceOf({ verification, approval, watch }: Policy): Pace {
  return {
    confirmations: verification.confirmations,
    confirmEveryInMs: verification.everySeconds * 1_000,
    confirmWithinInMs: verification.giveUpAfterMinutes * 60_000,
    decideWithinInMs: approval.deadlineInHours * 3_600_000,
    watchForInMs: watch.hours * 3_600_000,
    watchEveryInMs: watch.everyMinutes * 60_000,
  };
}

const AN_HOUR_IN_MS = 3_600_000;
/** Limits count to a handful; more cases than this in an hour are over any of them. */
const CASES_LOOKED_AT = 200;

/** Principals that other cases cut within the last hour. */
export async function principalsCutByOthers(app: Tourniquet, { caseId }: CaseSummary): Promise<number> {
  const since = new Date(app.now().getTime() - AN_HOUR_IN_MS).toISOString();
  const page = await app.cases.list({ openedSince: since, limit: CASES_LOOKED_AT });
  return (page?.cases ?? [])
    .filter((it) => it.caseId !== caseId && it.steps.applied > 0)
    .reduce((total, it) => total + it.principals.length, 0);
}
