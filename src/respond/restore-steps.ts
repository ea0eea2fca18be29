import type { StepOutcome } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import { guardIds } from "../plan/guardrails.ts";
import type { NewEntry } from "../record/entry.ts";
import { stepNamed } from "../steps/steps.ts";
import type { CaseRequest } from "../storage/case-requests.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Restored, RestoreInput } from "./activities.ts";
import { callerActor, entryIdOf, restoreEntry, stepStates } from "./journal.ts";
import { currentProtection } from "./protection.ts";
import { existing, loadPlan } from "./stored-case.ts";

type RestoreRequest = Extract<CaseRequest, { readonly kind: "restore" }>;

/**
 * Undoes what the oldest stored request names, last step first, each with its intent and its outcome on record, and
 * reads back. Steps that cannot be undone, and those that were never made, are said and left.
 */
export async function restoreSteps(app: Tourniquet, { caseId, attempt }: RestoreInput): Promise<Restored> {
  const request = (await app.requests.pending(caseId)).find((it) => it.kind === "restore");
  if (request === undefined) return { retryable: 0, retryAfterInMs: 0, open: 0 };
  const summary = await existing(app, caseId);
  if (summary.plan === null) throw new TypeError(`${caseId} has no plan to restore from`);
  const { digest } = summary.plan;
  const plan = await loadPlan(app, caseId, digest);
  const record = app.record(caseId);
  const [states, undone] = [await stepStates(record, digest), await restoredSteps(app, caseId, request.id)];
  const protection = await currentProtection(app);
  const due = plan.waves
    .flatMap((wave) => wave.steps)
    .filter(({ id }) => request.stepIds === null || request.stepIds.includes(id))
    .filter(({ id }) => ["applied", "already-so"].includes(states.of(id).result ?? "") && !undone.has(id))
    .toReversed();

  let retryable = 0;
  let retryAfterInMs = 0;
  let open = 0;
  for (const step of due) {
    const context = { azure: app.actor, stepId: step.id };
    const bound = stepNamed(step.kind).bind(step.target, step.before);
    if (bound.undo === null || bound.verifyUndone === null) {
      await record.append([restoreEntry(request.id, step, cannot(step))]);
      continue;
    }
    await record.append([intentEntry(request, step, attempt)]);
    const refused = guardIds(step.touches, app.policy, protection);
    const outcome: StepOutcome =
      refused === null ? await bound.undo(context) : { kind: "refused", ...refused };
    if (outcome.kind === "failed" && outcome.retryable) {
      retryable += 1;
      retryAfterInMs = Math.max(retryAfterInMs, outcome.retryAfterInMs ?? 0);
      continue;
    }
    if (outcome.kind === "applied" || outcome.kind === "already-so") {
      const confirmation = await bound.verifyUndone({ azure: app.reader, stepId: step.id });
      if (confirmation.kind !== "confirmed") {
        open += 1;
        continue;
      }
    }
    await record.append([restoreEntry(request.id, step, outcome)]);
  }
  if (retryable + open === 0) await app.requests.settle(caseId, request.id);
  return { retryable, retryAfterInMs, open };
}

function cannot(step: PlannedStep): StepOutcome {
  return {
    kind: "needs-person",
    reason: step.irreversibleBecause ?? "This step has no way back.",
    action: `Give whoever needs it a new one: ${step.title}`,
  };
}

function intentEntry(request: RestoreRequest, step: PlannedStep, attempt: number): NewEntry {
  return {
    id: entryIdOf(request.id, step.id, "restore-intent", attempt),
    type: "intent",
    actor: callerActor(request.by),
    data: {
      stepId: step.id,
      kind: `restore:${step.kind}`,
      target: step.target,
      attempt,
      requestId: request.id,
    },
  };
}

/** Steps that a request has settled already: an activity run twice goes on where it was. */
async function restoredSteps(
  app: Tourniquet,
  caseId: string,
  requestId: string,
): Promise<ReadonlySet<string>> {
  const settled = new Set<string>();
  for await (const { type, data } of app.record(caseId).read()) {
    const stepId = data["stepId"];
    if (type === "restore" && data["requestId"] === requestId && typeof stepId === "string")
      settled.add(stepId);
  }
  return settled;
}
