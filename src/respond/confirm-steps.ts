import { stepNamed } from "../steps/steps.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Confirmed, ConfirmInput } from "./activities.ts";
import { lookOnce } from "./agreement.ts";
import { confirmationEntry, stepStates } from "./journal.ts";
import { noteProgress } from "./progress.ts";
import { isPerformedHere, isSelected } from "./selection.ts";
import { loadPlan } from "./stored-case.ts";

/**
 * Reads back, once, every step of a selection that took and is not yet settled. A step is confirmed when enough reads in
 * a row agree; with `last`, what is still open is recorded as not confirmed.
 */
export async function confirmSteps(app: Tourniquet, input: ConfirmInput): Promise<Confirmed> {
  const { caseId, planDigest, selection } = input;
  const plan = await loadPlan(app, caseId, planDigest);
  const record = app.record(caseId);
  const states = await stepStates(record, planDigest);
  const steps = plan.waves
    .flatMap((wave) => wave.steps)
    .filter((step) => isSelected(step, selection) && isPerformedHere(step));
  const looked = await lookOnce(
    steps,
    ({ id }) => {
      const { result, confirmed } = states.of(id);
      return (result === "applied" || result === "already-so") && confirmed === null;
    },
    (step) =>
      stepNamed(step.kind).bind(step.target, step.before).verify({ azure: app.reader, stepId: step.id }),
    { ...input, confirmations: app.policy.verification.confirmations },
  );
  if (looked.settled.length > 0) {
    const entries = looked.settled.map(({ step, reads, confirmation }) =>
      confirmationEntry(planDigest, step, reads, confirmation),
    );
    await record.append(entries, { withCheckpoint: looked.open === 0 });
  }
  await noteProgress(app, caseId, {
    status: "verifying",
    confirmed: looked.settled.filter(({ confirmation }) => confirmation.kind === "confirmed").length,
  });
  return { open: looked.open, agreed: looked.agreed };
}
