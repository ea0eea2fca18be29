import type { Plan, PlannedStep } from "../case/plan.ts";
import type { Cursor, StepSelection } from "./activities.ts";

/** What one activity does: enough that hops do not add up, little enough that a crash repeats little. */
const MOST_STEPS = 60;

/** A rotation has stages of its own and runs as its own orchestration. */
export function isPerformedHere(step: PlannedStep): boolean {
  return step.kind !== "rotate-secret";
}

/** Nobody answered: what a guardrail put before a person stays there; what can be undone may run if policy says so. */
export function mayRunUnanswered(step: PlannedStep): boolean {
  return step.permission === "approval" && step.reversible && step.guardrails.length === 0;
}

/** Whether a step belongs to a selection. */
export function isSelected(step: PlannedStep, selection: StepSelection): boolean {
  switch (selection) {
    case "automatic":
      return step.permission === "automatic";
    case "approved":
      return step.permission === "approval";
    case "at-deadline":
      return mayRunUnanswered(step);
    default:
      return selection satisfies never;
  }
}

interface Slice {
  readonly wave: number;
  readonly steps: readonly PlannedStep[];
}

/** The next steps in order, cut by wave, at most MOST_STEPS of them, and where to go on. Pure. */
export function slicesFrom(
  plan: Plan,
  selection: StepSelection,
  from: Cursor,
): { readonly slices: readonly Slice[]; readonly next: Cursor | null } {
  const slices: Slice[] = [];
  let room = MOST_STEPS;
  for (const [wave, { steps }] of plan.waves.entries()) {
    if (wave < from.wave) continue;
    const chosen = steps.filter((step) => isSelected(step, selection) && isPerformedHere(step));
    const start = wave === from.wave ? from.step : 0;
    const taken = chosen.slice(start, start + room);
    if (taken.length > 0) slices.push({ wave, steps: taken });
    room -= taken.length;
    if (start + taken.length < chosen.length) return { slices, next: { wave, step: start + taken.length } };
  }
  return { slices, next: null };
}
