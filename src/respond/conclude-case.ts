import type { CaseOutcome, CaseStatus } from "../case/case.ts";
import type { Plan } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import type { NewEntry } from "../record/entry.ts";
import { residualExposure } from "../plan/residual-exposure.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Concluded, ConcludeInput } from "./activities.ts";
import { BY_SYSTEM, callerActor, entryIdOf, type StepState, stepStates } from "./journal.ts";

import { publish } from "./publish.ts";
import { existing, loadPlan } from "./stored-case.ts";

/** Says what a phase came to: outcome, residual exposure, report, word to Sentinel; and how long to watch. */
export async function concludeCase(app: Tourniquet, input: ConcludeInput): Promise<Concluded> {
  const { caseId, phase } = input;
  const summary = await existing(app, caseId);
  switch (phase) {
    case "refused":
      return settle(app, summary, { status: "closed", outcome: "refused", watchUntil: null });
    case "contained":
      return concludeContainment(app, summary);
    case "restored":
      return settle(app, summary, { status: "closed", outcome: "restored", watchUntil: null });
    case "closed":
      return close(app, summary);
    default:
      return phase satisfies never;
  }
}

interface Ending {
  readonly status: CaseStatus;
  readonly outcome: CaseOutcome | null;
  readonly reason?: string;
  readonly watchUntil: string | null;
  readonly change?: Partial<CaseSummary>;
}

async function concludeContainment(app: Tourniquet, summary: CaseSummary): Promise<Concluded> {
  const { caseId } = summary;
  if (summary.plan === null || summary.scope === null)
    throw new TypeError(`${caseId} has no plan to conclude`);
  const plan = await loadPlan(app, caseId, summary.plan.digest);
  const scope = await app.documents.getJson<Scope>(caseId, summary.scope);
  const states = await stepStates(app.record(caseId), summary.plan.digest);
  const counted = countSteps(plan, states.of);
  const { outcome, reason } = outcomeOf(plan, counted);
  const touched = outcome === "contained" || outcome === "contained-with-gaps";
  const exposure = touched ? residualExposure(scope, plan, states.of, app.now()) : [];
  if (touched) {
    await app.record(caseId).append([
      {
        id: entryIdOf(caseId, "residual-exposure", summary.plan.digest),
        type: "residual-exposure",
        actor: BY_SYSTEM("prove"),
        data: { items: exposure },
      },
    ]);
  }
  const watchForInMs = app.policy.watch.hours * 3_600_000;
  const watchUntil =
    touched && watchForInMs > 0 ? new Date(app.now().getTime() + watchForInMs).toISOString() : null;
  return settle(app, summary, {
    status: watchUntil === null ? "closed" : "watching",
    outcome,
    reason,
    watchUntil,
    change: { steps: counted, residualExposure: exposure },
  });
}

async function close(app: Tourniquet, summary: CaseSummary): Promise<Concluded> {
  const { caseId } = summary;
  const requests = (await app.requests.pending(caseId)).filter((it) => it.kind === "close");
  const asked = requests[0];
  const reason = asked === undefined ? "The watch ended with nothing found." : asked.reason;
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "closed"),
      type: "closed",
      actor: asked === undefined ? BY_SYSTEM("watch") : callerActor(asked.by),
      data: { reason },
    },
  ]);
  for (const { id } of requests) await app.requests.settle(caseId, id);
  return settle(app, summary, { status: "closed", outcome: summary.outcome, reason, watchUntil: null });
}

async function settle(app: Tourniquet, summary: CaseSummary, ending: Ending): Promise<Concluded> {
  const { caseId } = summary;
  const { status, outcome, watchUntil } = ending;
  const reason = ending.reason ?? summary.reason;
  const changed: NewEntry[] = [
    {
      id: entryIdOf(
        caseId,
        "status-changed",
        status,
        outcome ?? "",
        summary.plan?.digest ?? "",
        watchUntil ?? "",
      ),
      type: "status-changed",
      actor: BY_SYSTEM("conclude"),
      data: { status, outcome, ...(reason === null ? {} : { reason }) },
    },
  ];
  if (watchUntil !== null) {
    changed.push({
      id: entryIdOf(caseId, "watch-started", watchUntil),
      type: "watch-started",
      actor: BY_SYSTEM("watch"),
      data: { until: watchUntil },
    });
  }
  await app.record(caseId).append(changed, { withCheckpoint: true });
  const updated = await app.cases.update(caseId, (it) => ({
    ...it,
    ...ending.change,
    status,
    outcome,
    reason,
    watchUntil,
    closedAt: status === "closed" ? app.now().toISOString() : null,
  }));
  await publish(app, updated);
  return { outcome, watchUntil };
}

type StepCounts = CaseSummary["steps"] & { readonly unperformed: number };

function countSteps(plan: Plan, of: (stepId: string) => StepState): StepCounts {
  const steps = plan.waves.flatMap((wave) => wave.steps).filter(({ permission }) => permission !== "off");
  const states = steps.map(({ id }) => of(id));
  const confirmed = states.filter((it) => it.confirmed === "confirmed").length;
  return {
    planned: steps.length,
    applied: states.filter((it) => it.result === "applied" || it.result === "already-so").length,
    confirmed,
    gaps: steps.length - confirmed,
    unperformed: states.filter((it) => it.result === null).length,
  };
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
