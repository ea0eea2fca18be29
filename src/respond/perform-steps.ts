import type { StepOutcome } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import { guardIds } from "../plan/guardrails.ts";
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
    if (due.length === 0) continue;
    await record.append(due.map((step) => intentEntry(input.planDigest, step, wave, input.attempt)));
    const outcomes = await inLanes(due, async (step): Promise<StepOutcome> => {
      const refused = guardIds(step.touches, app.policy, protection);
      if (refused !== null) return { kind: "refused", ...refused };
      return applied(app, step);
    });
    await record.append(
      due.map((step, index) =>
        outcomeEntry(input.planDigest, step, input.attempt, outcomeAt(outcomes, index)),
      ),
      { withCheckpoint: true },
    );
    await noteProgress(app, input.caseId, { applied: outcomes.filter(took).length });
    for (const outcome of outcomes) {
      if (outcome.kind !== "failed" || !outcome.retryable) continue;
      retryable += 1;
      retryAfterInMs = Math.max(retryAfterInMs, outcome.retryAfterInMs ?? 0);
    }
  }
  return { next, retryable, retryAfterInMs };
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
