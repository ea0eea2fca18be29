import type { CallerReference } from "../case/case.ts";
import type { PlannedStep } from "../case/plan.ts";
import { digestOf } from "../plan/digest.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseRef, RestorePrepared } from "./activities.ts";
import { type CaseStep, caseStanding, type CaseStanding, stepsOfCase } from "./case-standing.ts";
import { paceOf } from "./make-plan.ts";

/** What is put back, in order: as binding as a plan, and decided by its digest where a person has to. */
export interface RestorePlan {
  readonly schema: 1;
  readonly caseId: string;
  readonly requestId: string;
  readonly requestedBy: CallerReference;
  readonly steps: readonly PlannedStep[];
}

/** Settles what the oldest request asks for. Run twice, it gives the same plan while nothing was put back. */
export async function prepareRestore(app: Tourniquet, { caseId }: CaseRef): Promise<RestorePrepared> {
  const pace = paceOf(app.policy);
  const request = (await app.requests.pending(caseId)).find((it) => it.kind === "restore");
  if (request === undefined) return { requestId: null, restoreDigest: "", steps: 0, approval: 0, pace };
  const standing = await caseStanding(app.record(caseId));
  const { steps } = await stepsOfCase(app, caseId, standing);
  const plan: RestorePlan = {
    schema: 1,
    caseId,
    requestId: request.id,
    requestedBy: request.by,
    steps: stepsToRestore(steps, standing, request.stepIds),
  };
  const restoreDigest = digestOf(plan);
  await app.documents.putJson(caseId, `restore-${restoreDigest}.json`, plan);
  return {
    requestId: request.id,
    restoreDigest,
    steps: plan.steps.length,
    approval: plan.steps.filter(({ permission, reversible }) => reversible && permission === "approval")
      .length,
    pace,
  };
}

/**
 * Last made, first put back. Without a choice: all that the first look found. What came only later, while the case was
 * watched, is the attacker's doing after the containment and comes back only by its id. Pure.
 */
export function stepsToRestore(
  steps: readonly CaseStep[],
  standing: CaseStanding,
  chosen: readonly string[] | null,
): readonly PlannedStep[] {
  return steps
    .filter(({ step }) => standing.of(step.id).performed && !standing.of(step.id).restored)
    .filter(({ step, ofFirstLook }) => (chosen === null ? ofFirstLook : chosen.includes(step.id)))
    .map(({ step }) => step)
    .toReversed();
}

/** A restore plan by its digest, which is checked: what is put back is what was asked for and decided. */
export async function loadRestore(
  app: Tourniquet,
  caseId: string,
  restoreDigest: string,
): Promise<RestorePlan> {
  return app.documents.getJson<RestorePlan>(caseId, {
    blob: `restore-${restoreDigest}.json`,
    sha256: restoreDigest,
  });
}
