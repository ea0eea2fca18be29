import type { Plan, PlannedStep } from "../case/plan.ts";

const WIDTH = 110;

/** A plan as a table for a tired person: what happens, in order, why, what it costs, and what is left to people. */
export function planText(plan: Plan, digest: string): string {
  const steps = plan.waves.flatMap((wave) => wave.steps);
  const count = (permission: PlannedStep["permission"]) =>
    steps.filter((step) => step.permission === permission).length;
  const lines = [
    `Plan ${digest}`,
    `Case ${plan.caseId}, mode ${plan.mode}: ${count("automatic")} steps run by themselves, ${count("approval")} wait for a person, ${count("off")} are not done.`,
    "",
  ];
  let number = 0;
  for (const { name, reason, steps: inWave } of plan.waves) {
    lines.push(`${name.toUpperCase()}  ${reason}`);
    for (const step of inWave) {
      number += 1;
      lines.push(
        ...wrap(`${String(number).padStart(4)}  [${MARKS[step.permission]}] ${plain(step.title)}`, 11),
      );
      for (const cost of step.cost) lines.push(...wrap(`           costs: ${plain(cost)}`, 18));
      if (step.irreversibleBecause !== null) {
        lines.push(...wrap(`           no way back: ${plain(step.irreversibleBecause)}`, 24));
      }
      for (const guardrail of step.guardrails)
        lines.push(...wrap(`           guardrail: ${plain(guardrail)}`, 22));
    }
    lines.push("");
  }
  if (plan.personActions.length > 0) {
    lines.push("FOR A PERSON  What no step can do.");
    for (const { title, because } of plan.personActions) {
      lines.push(...wrap(`      - ${plain(title)}: ${plain(because)}`, 8));
    }
    lines.push("");
  }
  return `${lines.join("\n")}\n`;
}

const MARKS: Readonly<Record<PlannedStep["permission"], string>> = {
  automatic: "runs",
  approval: "asks",
  off: " no ",
};

/** Names are chosen by attackers too: no control character of theirs reaches a terminal. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "�");
}

function wrap(line: string, indent: number): string[] {
  if (line.length <= WIDTH) return [line];
  const words = line.split(" ");
  const lines: string[] = [];
  let current = "";
  for (const word of words) {
    const next = current === "" ? word : `${current} ${word}`;
    if (next.length > WIDTH && current.trim() !== "") {
      lines.push(current);
      current = " ".repeat(indent) + word;
    } else {
      current = next;
    }
  }
  return [...lines, current];
}
