import { type ReportedStep, whyOpen } from "./reported-step.ts";

export interface Losses {
  /** By steps that were made. */
  readonly lost: readonly string[];
  /** By steps that were planned and not made. */
  readonly mayLose: readonly string[];
  readonly failed: readonly string[];
}

/** Who lost what, or would: each sentence once. */
export function lossesOf(steps: readonly ReportedStep[]): Losses {
  const made = steps.filter((it) => isMade(it) && !it.restored);
  const lost = new Set(made.flatMap(({ cost }) => cost));
  const open = steps.filter((it) => !isMade(it) && it.permission !== "off");
  return {
    lost: [...lost],
    mayLose: [...new Set(open.flatMap(({ cost }) => cost))].filter((it) => !lost.has(it)),
    failed: steps.filter(({ result }) => result === "failed").map((it) => `${it.title}: ${whyOpen(it)}`),
  };
}

function isMade({ result }: ReportedStep): boolean {
  return result === "applied" || result === "already-so";
}
