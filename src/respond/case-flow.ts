import type { OrchestrationContext } from "durable-functions";
import {
  askDecision,
  beginCase,
  type CaseRef,
  concludeCase,
  confirmSteps,
  type Cursor,
  lookForRequests,
  makePlan,
  performSteps,
  type Planned,
  readDecision,
  restoreSteps,
  type StepSelection,
  takeSnapshot,
  watchOnce,
} from "./activities.ts";
import { call, type Flow, sleep, waitForKnock } from "./flow.ts";

/** One instance is one case from its alert to the end of its watch; each phase starts with an empty history. */
export type CaseFlowInput = CaseRef &
  /** Round 1 starts from the alert; a later one because the watch saw the attacker come back. */
  (
    | { readonly phase: "respond"; readonly round: number }
    | {
        readonly phase: "watch";
        readonly until: string;
        readonly since: string;
        readonly everyInMs: number;
        readonly round: number;
      }
    | { readonly phase: "restore" }
  );

/** Knocks: what they are about stands in the case's requests. */
export const KNOCKS = { decision: "decision", restore: "restore", close: "close" } as const;

const FIRST: Cursor = { wave: 0, step: 0 };
const MOST_ATTEMPTS = 8;
const SHORTEST_RETRY_IN_MS = 2_000;
const LONGEST_RETRY_IN_MS = 300_000;
const MOST_PLANS = 5;

export function* caseFlow(context: OrchestrationContext): Flow<unknown> {
  const input: CaseFlowInput = context.df.getInput();
  switch (input.phase) {
    case "respond":
      return yield* respond(context, input.caseId, input.round);
    case "watch":
      return yield* watch(context, input);
    case "restore":
      return yield* restore(context, input);
    default:
      return input satisfies never;
  }
}

function* respond(context: OrchestrationContext, caseId: string, round: number): Flow<unknown> {
  if (round === 1) {
    const begun = yield* call(context, beginCase, { caseId });
    if (begun.next === "stop") return yield* call(context, concludeCase, { caseId, phase: "refused" });
  }
  const plan = yield* contain(context, caseId);
  const concluded = yield* call(context, concludeCase, { caseId, phase: "contained" });
  if (concluded.watchUntil === null) return concluded;
  context.df.continueAsNew({
    caseId,
    phase: "watch",
    until: concluded.watchUntil,
    since: context.df.currentUtcDateTime.toISOString(),
    everyInMs: plan.pace.watchEveryInMs,
    round,
  } satisfies CaseFlowInput);
  return concluded;
}

/**
 * Scope, plan, perform, and look again: an attacker who is at work while we cut plants more, and nothing is called
 * contained that was not looked at after the last cut. Bounded; what is still open then is left to the watch.
 */
function* contain(context: OrchestrationContext, caseId: string): Flow<Planned> {
  const since = context.df.currentUtcDateTime.toISOString();
  for (let plans = 1; ; plans++) {
    yield* call(context, takeSnapshot, { caseId });
    const plan = yield* call(context, makePlan, { caseId });
    if (plan.automatic + plan.approval === 0) return plan;
    if (plan.automatic > 0) yield* performAll(context, caseId, plan, "automatic");
    const decided = plan.approval > 0 ? yield* decide(context, caseId, plan) : "approved";
    if (decided === "approved" && plan.approval > 0) {
      yield* performAll(context, caseId, plan, "approved");
    }
    if (plans >= MOST_PLANS || decided === "rejected" || decided === "expired") return plan;
    if (decided === "changed") continue;
    const again = yield* call(context, watchOnce, { caseId, since });
    if (again.toCut === 0) return plan;
  }
}

/** Performs in order what may be performed, waits out what Azure asks to wait for, then re-reads until it holds. */
function* performAll(
  context: OrchestrationContext,
  caseId: string,
  plan: Planned,
  selection: StepSelection,
): Flow<void> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    let from: Cursor | null = FIRST;
    let retryable = 0;
    let retryAfterInMs = 0;
    while (from !== null) {
      const input = { caseId, planDigest: plan.planDigest, selection, from, attempt };
      const performed: { next: Cursor | null; retryable: number; retryAfterInMs: number } = yield* call(
        context,
        performSteps,
        input,
      );
      retryable += performed.retryable;
      retryAfterInMs = Math.max(retryAfterInMs, performed.retryAfterInMs);
      from = performed.next;
    }
    if (retryable === 0) break;
    const backOffInMs = SHORTEST_RETRY_IN_MS * 2 ** (attempt - 1);
    yield* sleep(context, Math.min(Math.max(retryAfterInMs, backOffInMs), LONGEST_RETRY_IN_MS));
  }
  yield* confirmAll(context, caseId, plan, selection);
}

function* confirmAll(
  context: OrchestrationContext,
  caseId: string,
  plan: Planned,
  selection: StepSelection,
): Flow<void> {
  const { confirmEveryInMs, confirmWithinInMs, confirmations } = plan.pace;
  // Counted, not timed: a loop on the clock may go round for ever when timers fire early.
  const rounds = Math.max(confirmations, Math.ceil(confirmWithinInMs / confirmEveryInMs));
  let agreed: Readonly<Record<string, number>> = {};
  for (let round = 1; round <= rounds; round++) {
    const input = { caseId, planDigest: plan.planDigest, selection, agreed, round, last: round === rounds };
    const confirmed = yield* call(context, confirmSteps, input);
    if (confirmed.open === 0) return;
    agreed = confirmed.agreed;
    if (round < rounds) yield* sleep(context, confirmEveryInMs);
  }
}

function* decide(
  context: OrchestrationContext,
  caseId: string,
  plan: Planned,
): Flow<"approved" | "rejected" | "expired" | "changed"> {
  const { planDigest, pace } = plan;
  const deadline = new Date(context.df.currentUtcDateTime.getTime() + pace.decideWithinInMs);
  yield* call(context, askDecision, { caseId, planDigest, deadline: deadline.toISOString() });
  const timer = context.df.createTimer(deadline);
  for (;;) {
    const knock = context.df.waitForExternalEvent(KNOCKS.decision);
    const winner = yield context.df.Task.any([knock, timer]);
    const expired = winner === timer;
    const decided = yield* call(context, readDecision, { caseId, planDigest, expired });
    if (decided.kind !== "none") {
      if (!expired) timer.cancel();
      return decided.kind;
    }
    if (expired) return "expired";
  }
}

function* watch(
  context: OrchestrationContext,
  input: Extract<CaseFlowInput, { readonly phase: "watch" }>,
): Flow<unknown> {
  const { caseId, until, everyInMs } = input;
  const leftInMs = Date.parse(until) - context.df.currentUtcDateTime.getTime();
  // Timers fire early by up to 0.3 s: what is left then is no round of its own.
  if (leftInMs < 1_000) return yield* call(context, concludeCase, { caseId, phase: "closed" });
  yield* waitForKnock(context, [KNOCKS.restore, KNOCKS.close], Math.min(everyInMs, leftInMs));
  const since = context.df.currentUtcDateTime.toISOString();
  const asked = yield* call(context, lookForRequests, { caseId });
  if (asked.restore) {
    context.df.continueAsNew({ caseId, phase: "restore" } satisfies CaseFlowInput);
    return asked;
  }
  if (asked.close) return yield* call(context, concludeCase, { caseId, phase: "closed" });
  const watched = yield* call(context, watchOnce, { caseId, since: input.since });
  const next: CaseFlowInput = watched.contain
    ? { caseId, phase: "respond", round: input.round + 1 }
    : { caseId, phase: "watch", until, since, everyInMs, round: input.round };
  context.df.continueAsNew(next);
  return watched;
}

function* restore(
  context: OrchestrationContext,
  input: Extract<CaseFlowInput, { readonly phase: "restore" }>,
): Flow<unknown> {
  const { caseId } = input;
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const restored = yield* call(context, restoreSteps, { caseId, attempt });
    if (restored.retryable + restored.open === 0) break;
    const backOffInMs = SHORTEST_RETRY_IN_MS * 2 ** (attempt - 1);
    yield* sleep(context, Math.min(Math.max(restored.retryAfterInMs, backOffInMs), LONGEST_RETRY_IN_MS));
  }
  return yield* call(context, concludeCase, { caseId, phase: "restored" });
}
