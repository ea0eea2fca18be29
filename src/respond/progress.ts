import type { CaseStatus } from "../case/case.ts";
import type { Tourniquet } from "../tourniquet.ts";

/** Counts for people who watch. A crash may leave them short until the case is concluded, which counts from the record. */
export async function noteProgress(
  app: Tourniquet,
  caseId: string,
  made: { readonly applied?: number; readonly confirmed?: number; readonly status?: CaseStatus },
): Promise<void> {
  const { applied = 0, confirmed = 0, status } = made;
  if (applied === 0 && confirmed === 0 && status === undefined) return;
  await app.cases.update(caseId, (it) => ({
    ...it,
    ...(status === undefined ? {} : { status }),
    steps: {
      ...it.steps,
      applied: Math.min(it.steps.planned, it.steps.applied + applied),
      confirmed: Math.min(it.steps.planned, it.steps.confirmed + confirmed),
    },
  }));
}
