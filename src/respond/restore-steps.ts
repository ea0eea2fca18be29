import type { StepOutcome } from "../case/outcome.ts";
import type { PlannedStep } from "../case/plan.ts";
import { guardIds } from "../plan/guardrails.ts";
import type { CaseRecord } from "../record/case-record.ts";
import type { NewEntry } from "../record/entry.ts";
import { WAVES } from "../plan/waves.ts";
import { stepNamed } from "../steps/steps.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Confirmed, ConfirmRestoredInput, Restored, RestoreInput } from "./activities.ts";
import { lookOnce } from "./agreement.ts";
import { callerActor, confirmationEntry, entryIdOf, restoreEntry } from "./journal.ts";
import { inLanes } from "./lanes.ts";
import { currentProtection } from "./protection.ts";
import { loadRestore, type RestorePlan } from "./restore-plan.ts";
import { unexpected } from "./unexpected.ts";

const MOST_STEPS = 60;

/**
 * Puts back a stretch of a restore plan, one wave after the other: intents, effects side by side, outcomes. What cannot
 * come back is said with what a person must do. Run twice, it repeats nothing whose outcome stands.
 */
export async function restoreSteps(app: Tourniquet, input: RestoreInput): Promise<Restored> {
  if (input.restoreDigest === "") return { next: null, retryable: 0, retryAfterInMs: 0 };
  const plan = await loadRestore(app, input.caseId, input.restoreDigest);
  const record = app.record(input.caseId);
  const [states, protection] = await Promise.all([
    restoreStates(record, plan.requestId),
    currentProtection(app),
  ]);
  const stretch = plan.steps.slice(input.from, input.from + MOST_STEPS);
  let retryable = 0;
  let retryAfterInMs = 0;
  for (const steps of byWave(stretch)) {
    const due = steps.filter(({ id }) => {
      const state = states.get(id);
      return state === undefined || (state.retryable && state.attempt < input.attempt);
    });
    if (due.length === 0) continue;
    await record.append(due.map((step) => intentEntry(plan, step, input.attempt)));
    const outcomes = await inLanes(due, async (step): Promise<StepOutcome> => {
      const refused = guardIds(step.touches, app.policy, protection);
      return refused === null ? undo(app, step) : { kind: "refused", ...refused };
    });
    const entries = due.flatMap((step, index) => {
      const outcome = outcomes[index];
      return outcome === undefined ? [] : [restoreEntry(plan.requestId, step, input.attempt, outcome)];
    });
    await record.append(entries, { withCheckpoint: true });
    for (const outcome of outcomes) {
      if (outcome.kind !== "failed" || !outcome.retryable) continue;
      retryable += 1;
      retryAfterInMs = Math.max(retryAfterInMs, outcome.retryAfterInMs ?? 0);
    }
  }
  const next = input.from + stretch.length;
  return { next: next < plan.steps.length ? next : null, retryable, retryAfterInMs };
}

/** Re-reads once what was put back and is not settled yet. */
export async function confirmRestored(app: Tourniquet, input: ConfirmRestoredInput): Promise<Confirmed> {
  if (input.restoreDigest === "") return { open: 0, agreed: "" };
  const plan = await loadRestore(app, input.caseId, input.restoreDigest);
  const record = app.record(input.caseId);
  const states = await restoreStates(record, plan.requestId);
  const looked = await lookOnce(
    plan.steps,
    ({ id }) => {
      const state = states.get(id);
      return (state?.result === "applied" || state?.result === "already-so") && !state.settled;
    },
    async (step) => {
      const { verifyUndone } = stepNamed(step.kind).bind(step.target, step.before);
      if (verifyUndone === null) throw new TypeError(`${step.kind} was put back and has no way back`);
      return verifyUndone({ azure: app.reader, stepId: step.id });
    },
    { ...input, confirmations: app.policy.verification.confirmations },
  );
  if (looked.settled.length > 0) {
    await record.append(
      looked.settled.map(({ step, reads, confirmation }) =>
        asRestored(plan, confirmationEntry(input.restoreDigest, step, reads, confirmation)),
      ),
      { withCheckpoint: looked.open === 0 },
    );
  }
  return { open: looked.open, agreed: looked.agreed };
}

async function undo(app: Tourniquet, step: PlannedStep): Promise<StepOutcome> {
  try {
    const bound = stepNamed(step.kind).bind(step.target, step.before);
    if (bound.undo === null) {
      return {
        kind: "needs-person",
        reason: step.irreversibleBecause ?? "This step has no way back.",
        action: `Give whoever needs it a new one: ${step.title}`,
      };
    }
    return await bound.undo({ azure: app.actor, stepId: step.id });
  } catch (error) {
    return unexpected(error, app.now());
  }
}

/** Consecutive steps of one wave; waves stay in the order they come in. */
function byWave(steps: readonly PlannedStep[]): readonly (readonly PlannedStep[])[] {
  const order: readonly string[] = WAVES.map(({ name }) => name);
  const groups: { readonly wave: number; readonly steps: PlannedStep[] }[] = [];
  for (const step of steps) {
    const wave = order.indexOf(stepNamed(step.kind).wave);
    const last = groups.at(-1);
    if (last?.wave === wave) last.steps.push(step);
    else groups.push({ wave, steps: [step] });
  }
  return groups.map((group) => group.steps);
}

function intentEntry({ requestId, requestedBy }: RestorePlan, step: PlannedStep, attempt: number): NewEntry {
  return {
    id: entryIdOf(requestId, step.id, "restore-intent", attempt),
    type: "intent",
    actor: callerActor(requestedBy),
    data: { stepId: step.id, kind: `restore:${step.kind}`, target: step.target, attempt, requestId },
  };
}

/** The same reads, about the putting back: marked, so that nobody takes them for reads of the cut. */
function asRestored({ requestId }: RestorePlan, entry: NewEntry): NewEntry {
  switch (entry.type) {
    case "confirmed":
      return { ...entry, data: { ...entry.data, requestId } };
    case "not-confirmed":
      return { ...entry, data: { ...entry.data, requestId } };
    default:
      return entry;
  }
}

export interface RestoreState {
  readonly result: unknown;
  readonly retryable: boolean;
  readonly attempt: number;
  readonly settled: boolean;
  readonly confirmed: boolean;
}

/** How far a request's steps have come, by step id; a step that was not begun is not there. */
export async function restoreStates(
  record: CaseRecord,
  requestId: string,
): Promise<ReadonlyMap<string, RestoreState>> {
  const states = new Map<string, RestoreState>();
  for await (const { type, data } of record.read()) {
    const stepId = data["stepId"];
    if (typeof stepId !== "string" || data["requestId"] !== requestId) continue;
    const known = states.get(stepId);
    if (type === "restore") {
      const attempt = typeof data["attempt"] === "number" ? data["attempt"] : 1;
      const { result } = data;
      states.set(stepId, {
        result,
        retryable: result === "failed" && data["retryable"] === true,
        attempt,
        settled: false,
        confirmed: false,
      });
    } else if (known !== undefined && (type === "confirmed" || type === "not-confirmed")) {
      states.set(stepId, { ...known, settled: true, confirmed: type === "confirmed" });
    }
  }
  return states;
}
