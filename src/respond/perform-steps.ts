import type { StepOutcome } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import { guardIds, type Protection } from "../plan/guardrails.ts";
import { stepNamed } from "../steps/steps.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Performed, PerformInput } from "./activities.ts";
import { inLanes } from "./lanes.ts";
import { intentEntry, outcomeEntry, type StepState, stepStates } from "./journal.ts";
import { noteProgress } from "./progress.ts";
import { currentProtection } from "./protection.ts";
import { slicesFrom } from "./selection.ts";
import { loadPlan } from "./stored-case.ts";
import { unexpected } from "./unexpected.ts";

/**
 * Performs the steps of a selection from a place on: per wave, intents are recorded, effects made side by side, outcomes
 * recorded. Run twice, it repeats no step whose outcome stands; a step with an intent but no outcome is made again,
 * which every step allows.
 */
export async function performSteps(app: Tourniquet, input: PerformInput): Promise<Performed> {
  const plan = await loadPlan(app, input.caseId, input.planDigest);
  const record = app.record(input.caseId);
  const states = await stepStates(record, input.planDigest);
  const protection = await currentProtection(app);
  const { slices, next } = slicesFrom(plan, input.selection, input.from);
  let retryable = 0;
  let retryAfterInMs = 0;

  for (const { wave, steps } of slices) {
    const due = steps.filter((step) => isDue(states.of(step.id), input.attempt));
    const outcomes = await performDue(app, input, due, { wave, attempt: input.attempt, protection });
    for (const outcome of outcomes) {
      if (outcome.kind !== "failed" || !outcome.retryable) continue;
      retryable += 1;
      retryAfterInMs = Math.max(retryAfterInMs, outcome.retryAfterInMs ?? 0);
    }
  }
  return { next, retryable, retryAfterInMs };
}

/** Intents on record, effects side by side, outcomes on record. */
export async function performDue(
  app: Tourniquet,
  { caseId, planDigest }: { readonly caseId: string; readonly planDigest: string },
  due: readonly PlannedStep[],
  how: { readonly wave: number; readonly attempt: number; readonly protection: Protection },
): Promise<readonly StepOutcome[]> {
  if (due.length === 0) return [];
  const record = app.record(caseId);
  await record.append(due.map((step) => intentEntry(planDigest, step, how.wave, how.attempt)));
  const outcomes = await inLanes(due, async (step): Promise<StepOutcome> => {
    const refused = guardIds(step.touches, app.policy, how.protection);
    return refused === null ? applied(app, step) : { kind: "refused", ...refused };
  });
  await record.append(
    due.map((step, index) => outcomeEntry(planDigest, step, how.attempt, outcomeAt(outcomes, index))),
    { withCheckpoint: true },
  );
  await noteProgress(app, caseId, { applied: outcomes.filter(took).length });
  return outcomes;
}

/** One step's surprise is that step's outcome: the others of the wave go on. */
async function applied(app: Tourniquet, step: PlannedStep): Promise<StepOutcome> {
  try {
    return await stepNamed(step.kind)
      .bind(step.target, step.before)
      .apply({ azure: app.actor, stepId: step.id });
  } catch (error) {
    return unexpected(error, app.now());
  }
}

function took({ kind }: StepOutcome): boolean {
  return kind === "applied" || kind === "already-so";
}

function isDue(state: StepState, attempt: number): boolean {
  if (state.result === null) return true;
  return state.result === "failed" && state.retryable && state.attempt < attempt;
}

function outcomeAt(outcomes: readonly StepOutcome[], index: number): StepOutcome {
  const outcome = outcomes[index];
  if (outcome === undefined) throw new RangeError("a step has no outcome");
  return outcome;
}
