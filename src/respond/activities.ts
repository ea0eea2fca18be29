import type { CaseOutcome, Mode } from "../case/case.ts";
import { activityReference } from "./flow.ts";

/** The activities of a case, by name. What passes through history are references, counts and digests. */

export interface CaseRef {
  readonly caseId: string;
}

/** Resolves the subjects and, where policy says so, disables an unambiguous suspect: one hop from the start to the first cut. */
export const beginCase = activityReference<CaseRef, Begun>("begin-case");
export interface Begun {
  /** `stop`: nobody to act on; the case is refused or waits for a person. */
  readonly next: "scope" | "stop";
}

export const takeSnapshot = activityReference<CaseRef, Snapshotted>("take-snapshot");
export interface Snapshotted {
  readonly scopeDigest: string;
  readonly principals: number;
}

export const makePlan = activityReference<CaseRef, Planned>("make-plan");
export interface Planned {
  readonly planDigest: string;
  readonly mode: Mode;
  readonly automatic: number;
  readonly approval: number;
  readonly rotations: number;
  readonly pace: Pace;
}

/** Waits as policy has them, so that orchestrators need no policy. */
export interface Pace {
  readonly confirmations: number;
  readonly confirmEveryInMs: number;
  readonly confirmWithinInMs: number;
  readonly decideWithinInMs: number;
  readonly watchForInMs: number;
  readonly watchEveryInMs: number;
}

export type StepSelection = "automatic" | "approved";

/** Where performing goes on. */
export interface Cursor {
  readonly wave: number;
  readonly step: number;
}

export interface PerformInput {
  readonly caseId: string;
  readonly planDigest: string;
  readonly selection: StepSelection;
  readonly from: Cursor;
  /** Try again what failed and may pass. */
  readonly attempt: number;
}

export interface Performed {
  /** Null when all were tried. */
  readonly next: Cursor | null;
  /** Steps that may pass on another try, and when the soonest is worth it. */
  readonly retryable: number;
  readonly retryAfterInMs: number;
}

/** Performs as many steps as belong into one activity, waves in order, intents before effects, outcomes after. */
export const performSteps = activityReference<PerformInput, Performed>("perform-steps");

export interface ConfirmInput {
  readonly caseId: string;
  readonly planDigest: string;
  readonly selection: StepSelection;
  /** Agreeing reads in a row so far, by step id. */
  readonly agreed: Readonly<Record<string, number>>;
  readonly round: number;
  readonly last: boolean;
}

export interface Confirmed {
  readonly open: number;
  readonly agreed: Readonly<Record<string, number>>;
}

/** Re-reads every performed step once. */
export const confirmSteps = activityReference<ConfirmInput, Confirmed>("confirm-steps");

export interface AskInput extends CaseRef {
  readonly planDigest: string;
  readonly deadline: string;
}
export const askDecision = activityReference<AskInput, CaseRef>("ask-decision");

export interface DecisionInput extends CaseRef {
  readonly planDigest: string;
  readonly expired: boolean;
}
export const readDecision = activityReference<DecisionInput, Decided>("read-decision");
export interface Decided {
  /** `changed`: approved, but the tenant is no longer what the plan was made from; a new plan is to be decided. */
  readonly kind: "approved" | "rejected" | "expired" | "none" | "changed";
}

export interface ConcludeInput extends CaseRef {
  readonly phase: "contained" | "restored" | "closed" | "refused";
}
export const concludeCase = activityReference<ConcludeInput, Concluded>("conclude-case");
export interface Concluded {
  readonly outcome: CaseOutcome | null;
  readonly watchUntil: string | null;
}

export interface RequestsFound {
  readonly restore: boolean;
  readonly close: boolean;
}
/** What people asked of the case meanwhile. */
export const lookForRequests = activityReference<CaseRef, RequestsFound>("look-for-requests");

export interface WatchInput extends CaseRef {
  readonly since: string;
}
export interface Watched {
  readonly findings: number;
  /** Findings that the rules allow to be cut again by themselves. */
  readonly contain: boolean;
}
export const watchOnce = activityReference<WatchInput, Watched>("watch-once");

export interface RestoreInput extends CaseRef {
  readonly attempt: number;
}
export interface Restored {
  readonly retryable: number;
  readonly retryAfterInMs: number;
  readonly open: number;
}
/** Undoes what the stored restore request names, in reverse order, and reads back. */
export const restoreSteps = activityReference<RestoreInput, Restored>("restore-steps");
