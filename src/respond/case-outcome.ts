import type { CaseOutcome } from "../case/case.ts";
import type { MissingCut, Plan } from "../case/plan.ts";
import { openCuts } from "../plan/missing-cuts.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { CaseStanding, CaseStep } from "./case-standing.ts";

/** A cut that the case calls for and that nothing proves. */
export interface Gap {
  readonly title: string;
  readonly kind:
    /** Performed, and reads do not show it, or no longer. */
    | "not-confirmed"
    /** Refused, failed, or a person's to make. */
    | "not-made"
    /** Nobody let it run. */
    | "not-performed"
    /** No step can make it, or none may. */
    | "left-to-person"
    /** Found by the last look, after the last plan: an attacker at work. */
    | "found-since";
}

/** Where a case stands, in numbers for the status and in gaps by name. */
export interface CaseAccount {
  readonly steps: CaseSummary["steps"];
  readonly unperformed: number;
  readonly gaps: readonly Gap[];
}

/**
 * What the latest plan names and what any plan cut, each step once, and what is open of it; what was put back on request is
 * neither. Pure.
 */
export function accountOf(
  steps: readonly CaseStep[],
  latest: Plan | null,
  standing: Pick<CaseStanding, "of" | "foundSincePlan">,
): CaseAccount {
  const { of, foundSincePlan } = standing;
  const meant = stepsMeant(steps, latest, of).map(({ step }) => ({ title: step.title, at: of(step.id) }));
  const open = meant.filter(({ at }) => at.confirmed !== "confirmed");
  const gaps: Gap[] = [
    ...open.map(({ title, at: { result, performed } }): Gap => ({
      title,
      kind: performed ? "not-confirmed" : result === null ? "not-performed" : "not-made",
    })),
    ...cutsLeft(latest, of).map(({ title }): Gap => ({ title, kind: "left-to-person" })),
  ];
  const named = new Set(gaps.map(({ title }) => title));
  for (const title of foundSincePlan) if (!named.has(title)) gaps.push({ title, kind: "found-since" });
  return {
    steps: {
      planned: meant.length,
      applied: meant.filter(({ at }) => at.performed).length,
      confirmed: meant.length - open.length,
      gaps: gaps.length,
    },
    unperformed: meant.filter(({ at }) => at.result === null && at.confirmed === null).length,
    gaps,
  };
}

/** The steps that count: what the latest plan lets run and what any plan cut, but for what was put back. */
export function stepsMeant(
  steps: readonly CaseStep[],
  latest: Plan | null,
  of: CaseStanding["of"],
): readonly CaseStep[] {
  const due = new Set(
    (latest?.waves ?? [])
      .flatMap((wave) => wave.steps)
      .filter(({ permission }) => permission !== "off")
      .map(({ id }) => id),
  );
  return steps.filter(({ step }) => (due.has(step.id) || of(step.id).performed) && !of(step.id).restored);
}

/** The cuts that the latest plan leaves to people and that nobody has made. */
export function cutsLeft(latest: Plan | null, of: CaseStanding["of"]): readonly MissingCut[] {
  return latest === null
    ? []
    : openCuts(latest, (id) => of(id).confirmed === "confirmed" && !of(id).restored);
}

const MOST_NAMED = 5;

/** `contained` is said only when every step is confirmed, no cut is left out, and the last look found nothing new. Pure. */
export function outcomeOf(
  plan: Plan,
  { steps, unperformed, gaps }: CaseAccount,
): { readonly outcome: CaseOutcome; readonly reason: string } {
  if (plan.mode === "observe") return { outcome: "observed", reason: "Looked only, as asked." };
  if (steps.planned === 0) {
    return {
      outcome: "planned",
      reason: plan.mode === "plan" ? "Planned only, as asked or as policy says." : "Policy lets no step run.",
    };
  }
  if (steps.applied === 0 && unperformed === steps.planned) {
    return { outcome: "rejected", reason: "No step was approved." };
  }
  if (gaps.length === 0) return { outcome: "contained", reason: `All ${steps.planned} steps are confirmed.` };
  const untried = unperformed === 0 ? "" : `; ${unperformed} were not performed`;
  const said = `${steps.confirmed} of ${steps.planned} steps are confirmed${untried}.`;
  return { outcome: "contained-with-gaps", reason: `${said} ${gapsNamed(gaps)}` };
}

/** `2 gaps: Rotate …; Remove ….`, the first few by name. */
function gapsNamed(gaps: readonly Gap[]): string {
  const named = gaps.slice(0, MOST_NAMED).map(({ title, kind }) => {
    switch (kind) {
      case "left-to-person":
        return `${title} (a person's to do)`;
      case "found-since":
        return `${title} (found after the last cut)`;
      case "not-confirmed":
      case "not-made":
      case "not-performed":
        return title;
      default:
        return kind satisfies never;
    }
  });
  const more = gaps.length > named.length ? ` and ${gaps.length - named.length} more` : "";
  return `${gaps.length === 1 ? "1 gap" : `${gaps.length} gaps`}: ${named.join("; ")}${more}.`;
}
