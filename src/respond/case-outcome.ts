import type { CaseOutcome } from "../case/case.ts";
import type { Plan } from "../case/plan.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { CaseStanding, CaseStep } from "./case-standing.ts";

export type StepCounts = CaseSummary["steps"] & { readonly unperformed: number };

/** What the latest plan names and what any plan cut, each step once; what was put back on request is neither. Pure. */
export function countSteps(
  steps: readonly CaseStep[],
  latest: Plan | null,
  { of }: Pick<CaseStanding, "of">,
): StepCounts {
  const due = new Set(
    (latest?.waves ?? [])
      .flatMap((wave) => wave.steps)
      .filter(({ permission }) => permission !== "off")
      .map(({ id }) => id),
  );
  const standings = steps
    .filter(({ step }) => (due.has(step.id) || of(step.id).performed) && !of(step.id).restored)
    .map(({ step }) => of(step.id));
  const confirmed = standings.filter((it) => it.confirmed === "confirmed").length;
  return {
    planned: standings.length,
    applied: standings.filter(({ performed }) => performed).length,
    confirmed,
    gaps: standings.length - confirmed,
    unperformed: standings.filter(({ result }) => result === null).length,
  };
}

export function withoutUnperformed({ planned, applied, confirmed, gaps }: StepCounts): CaseSummary["steps"] {
  return { planned, applied, confirmed, gaps };
}

/** `contained` is said only when every step of the plan is confirmed. Pure. */
export function outcomeOf(
  plan: Plan,
  steps: StepCounts,
): { readonly outcome: CaseOutcome; readonly reason: string } {
  if (plan.mode === "observe") return { outcome: "observed", reason: "Looked only, as asked." };
  if (steps.planned === 0) {
    return {
      outcome: "planned",
      reason: plan.mode === "plan" ? "Planned only, as asked or as policy says." : "Policy lets no step run.",
    };
  }
  if (steps.applied === 0 && steps.unperformed === steps.planned) {
    return { outcome: "rejected", reason: "No step was approved." };
  }
  if (steps.gaps === 0) return { outcome: "contained", reason: `All ${steps.planned} steps are confirmed.` };
  const untried = steps.unperformed === 0 ? "" : `; ${steps.unperformed} were not performed`;
  return {
    outcome: "contained-with-gaps",
    reason: `${steps.confirmed} of ${steps.planned} steps are confirmed${untried}.`,
  };
}
