import { sideBySide } from "../azure/side-by-side.ts";
import type { StepOutcome } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import { guardIds } from "../plan/guardrails.ts";
import { stepNamed } from "../steps/steps.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Performed, PerformInput } from "./activities.ts";
import { intentEntry, outcomeEntry, type StepState, stepStates } from "./journal.ts";
import { currentProtection } from "./protection.ts";
import { slicesFrom } from "./selection.ts";
import { loadPlan } from "./stored-case.ts";

/** Under Graph's 3,000 writes in 2.5 minutes with room for others, and few enough for one small function app. */
const AT_ONCE = 8;

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
    const outcomes = await performSideBySide(due, async (step): Promise<StepOutcome> => {
      const refused = guardIds(step.touches, app.policy, protection);
      if (refused !== null) return { kind: "refused", ...refused };
      return stepNamed(step.kind).bind(step.target, step.before).apply({ azure: app.actor, stepId: step.id });
    });
    await record.append(
      due.map((step, index) =>
        outcomeEntry(input.planDigest, step, input.attempt, outcomeAt(outcomes, index)),
      ),
      { withCheckpoint: true },
    );
    for (const outcome of outcomes) {
      if (outcome.kind !== "failed" || !outcome.retryable) continue;
      retryable += 1;
      retryAfterInMs = Math.max(retryAfterInMs, outcome.retryAfterInMs ?? 0);
    }
  }
  return { next, retryable, retryAfterInMs };
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

/** Side by side, but one after another where Azure refuses concurrent writes: on one application, identity or vault. */
async function performSideBySide(
  steps: readonly PlannedStep[],
  perform: (step: PlannedStep) => Promise<StepOutcome>,
): Promise<readonly StepOutcome[]> {
  const lanes = new Map<string, number[]>();
  for (const [index, step] of steps.entries()) {
    const lane = stepNamed(step.kind).alone(step.target) ?? step.id;
    lanes.set(lane, [...(lanes.get(lane) ?? []), index]);
  }
  const outcomes: StepOutcome[] = [];
  await sideBySide([...lanes.values()], AT_ONCE, async (lane) => {
    for (const index of lane) {
      const step = steps[index];
      if (step !== undefined) outcomes[index] = await perform(step);
    }
  });
  return outcomes;
}
