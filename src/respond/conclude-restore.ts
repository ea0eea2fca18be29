import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Concluded } from "./activities.ts";
import { countSteps, outcomeOf, withoutUnperformed } from "./case-outcome.ts";
import { caseStanding, type CaseStep, stepsOfCase } from "./case-standing.ts";
import { restoreStates, type RestoreState } from "./restore-steps.ts";
import { settle } from "./settle-case.ts";

/**
 * Says what came back and what did not. A case of which cuts remain that a person chose to keep goes on being watched;
 * one that was put back as a whole is over.
 */
export async function concludeRestore(
  app: Tourniquet,
  summary: CaseSummary,
  requestId: string | null,
): Promise<Concluded> {
  const { caseId } = summary;
  const record = app.record(caseId);
  const request = requestId === null ? null : await app.requests.get(caseId, requestId);
  const standing = await caseStanding(record);
  const { steps, latest } = await stepsOfCase(app, caseId, standing);
  const states =
    requestId === null ? new Map<string, RestoreState>() : await restoreStates(record, requestId);
  const reason = reasonOf(states, steps);
  const counted = countSteps(steps, latest, standing);
  const change = { steps: withoutUnperformed(counted) };
  const isWhole = request?.kind === "restore" && request.stepIds === null && states.size > 0;
  const ending = isWhole
    ? await settle(app, summary, { status: "closed", outcome: "restored", reason, watchUntil: null, change })
    : await settle(app, summary, {
        status: summary.watchUntil === null ? "closed" : "watching",
        outcome:
          latest === null || counted.planned === 0 ? summary.outcome : outcomeOf(latest, counted).outcome,
        reason,
        watchUntil: summary.watchUntil,
        change,
      });
  if (requestId !== null) await app.requests.settle(caseId, requestId);
  return ending;
}

function reasonOf(states: ReadonlyMap<string, RestoreState>, steps: readonly CaseStep[]): string {
  if (states.size === 0) return "Nothing was put back.";
  const titles = new Map(steps.map(({ step }) => [step.id, step.title]));
  const left = [...states].filter(([, { confirmed }]) => !confirmed);
  const back = states.size - left.length;
  const said = `${back} of ${states.size} steps are put back, which reads confirm.`;
  if (left.length === 0) return said;
  const named = left.slice(0, 5).map(([id]) => titles.get(id) ?? id);
  const more = left.length > named.length ? ` and ${left.length - named.length} more` : "";
  return `${said} Not back: ${named.join("; ")}${more}. The record says why and what a person must do.`;
}
