import { oneLook } from "../azure/one-look.ts";
import type { PlannedStep } from "../case/plan.ts";
import { stepNamed } from "../steps/steps.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Confirmed, ConfirmInput } from "./activities.ts";
import { lookOnce } from "./agreement.ts";
import { confirmationEntry, type StepStates, stepStates } from "./journal.ts";
import { type DueWave, performWaves } from "./perform-steps.ts";
import { noteProgress } from "./progress.ts";
import { currentProtection } from "./protection.ts";
import { isPerformedHere, isSelected } from "./selection.ts";
import { loadPlan } from "./stored-case.ts";

/** A cut that reads still do not show after so many looks was undone, or never arrived: it is made again. */
const LOOKS_BEFORE_AGAIN = 4;

/**
 * Reads back, once, every step of a selection that took and is not yet settled. A step is confirmed when enough reads in
 * a row agree; with `last`, what is still open is recorded as not confirmed.
 */
export async function confirmSteps(app: Tourniquet, input: ConfirmInput): Promise<Confirmed> {
  const { caseId, planDigest, selection } = input;
  const record = app.record(caseId);
  const [plan, states] = await Promise.all([
    loadPlan(app, caseId, planDigest),
    stepStates(record, planDigest),
  ]);
  const steps = plan.waves
    .flatMap((wave) => wave.steps)
    .filter((step) => isSelected(step, selection) && isPerformedHere(step));
  await endWhatWasBegun(app, input, steps, states);
  const azure = oneLook(app.reader);
  const looked = await lookOnce(
    steps,
    ({ id }) => {
      const { result, confirmed } = states.of(id);
      return (result === "applied" || result === "already-so") && confirmed === null;
    },
    (step) => stepNamed(step.kind).bind(step.target, step.before).verify({ azure, stepId: step.id }),
    { ...input, confirmations: app.policy.verification.confirmations },
  );
  if (looked.settled.length > 0) {
    const entries = looked.settled.map(({ step, reads, confirmation }) =>
      confirmationEntry(planDigest, step, reads, confirmation),
    );
    await record.append(entries, { withCheckpoint: looked.open === 0 });
  }
  if (input.round % LOOKS_BEFORE_AGAIN === 0 && !input.last)
    await makeAgain(app, input, looked.disagreeing, states);
  await noteProgress(app, caseId, {
    status: "verifying",
    confirmed: looked.settled.filter(({ confirmation }) => confirmation.kind === "confirmed").length,
  });
  return { open: looked.open, agreed: looked.agreed };
}

/** What was being made again when this activity died: its intent stands, so its outcome has to, before anybody looks. */
async function endWhatWasBegun(
  app: Tourniquet,
  { caseId, planDigest }: ConfirmInput,
  steps: readonly PlannedStep[],
  states: StepStates,
): Promise<void> {
  const begun = steps.filter(
    ({ id }) => states.of(id).attempt > 0 && states.of(id).intended > states.of(id).attempt,
  );
  if (begun.length === 0) return;
  const protection = await currentProtection(app);
  const attempts = Map.groupBy(begun, ({ id }) => states.of(id).intended);
  await performWaves(app, { caseId, planDigest }, asWaves(attempts), protection);
}

/** Only what can be undone can be undone by others; and starting what takes long a second time is no repetition. */
async function makeAgain(
  app: Tourniquet,
  { caseId, planDigest }: ConfirmInput,
  disagreeing: readonly PlannedStep[],
  states: StepStates,
): Promise<void> {
  const due = disagreeing.filter(({ reversible }) => reversible);
  if (due.length === 0) return;
  const protection = await currentProtection(app);
  const attempts = Map.groupBy(due, ({ id }) => states.of(id).attempt + 1);
  await performWaves(app, { caseId, planDigest }, asWaves(attempts), protection);
}

function asWaves(attempts: ReadonlyMap<number, readonly PlannedStep[]>): readonly DueWave[] {
  return [...attempts].map(([attempt, due]) => ({ wave: 0, attempt, due }));
}
