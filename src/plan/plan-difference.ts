import type { Plan, PlannedStep } from "../case/plan.ts";

/** What is asked now and was not asked, or not so, in the question that was answered before. Titles, for people. */
export interface PlanDifference {
  /** Digest of the plan that was answered. */
  readonly since: string;
  readonly added: readonly string[];
  /** Asked before, and by now it would cost or touch more. */
  readonly widened: readonly string[];
  /** Asked before and no longer: made meanwhile, or nothing is left to cut. */
  readonly gone: readonly string[];
}

/** The steps of a plan that wait for a person. */
export function awaiting(plan: Plan): readonly PlannedStep[] {
  return plan.waves.flatMap((wave) => wave.steps).filter(({ permission }) => permission === "approval");
}

/** How one question differs from another. Evidence that grew, times and the order of steps are no difference. Pure. */
export function differenceOf(answered: Plan, asked: Plan): Omit<PlanDifference, "since"> {
  const before = new Map(awaiting(answered).map((step) => [step.id, step]));
  const now = new Map(awaiting(asked).map((step) => [step.id, step]));
  const titles = (steps: Iterable<PlannedStep>, isMeant: (step: PlannedStep) => boolean) =>
    [...steps].filter(isMeant).map(({ title }) => title);
  return {
    added: titles(now.values(), ({ id }) => !before.has(id)),
    widened: titles(now.values(), (step) => {
      const known = before.get(step.id);
      return known !== undefined && !isNoMore(known, step);
    }),
    gone: titles(before.values(), ({ id }) => !now.has(id)),
  };
}

/** Less to lose is no reason to ask again: our own cuts before the approval take away what others lost by it. */
export function isNoMore(approved: PlannedStep, again: PlannedStep): boolean {
  const within = (more: readonly string[], known: readonly string[]) =>
    more.every((it) => known.includes(it));
  // Logs, lists and Resource Graph spell ids in any case.
  const ids = ({ touches }: PlannedStep) => touches.map((it) => it.toLowerCase());
  return (
    within(again.cost, approved.cost) &&
    within(ids(again), ids(approved)) &&
    again.reversible === approved.reversible
  );
}

const MOST_NAMED = 5;

/** The difference in a sentence, or null when there is none to speak of. */
export function differenceText({ since, added, widened, gone }: PlanDifference): string | null {
  const parts = [
    said("new", added),
    said("costs or touches more", widened),
    said("no longer asked", gone),
  ].filter((it) => it !== null);
  return parts.length === 0
    ? null
    : `Since plan ${since.slice(0, 12)}…, which was answered: ${parts.join(". ")}.`;
}

function said(what: string, titles: readonly string[]): string | null {
  if (titles.length === 0) return null;
  const named = titles.slice(0, MOST_NAMED).join("; ");
  const more = titles.length > MOST_NAMED ? ` and ${titles.length - MOST_NAMED} more` : "";
  return `${what}: ${named}${more}`;
}
