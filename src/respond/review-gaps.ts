import type { PlannedStep } from "../case/plan.ts";
import { stepNamed } from "../steps/steps.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Reviewed, ReviewInput } from "./activities.ts";
import { lookOnce } from "./agreement.ts";
import { cutsLeft, stepsMeant } from "./case-outcome.ts";
import { caseStanding, stepsOfCase } from "./case-standing.ts";
import { confirmationEntry, entryIdOf } from "./journal.ts";
import { existing } from "./stored-case.ts";

type Readable = Pick<PlannedStep, "id" | "kind" | "target" | "before" | "needs">;

/**
 * Re-reads, once, every gap of a case that is watched, whoever may have closed it: a person who made the cut by hand, or
 * Azure, which was slow. What enough reads in a row show is confirmed; the rest stays as it is.
 */
export async function reviewGaps(app: Tourniquet, input: ReviewInput): Promise<Reviewed> {
  const { caseId, since } = input;
  const summary = await existing(app, caseId);
  const record = app.record(caseId);
  const standing = await caseStanding(record);
  const { steps, latest } = await stepsOfCase(app, caseId, standing);
  const meant: readonly Readable[] = [
    ...stepsMeant(steps, latest, standing.of).map(({ step }) => step),
    ...(latest?.personActions ?? [])
      .flatMap(({ missing }) => missing)
      .flatMap(({ id, step }) => (step === null ? [] : [{ id, needs: [], ...step }])),
  ];
  const left = new Set(cutsLeft(latest, standing.of).map(({ id }) => id));
  const looked = await lookOnce(
    meant,
    ({ id }) => standing.of(id).confirmed !== "confirmed" || left.has(id),
    ({ id, kind, target, before }) =>
      stepNamed(kind).bind(target, before).verify({ azure: app.reader, stepId: id }),
    { ...input, last: false, confirmations: app.policy.verification.confirmations },
  );
  const planDigest = summary.plan?.digest ?? "";
  await record.append(
    // An entry of its own: what was said of the gap before still stands.
    looked.settled.map(({ step, reads, confirmation }) =>
      confirmationEntry(
        planDigest,
        step,
        reads,
        confirmation,
        entryIdOf(planDigest, step.id, "closed", since),
      ),
    ),
    { withCheckpoint: looked.settled.length > 0 },
  );
  return { agreed: looked.agreed };
}
