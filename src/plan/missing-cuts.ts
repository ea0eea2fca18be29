import type { MissingCut, Plan } from "../case/plan.ts";

/** The cuts that a plan leaves to people and that are still open, each once. Pure. */
export function openCuts(
  { personActions }: Pick<Plan, "personActions">,
  isConfirmed: (stepId: string) => boolean,
): readonly MissingCut[] {
  const missing = new Map(personActions.flatMap((it) => it.missing).map((cut) => [cut.id, cut]));
  return [...missing.values()].filter(
    ({ id, coveredBy }) =>
      !isConfirmed(id) && (coveredBy.length === 0 || !coveredBy.every((group) => group.some(isConfirmed))),
  );
}
