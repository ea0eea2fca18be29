import type { Plan, PlannedStep } from "../case/plan.ts";
import type { PlanDifference } from "./plan-difference.ts";

const WIDTH = 110;

/** A plan as a table for a tired person: what happens, in order, why, what it costs, and what is left to people. */
export function planText(plan: Plan, digest: string, difference: PlanDifference | null = null): string {
  const steps = plan.waves.flatMap((wave) => wave.steps);
  const count = (permission: PlannedStep["permission"]) =>
    steps.filter((step) => step.permission === permission).length;
  const forGood = steps.filter((step) => !step.reversible && step.permission !== "off").length;
  const lines = [
    `Plan ${digest}`,
    `Case ${plan.caseId}, mode ${plan.mode}`,
    "",
    `  [runs] ${amount(count("automatic"), "step runs", "steps run")} without asking`,
    `  [asks] ${amount(count("approval"), "step waits", "steps wait")} for a person's yes to this very plan`,
    `  [ no ] ${amount(count("off"), "step is", "steps are")} not done`,
    `  of those that are done, ${amount(forGood, "cannot be undone", "cannot be undone")}; ${amount(plan.personActions.length, "thing is", "things are")} left to a person`,
    "",
    ...(difference === null ? [] : differenceLines(difference)),
  ];
  let number = 0;
  for (const { name, reason, steps: inWave } of plan.waves) {
    lines.push(...wrapped("", `${name.toUpperCase()} (${inWave.length})  ${reason}`, 2));
    for (const step of inWave) {
      number += 1;
      lines.push(...stepLines(step, number));
    }
    lines.push("");
  }
  if (plan.personActions.length > 0) {
    lines.push(`FOR A PERSON (${plan.personActions.length})  What no step can do.`);
    for (const { title, because, cost = [], command } of plan.personActions) {
      lines.push(
        ...wrapped("    - ", plain(title), 6),
        ...wrapped("      because: ", plain(because), 15),
        ...cost.flatMap((it) => wrapped("      costs: ", plain(it), 13)),
        // In one line however long, to be copied.
        ...(command === undefined ? [] : [`      run: ${plain(command)}`]),
      );
    }
    lines.push("");
  }
  return `${lines.join("\n")}\n`;
}

function differenceLines({ since, added, widened, gone }: PlanDifference): readonly string[] {
  const marked = (mark: string, titles: readonly string[]) =>
    titles.flatMap((title) => wrapped(`  ${mark} `, plain(title), 4));
  return [
    `SINCE THE PLAN THAT WAS ANSWERED (${since})  + new   ~ costs or touches more   - no longer asked`,
    ...marked("+", added),
    ...marked("~", widened),
    ...marked("-", gone),
    ...(added.length + widened.length + gone.length === 0 ? ["  the same steps are asked again"] : []),
    "",
  ];
}

/** What a restore is to put back, in the order it comes back. */
export function restoreText(
  { caseId, steps }: { readonly caseId: string; readonly steps: readonly PlannedStep[] },
  digest: string,
): string {
  const lines = [
    `Restore ${digest}`,
    `Case ${caseId}`,
    "",
    `PUT BACK (${steps.length})  Each of these is undone; the last made comes first.`,
  ];
  for (const [index, { title, reversible, irreversibleBecause }] of steps.entries()) {
    const mark = reversible ? "back" : " no ";
    lines.push(...wrapped(`${String(index + 1).padStart(4)}  [${mark}] `, plain(title), 13));
    if (irreversibleBecause !== null) {
      lines.push(...wrapped(`${INDENT}no way back: `, plain(irreversibleBecause), 26));
    }
  }
  return `${lines.join("\n")}\n`;
}

function stepLines(step: PlannedStep, number: number): readonly string[] {
  const { title, because, cost, irreversibleBecause, guardrails, permission } = step;
  return [
    ...wrapped(`${String(number).padStart(4)}  [${MARKS[permission]}] `, plain(title), 13),
    ...because.flatMap((it) => wrapped(`${INDENT}why: `, plain(it), 18)),
    ...cost.flatMap((it) => wrapped(`${INDENT}costs: `, plain(it), 20)),
    ...(irreversibleBecause === null
      ? []
      : wrapped(`${INDENT}no way back: `, plain(irreversibleBecause), 26)),
    ...guardrails.flatMap((it) => wrapped(`${INDENT}guardrail: `, plain(it), 24)),
  ];
}

const INDENT = " ".repeat(13);

const MARKS: Readonly<Record<PlannedStep["permission"], string>> = {
  automatic: "runs",
  approval: "asks",
  off: " no ",
};

function amount(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Names are chosen by attackers too: no control character of theirs reaches a terminal. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{FFFD}");
}

/** The text after what begins its first line, broken at blanks; a word that is too long stays whole, to be copied. */
function wrapped(begins: string, text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let current = begins;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    const next = isEmpty ? current + word : `${current} ${word}`;
    if (next.length > WIDTH && !isEmpty) {
      lines.push(current);
      current = " ".repeat(indent) + word;
    } else {
      current = next;
    }
    isEmpty = false;
  }
  return [...lines, current];
}
