import { sideBySide } from "../azure/side-by-side.ts";
import type { Confirmation } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import type { NewEntry } from "../record/entry.ts";
import { stepNamed } from "../steps/steps.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Confirmed, ConfirmInput } from "./activities.ts";
import { confirmationEntry, stepStates } from "./journal.ts";
import { isPerformedHere } from "./selection.ts";
import { loadPlan } from "./stored-case.ts";

const AT_ONCE = 12;

/**
 * Reads back, once, every step that took and is not yet confirmed. A step is confirmed when enough reads in a row agree;
 * one read that disagrees starts the count anew. With `last`, what is still open is recorded as not confirmed.
 */
export async function confirmSteps(app: Tourniquet, input: ConfirmInput): Promise<Confirmed> {
  const plan = await loadPlan(app, input.caseId, input.planDigest);
  const record = app.record(input.caseId);
  const states = await stepStates(record, input.planDigest);
  const { confirmations } = app.policy.verification;
  const permission = input.selection === "automatic" ? "automatic" : "approval";
  const open = plan.waves
    .flatMap((wave) => wave.steps)
    .filter((step) => step.permission === permission && isPerformedHere(step))
    .filter(({ id }) => {
      const { result, confirmed } = states.of(id);
      return (result === "applied" || result === "already-so") && confirmed === null;
    });
  const reads = await sideBySide(open, AT_ONCE, async (step) => ({
    step,
    confirmation: await stepNamed(step.kind)
      .bind(step.target, step.before)
      .verify({ azure: app.reader, stepId: step.id }),
  }));

  const entries: NewEntry[] = [];
  const agreed: Record<string, number> = {};
  let stillOpen = 0;
  for (const { step, confirmation } of reads) {
    const agreeing = confirmation.kind === "confirmed" ? (input.agreed[step.id] ?? 0) + 1 : 0;
    if (agreeing >= confirmations) {
      entries.push(confirmationEntry(input.planDigest, step, agreeing, confirmation));
    } else if (input.last) {
      entries.push(confirmationEntry(input.planDigest, step, input.round, notInARow(step, confirmation)));
    } else {
      stillOpen += 1;
      if (agreeing > 0) agreed[step.id] = agreeing;
    }
  }
  if (entries.length > 0) await record.append(entries, { withCheckpoint: stillOpen === 0 });
  return { open: stillOpen, agreed };
}

/** The last read may have agreed, but not often enough in a row: that is not confirmed. */
function notInARow(step: PlannedStep, confirmation: Confirmation): Confirmation {
  if (confirmation.kind !== "confirmed") return confirmation;
  return {
    kind: "not-yet",
    seen: `${step.kind}: reads disagree with each other`,
    evidence: confirmation.evidence,
  };
}
