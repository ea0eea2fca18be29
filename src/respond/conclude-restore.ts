import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Concluded } from "./activities.ts";
import { accountOf, outcomeOf } from "./case-outcome.ts";
import { caseStanding, type CaseStep, stepsOfCase } from "./case-standing.ts";
import type { PlannedStep } from "../case/plan.ts";
import { looksBeforeWatch, stoodAtFirst } from "./first-look.ts";
import { cutsLeftMade } from "./restore-plan.ts";
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
  const { steps, latest, planOf } = await stepsOfCase(app, caseId, standing);
  const states =
    requestId === null ? new Map<string, RestoreState>() : await restoreStates(record, requestId);
  const isOfAll = request?.kind === "restore" && request.stepIds === null;
  const left = isOfAll
    ? cutsLeftMade(steps, standing, stoodAtFirst(await looksBeforeWatch(app, caseId, planOf)))
    : [];
  const reason = reasonOf(states, steps, left);
  const account = accountOf(steps, latest, standing);
  const change = { steps: account.steps };
  const isWhole = isOfAll && states.size > 0;
  const ending = isWhole
    ? await settle(app, summary, { status: "closed", outcome: "restored", reason, watchUntil: null, change })
    : await settle(app, summary, {
        status: summary.watchUntil === null ? "closed" : "watching",
        outcome:
          latest === null || account.steps.planned === 0
            ? summary.outcome
            : outcomeOf(latest, account).outcome,
        reason,
        watchUntil: summary.watchUntil,
        change,
      });
  if (requestId !== null) await app.requests.settle(caseId, requestId);
  return ending;
}

function reasonOf(
  states: ReadonlyMap<string, RestoreState>,
  steps: readonly CaseStep[],
  leftMade: readonly PlannedStep[],
): string {
  if (states.size === 0) return "Nothing was put back.";
  const titles = new Map(steps.map(({ step }) => [step.id, step.title]));
  const left = [...states].filter(([, { confirmed }]) => !confirmed);
  const back = states.size - left.length;
  const stays =
    leftMade.length === 0
      ? ""
      : ` ${leftMade.length === 1 ? "1 cut" : `${leftMade.length} cuts`} of what came only after the case began ${leftMade.length === 1 ? "stays" : "stay"} made; it takes their ids to put them back.`;
  const said = `${back} of ${states.size} steps are put back, which reads confirm.${stays}`;
  if (left.length === 0) return said;
  const named = left.slice(0, 5).map(([id]) => titles.get(id) ?? id);
  const more = left.length > named.length ? ` and ${left.length - named.length} more` : "";
  return `${said} Not back: ${named.join("; ")}${more}. The record says why and what a person must do.`;
}
