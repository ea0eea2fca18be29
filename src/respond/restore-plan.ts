import type { CallerReference } from "../case/case.ts";
import type { PlannedStep } from "../case/plan.ts";
import { digestOf } from "../plan/digest.ts";
import type { NewEntry } from "../record/entry.ts";
import type { CaseRequest } from "../storage/case-requests.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseRef, RestorePrepared } from "./activities.ts";
import { type CaseStep, caseStanding, type CaseStanding, stepsOfCase } from "./case-standing.ts";
import { looksBeforeWatch, stoodAtFirst } from "./first-look.ts";
import { callerActor, entryIdOf } from "./journal.ts";
import { paceOf } from "./make-plan.ts";

/** What is put back, in order: as binding as a plan, and decided by its digest where a person has to. */
export interface RestorePlan {
  readonly schema: 1;
  readonly caseId: string;
  readonly requestId: string;
  readonly requestedBy: CallerReference;
  readonly steps: readonly PlannedStep[];
}

export type RestoreRequest = Extract<CaseRequest, { readonly kind: "restore" }>;

/** What somebody asked to have back, as the record tells it: once a request, whoever gets to write it. */
export function restoreAskedEntry(caseId: string, { id, by, reason, stepIds }: RestoreRequest): NewEntry {
  return {
    id: entryIdOf(caseId, "restore-asked", id),
    type: "restore-asked",
    actor: callerActor(by),
    data: { reason, ...(stepIds === null ? {} : { stepIds }) },
  };
}

/** Settles what the oldest request asks for. Run twice, it gives the same plan while nothing was put back. */
export async function prepareRestore(app: Tourniquet, { caseId }: CaseRef): Promise<RestorePrepared> {
  const pace = paceOf(app.policy);
  const request = (await app.requests.pending(caseId)).find((it) => it.kind === "restore");
  if (request === undefined) return { requestId: null, restoreDigest: "", steps: 0, approval: 0, pace };
  const record = app.record(caseId);
  await record.append([restoreAskedEntry(caseId, request)]);
  const standing = await caseStanding(record);
  const { steps, planOf } = await stepsOfCase(app, caseId, standing);
  const stood = stoodAtFirst(await looksBeforeWatch(app, caseId, planOf));
  const plan: RestorePlan = {
    schema: 1,
    caseId,
    requestId: request.id,
    requestedBy: request.by,
    steps: stepsToRestore(steps, standing, request.stepIds, stood),
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
 * Last made, first put back. Without a choice: all that stood there when the case began. What came only later is the
 * attacker's doing and comes back only by its id. Pure.
 */
export function stepsToRestore(
  steps: readonly CaseStep[],
  standing: CaseStanding,
  chosen: readonly string[] | null,
  stood: ReadonlySet<string>,
): readonly PlannedStep[] {
  return cutsOf(steps, standing)
    .filter(({ step }) => (chosen === null ? stood.has(step.id) : chosen.includes(step.id)))
    .map(({ step }) => step)
    .toReversed();
}

/** Cuts of what came only after the case began: a restore without a choice leaves them, and each comes back by its id. Pure. */
export function cutsLeftMade(
  steps: readonly CaseStep[],
  standing: CaseStanding,
  stood: ReadonlySet<string>,
): readonly PlannedStep[] {
  return cutsOf(steps, standing)
    .filter(({ step }) => !stood.has(step.id))
    .map(({ step }) => step);
}

function cutsOf(steps: readonly CaseStep[], standing: CaseStanding): readonly CaseStep[] {
  return steps.filter(({ step }) => standing.of(step.id).performed && !standing.of(step.id).restored);
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
