import type { Plan } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import { residualExposure } from "../plan/residual-exposure.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Concluded, ConcludeInput } from "./activities.ts";
import { accountOf, outcomeOf } from "./case-outcome.ts";
import { caseStanding, type CaseStep, stepsOfCase } from "./case-standing.ts";
import { concludeRestore } from "./conclude-restore.ts";
import { BY_SYSTEM, callerActor, entryIdOf } from "./journal.ts";
import { settle } from "./settle-case.ts";
import { existing } from "./stored-case.ts";

/** Says what a phase came to: outcome, residual exposure, report, word to Sentinel; and how long to watch. */
export async function concludeCase(app: Tourniquet, input: ConcludeInput): Promise<Concluded> {
  const summary = await existing(app, input.caseId);
  switch (input.phase) {
    case "refused":
      return settle(app, summary, { status: "closed", outcome: "refused", watchUntil: null });
    case "contained":
      return concludeContainment(app, summary);
    case "reviewed":
      return concludeReview(app, summary, input.clean);
    case "restored":
      return concludeRestore(app, summary, input.requestId);
    case "closed":
      return close(app, summary, input);
    default:
      return input satisfies never;
  }
}

async function concludeContainment(app: Tourniquet, summary: CaseSummary): Promise<Concluded> {
  const { caseId } = summary;
  if (summary.scope === null) throw new TypeError(`${caseId} has no scope to conclude`);
  const standing = await caseStanding(app.record(caseId));
  const { steps, latest } = await stepsOfCase(app, caseId, standing);
  if (latest === null) throw new TypeError(`${caseId} has no plan to conclude`);
  const scope = await app.documents.getJson<Scope>(caseId, summary.scope);
  const account = accountOf(steps, latest, standing);
  const { outcome, reason } = outcomeOf(latest, account);
  const touched = outcome === "contained" || outcome === "contained-with-gaps";
  const exposure = touched
    ? residualExposure(scope, wholePlan(latest, steps), (id) => standing.of(id), app.now())
    : [];
  if (touched) {
    await app.record(caseId).append([
      {
        id: entryIdOf(caseId, "residual-exposure", summary.plan?.digest ?? ""),
        type: "residual-exposure",
        actor: BY_SYSTEM("prove"),
        data: { items: exposure },
      },
    ]);
  }
  // What is on record stands: a crash before the index knew of it must not begin a second watch.
  const watchUntil = touched ? (summary.watchUntil ?? standing.watchUntil ?? watchEnd(app)) : null;
  return settle(app, summary, {
    status: watchUntil === null ? "closed" : "watching",
    outcome,
    reason,
    watchUntil,
    change: { steps: account.steps, residualExposure: exposure },
  });
}

/** Somebody may have closed a gap meanwhile, or the watch made a cut that did not take before: then the outcome is another. */
async function concludeReview(app: Tourniquet, summary: CaseSummary, clean: boolean): Promise<Concluded> {
  const { caseId, outcome: before, watchUntil } = summary;
  const standing = await caseStanding(app.record(caseId));
  const { steps, latest } = await stepsOfCase(app, caseId, standing);
  if (latest === null) throw new TypeError(`${caseId} has no plan to review`);
  const foundSincePlan = clean ? [] : standing.foundSincePlan;
  const account = accountOf(steps, latest, { of: standing.of, foundSincePlan });
  const { outcome, reason } = outcomeOf(latest, account);
  if (outcome === before && account.steps.gaps === summary.steps.gaps) return { outcome, watchUntil };
  return settle(app, summary, {
    status: "watching",
    outcome,
    reason,
    watchUntil,
    change: { steps: account.steps },
  });
}

function watchEnd(app: Tourniquet): string | null {
  const watchForInMs = app.policy.watch.hours * 3_600_000;
  return watchForInMs > 0 ? new Date(app.now().getTime() + watchForInMs).toISOString() : null;
}

/** All that was cut over all plans, as one: exposure depends on everything that is gone, not on the latest plan. */
function wholePlan(latest: Plan, steps: readonly CaseStep[]): Plan {
  return { ...latest, waves: [{ name: "all", reason: "", steps: steps.map(({ step }) => step) }] };
}

async function close(
  app: Tourniquet,
  summary: CaseSummary,
  { requestId, watchUntil }: Extract<ConcludeInput, { readonly phase: "closed" }>,
): Promise<Concluded> {
  const { caseId } = summary;
  const asked = requestId === null ? null : await app.requests.get(caseId, requestId);
  const reason = asked?.kind === "close" ? asked.reason : "The watch ended with nothing found.";
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "closed", requestId ?? watchUntil),
      type: "closed",
      actor: asked === null ? BY_SYSTEM("watch") : callerActor(asked.by),
      data: { reason },
    },
  ]);
  const pending = await app.requests.pending(caseId);
  for (const { id, kind } of pending) if (kind === "close") await app.requests.settle(caseId, id);
  return settle(app, summary, { status: "closed", outcome: summary.outcome, reason, watchUntil: null });
}
