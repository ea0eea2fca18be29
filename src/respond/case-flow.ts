import type { OrchestrationContext } from "durable-functions";
import {
  askDecision,
  beginCase,
  type CaseRef,
  concludeCase,
  type Concluded,
  confirmRestored,
  type Cursor,
  type DecisionAbout,
  failCase,
  lookForRequests,
  makePlan,
  type Pace,
  performSteps,
  type Planned,
  prepareRestore,
  readDecision,
  restoreSteps,
  type RestorePrepared,
  reviewGaps,
  type StepSelection,
  takeSnapshot,
  watchOnce,
} from "./activities.ts";
import { ActivityFailedError, call, type Flow, sleep, waitForKnock } from "./flow.ts";
import { agree, type ProofInput, prove, proveBesideRotations } from "./proof-flow.ts";
import { openRetries, passSoon, passToTheEnd, type Retries } from "./retries.ts";

/** One instance is one case from its alert to the end of its watch; each phase starts with an empty history. */
export type CaseFlowInput = CaseRef &
  /** Round 1 starts from the alert; a later one because the watch saw the attacker come back. */
  (
    | { readonly phase: "respond"; readonly round: number }
    | {
        readonly phase: "watch";
        readonly until: string;
        readonly pace: Pace;
        /** Cuts are open that somebody may close meanwhile. */
        readonly gaps: boolean;
        /** The look before found something to cut: the next one reads everything anew. */
        readonly open: boolean;
        readonly round: number;
      }
    | { readonly phase: "restore"; readonly round: number }
  );

/** Knocks: what they are about stands in the case's requests. */
export const KNOCKS = { decision: "decision", restore: "restore", close: "close" } as const;

const FIRST: Cursor = { wave: 0, step: 0 };
const MOST_PLANS = 5;
/** While a question is open and something is tried again. */
const LOOK_EVERY_IN_MS = 30_000;
/** With a wait that doubles from a second: half a minute for a directory or a log that is away. */
const MOST_LOOKS = 6;

export function* caseFlow(context: OrchestrationContext): Flow<unknown> {
  const input: CaseFlowInput = context.df.getInput();
  try {
    return yield* phaseOf(context, input);
  } catch (error) {
    if (!(error instanceof ActivityFailedError)) throw error;
    return yield* call(context, failCase, { caseId: input.caseId, where: error.activity });
  }
}

function* phaseOf(context: OrchestrationContext, input: CaseFlowInput): Flow<unknown> {
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
  if (round === 1 && !(yield* begin(context, caseId))) {
    return yield* call(context, concludeCase, { caseId, phase: "refused" });
  }
  const { plan, open } = yield* contain(context, caseId);
  const concluded = yield* call(context, concludeCase, { caseId, phase: "contained" });
  return watchOn(context, caseId, concluded, { pace: plan.pace, open, round });
}

/** Goes on into the watch, with an empty history, if there is one. */
function watchOn(
  context: OrchestrationContext,
  caseId: string,
  concluded: Concluded,
  { pace, open, round }: { readonly pace: Pace; readonly open: boolean; readonly round: number },
): Concluded {
  if (concluded.watchUntil === null) return concluded;
  context.df.continueAsNew({
    caseId,
    phase: "watch",
    until: concluded.watchUntil,
    pace,
    gaps: concluded.outcome === "contained-with-gaps",
    open,
    round,
  } satisfies CaseFlowInput);
  return concluded;
}

/** Whether there is somebody to act on. */
function* begin(context: OrchestrationContext, caseId: string): Flow<boolean> {
  for (let look = 1; ; look++) {
    const begun = yield* call(context, beginCase, { caseId, last: look >= MOST_LOOKS });
    if (begun.next !== "again") return begun.next === "scope";
    yield* sleep(context, 1_000 * 2 ** (look - 1));
  }
}

interface Contained {
  readonly plan: Planned;
  /** The last look found more to cut, which is the watch's to go on with. */
  readonly open: boolean;
}

/**
 * Scope, plan, perform, and look again: an attacker who is at work while we cut plants more, and nothing is called
 * contained that was not looked at after the last cut. Bounded; what is still open then is left to the watch.
 */
function* contain(context: OrchestrationContext, caseId: string): Flow<Contained> {
  for (let plans = 1; ; plans++) {
    for (let look = 1; ; look++) {
      const taken = yield* call(context, takeSnapshot, { caseId, last: look >= MOST_LOOKS });
      if (!taken.again) break;
      yield* sleep(context, 1_000 * 2 ** (look - 1));
    }
    const plan = yield* call(context, makePlan, { caseId });
    if (plan.automatic + plan.approval === 0) return { plan, open: false };
    const automatic = performing(context, caseId, plan, "automatic");
    if (plan.automatic > 0) {
      yield* passSoon(context, automatic);
      // What an attacker keeps undoing, or Azure refuses for long, must not hold up the question whose answer stops them.
      const isAsked = plan.approval > 0;
      yield* followThrough(context, caseId, plan, {
        selections: ["automatic"],
        rotating: "automatic",
        retries: [automatic],
        isAsked,
      });
    }
    if (plan.approval > 0) {
      const decided = yield* decideAndPerform(context, caseId, plan, automatic);
      if (decided === "rejected" || decided === "expired") return { plan, open: false };
      if (decided === "changed" && plans < MOST_PLANS) continue;
    }
    // The last look is on record too: what it found is a gap until the watch has cut it.
    const again = yield* call(context, watchOnce, { caseId, look: "whole" });
    if (!again.contain || plans >= MOST_PLANS) return { plan, open: again.contain };
  }
}

function* decideAndPerform(
  context: OrchestrationContext,
  caseId: string,
  plan: Planned,
  automatic: Retries,
): Flow<"approved" | "rejected" | "expired" | "changed"> {
  const { planDigest, pace } = plan;
  const meanwhile = plan.automatic > 0 ? automatic : null;
  const decided = yield* decide(context, { caseId, about: "plan", planDigest }, pace, meanwhile);
  const allowed: StepSelection | null =
    decided === "approved" ? "approved" : decided === "expired" && plan.atDeadline > 0 ? "at-deadline" : null;
  if (decided === "changed") return decided;
  const retries = meanwhile === null ? [] : [meanwhile];
  const selections: StepSelection[] = meanwhile === null ? [] : ["automatic"];
  if (allowed !== null) {
    const steps = performing(context, caseId, plan, allowed);
    yield* passSoon(context, steps);
    retries.push(steps);
    selections.push(allowed);
  }
  yield* followThrough(context, caseId, plan, { selections, rotating: allowed, retries, isAsked: false });
  return decided;
}

/** Steps of a selection in order, and again what Azure refused for now. */
function performing(
  context: OrchestrationContext,
  caseId: string,
  { planDigest }: Planned,
  selection: StepSelection,
): Retries {
  return openRetries(FIRST, (from, attempt) =>
    call(context, performSteps, { caseId, planDigest, selection, from, attempt }),
  );
}

/**
 * Secrets are rotated and cuts proved; then what Azure refuses for long is tried to the end and proved as well. A leaked
 * value is to die soon, so its rotation waits for neither.
 */
function* followThrough(
  context: OrchestrationContext,
  caseId: string,
  { planDigest, pace, rotations }: Planned,
  done: {
    readonly selections: readonly StepSelection[];
    readonly rotating: StepSelection | null;
    readonly retries: readonly Retries[];
    /** Somebody is to be asked next: what takes long is left for after that. */
    readonly isAsked: boolean;
  },
): Flow<void> {
  const { selections, rotating, retries, isAsked } = done;
  const proof = { caseId, planDigest, pace, selections };
  const isAllTried = retries.every(({ pauseInMs }) => pauseInMs === null);
  const first: ProofInput = { ...proof, patience: isAllTried && !isAsked ? "at length" : "soon" };
  if (rotating === null || rotations[rotating] === 0) yield* prove(context, first);
  else yield* proveBesideRotations(context, first, rotating);
  if (isAllTried || isAsked) return;
  yield* passToTheEnd(context, ...retries);
  yield* prove(context, { ...proof, patience: "at length" });
}

function* decide(
  context: OrchestrationContext,
  question: { readonly caseId: string; readonly about: DecisionAbout; readonly planDigest: string },
  { decideWithinInMs }: Pace,
  meanwhile: Retries | null = null,
): Flow<"approved" | "rejected" | "expired" | "changed"> {
  const deadline = new Date(context.df.currentUtcDateTime.getTime() + decideWithinInMs);
  yield* call(context, askDecision, { ...question, deadline: deadline.toISOString() });
  // A person may take hours; what may be cut without one is tried again until then. Answers are looked for between the
  // tries, not listened for: Durable gives a knock to a wait that has timed out, where nobody hears it.
  for (;;) {
    const pauseInMs = Math.min(meanwhile?.pauseInMs ?? Number.POSITIVE_INFINITY, LOOK_EVERY_IN_MS);
    if (meanwhile?.pauseInMs == null || timeLeft(context, deadline) <= pauseInMs) break;
    yield* sleep(context, pauseInMs);
    meanwhile.elapsed(pauseInMs);
    if (meanwhile.pauseInMs === 0) yield* meanwhile.pass();
    const decided = yield* call(context, readDecision, { ...question, expired: false });
    if (decided.kind !== "none") return decided.kind;
  }
  for (;;) {
    // A timer of its own for each wait: Durable's compound tasks do not share one.
    const leftInMs = timeLeft(context, deadline);
    const expired = (yield* waitForKnock(context, [KNOCKS.decision], leftInMs)) === null;
    const decided = yield* call(context, readDecision, { ...question, expired });
    if (decided.kind !== "none") return decided.kind;
    if (expired) return "expired";
  }
}

function timeLeft(context: OrchestrationContext, deadline: Date): number {
  return Math.max(0, deadline.getTime() - context.df.currentUtcDateTime.getTime());
}

function* watch(
  context: OrchestrationContext,
  input: Extract<CaseFlowInput, { readonly phase: "watch" }>,
): Flow<unknown> {
  const { caseId, until, pace } = input;
  const leftInMs = Date.parse(until) - context.df.currentUtcDateTime.getTime();
  // Timers fire early by up to 0.3 s: what is left then is no round of its own.
  if (leftInMs < 1_000) {
    return yield* call(context, concludeCase, {
      caseId,
      phase: "closed",
      requestId: null,
      watchUntil: until,
    });
  }
  yield* waitForKnock(context, [KNOCKS.restore, KNOCKS.close], Math.min(pace.watchEveryInMs, leftInMs));
  const asked = yield* call(context, lookForRequests, { caseId });
  if (asked.restore) {
    context.df.continueAsNew({ caseId, phase: "restore", round: input.round } satisfies CaseFlowInput);
    return asked;
  }
  const { closeId } = asked;
  if (closeId !== null) {
    return yield* call(context, concludeCase, {
      caseId,
      phase: "closed",
      requestId: closeId,
      watchUntil: until,
    });
  }
  const watched = yield* call(context, watchOnce, { caseId, look: input.open ? "whole" : "as-needed" });
  const gaps = input.gaps && !watched.contain ? yield* stillGaps(context, input, watched.clean) : input.gaps;
  const open = input.open && !watched.clean;
  const next: CaseFlowInput = watched.contain
    ? { caseId, phase: "respond", round: input.round + 1 }
    : { caseId, phase: "watch", until, pace, gaps, open, round: input.round };
  context.df.continueAsNew(next);
  return watched;
}

/** After a look that found nothing to cut: whether anything of before is open still. */
function* stillGaps(
  context: OrchestrationContext,
  { caseId, pace: { confirmations, confirmEveryInMs } }: Extract<CaseFlowInput, { readonly phase: "watch" }>,
  clean: boolean,
): Flow<boolean> {
  const since = context.df.currentUtcDateTime.toISOString();
  let agreed = "";
  for (let round = 1; round <= confirmations; round++) {
    const reviewed = yield* call(context, reviewGaps, { caseId, since, agreed, round });
    agreed = reviewed.agreed;
    if (!/[1-9a-z]/.test(agreed)) break;
    if (round < confirmations) yield* sleep(context, confirmEveryInMs);
  }
  const concluded = yield* call(context, concludeCase, { caseId, phase: "reviewed", clean });
  return concluded.outcome === "contained-with-gaps";
}

function* restore(
  context: OrchestrationContext,
  { caseId, round }: Extract<CaseFlowInput, { readonly phase: "restore" }>,
): Flow<unknown> {
  const prepared = yield* call(context, prepareRestore, { caseId });
  const { requestId, restoreDigest, pace } = prepared;
  const decided =
    prepared.approval === 0
      ? "approved"
      : yield* decide(context, { caseId, about: "restore", planDigest: restoreDigest }, pace);
  if (decided === "approved") yield* putBack(context, caseId, prepared);
  const concluded = yield* call(context, concludeCase, { caseId, phase: "restored", requestId });
  return watchOn(context, caseId, concluded, { pace, open: false, round });
}

function* putBack(
  context: OrchestrationContext,
  caseId: string,
  { restoreDigest, pace }: RestorePrepared,
): Flow<void> {
  const steps = openRetries(0, (from, attempt) =>
    call(context, restoreSteps, { caseId, restoreDigest, from, attempt }),
  );
  yield* passToTheEnd(context, steps);
  yield* agree(context, pace, "at length", (looked) =>
    call(context, confirmRestored, { caseId, restoreDigest, ...looked }),
  );
}
