import type { StepOutcome } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import { guardIds, type Protection } from "../plan/guardrails.ts";
import { stepNamed } from "../steps/steps.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Performed, PerformInput } from "./activities.ts";
import type { NewEntry } from "../record/entry.ts";
import { inBundles } from "./lanes.ts";
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
  const [plan, states, protection] = await Promise.all([
    loadPlan(app, input.caseId, input.planDigest),
    stepStates(app.record(input.caseId), input.planDigest),
    currentProtection(app),
  ]);
  const { slices, next } = slicesFrom(plan, input.selection, input.from);
  const waves = slices.map(({ wave, steps }) => ({
    wave,
    attempt: input.attempt,
    due: steps.filter((step) => isDue(states.of(step.id), input.attempt)),
  }));
  const outcomes = await performWaves(app, input, waves, protection);
  const retryable = outcomes.filter((outcome) => outcome.kind === "failed" && outcome.retryable);
  const retryAfterInMs = retryable.map((it) => (it.kind === "failed" ? (it.retryAfterInMs ?? 0) : 0));
  return { next, retryable: retryable.length, retryAfterInMs: Math.max(0, ...retryAfterInMs) };
}

/** Steps that may be made side by side, and what they count as. */
export interface DueWave {
  readonly wave: number;
  readonly attempt: number;
  readonly due: readonly PlannedStep[];
}

/**
 * Wave after wave: intents on record, effects side by side, outcomes on record. A wave's outcomes and the next one's
 * intents are one append, and what was appended is signed while the next effects are under way: a signature costs as
 * much as a cut, and none waits for it.
 */
export async function performWaves(
  app: Tourniquet,
  { caseId, planDigest }: { readonly caseId: string; readonly planDigest: string },
  waves: readonly DueWave[],
  protection: Protection,
): Promise<readonly StepOutcome[]> {
  const record = app.record(caseId);
  const all: StepOutcome[] = [];
  const beside: Promise<unknown>[] = [];
  let untold: readonly NewEntry[] = [];
  for (const { wave, attempt, due } of waves.filter((it) => it.due.length > 0)) {
    await record.append([...untold, ...due.map((step) => intentEntry(planDigest, step, wave, attempt))]);
    // A vault that cannot sign stops nothing: the end of the last wave asks it once more.
    if (untold.length > 0) beside.push(record.checkpoint().catch(() => null));
    const outcomes = await inBundles(
      due,
      (kind) => stepNamed(kind).together?.most ?? 1,
      (bundle) => performBundle(app, bundle, protection),
    );
    untold = due.map((step, index) => outcomeEntry(planDigest, step, attempt, outcomeAt(outcomes, index)));
    all.push(...outcomes);
    // Counts for people who watch; the record is what holds.
    beside.push(noteProgress(app, caseId, { applied: outcomes.filter(took).length }).catch(() => null));
  }
  if (untold.length > 0) await record.append(untold, { withCheckpoint: true });
  await Promise.all(beside);
  return all;
}

async function performBundle(
  app: Tourniquet,
  bundle: readonly PlannedStep[],
  protection: Protection,
): Promise<readonly StepOutcome[]> {
  const refusals = bundle.map(({ touches }) => guardIds(touches, app.policy, protection));
  const made = await applied(
    app,
    bundle.filter((_, index) => refusals[index] === null),
  );
  let next = 0;
  return refusals.map((refused) =>
    refused === null ? outcomeAt(made, next++) : { kind: "refused", ...refused },
  );
}

/** One request's surprise is the outcome of what it was for: the others of the wave go on. */
async function applied(app: Tourniquet, steps: readonly PlannedStep[]): Promise<readonly StepOutcome[]> {
  const [first] = steps;
  if (first === undefined) return [];
  const kind = stepNamed(first.kind);
  const { together } = kind;
  try {
    return together !== null && steps.length > 1
      ? await together.apply(
          app.actor,
          steps.map(({ target }) => target),
        )
      : [await kind.bind(first.target, first.before).apply({ azure: app.actor, stepId: first.id })];
  } catch (error) {
    const outcome = unexpected(error, app.now());
    return steps.map(() => outcome);
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
