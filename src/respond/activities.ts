import type { CaseOutcome, Mode } from "../case/case.ts";
import { activityReference } from "./flow.ts";
import type { Tried } from "./retries.ts";

/** The activities of a case, by name. What passes through history are references, counts and digests. */

export interface CaseRef {
  readonly caseId: string;
}

/** Resolves the subjects and, where policy says so, disables an unambiguous suspect: one hop from the start to the first cut. */
export const beginCase = activityReference<LookInput, Begun>("begin-case");
export interface LookInput extends CaseRef {
  /** Go on with what can be read, however little. */
  readonly last: boolean;
}
export interface Begun {
  /** `stop`: nobody to act on. `again`: nobody yet, but the directory could not be asked. */
  readonly next: "scope" | "stop" | "again";
}

export const takeSnapshot = activityReference<LookInput, Snapshotted>("take-snapshot");
export interface Snapshotted {
  /** Parts could not be read that may be readable in a moment; nothing was stored. */
  readonly again: boolean;
  readonly principals: number;
}

export const makePlan = activityReference<CaseRef, Planned>("make-plan");
export interface Planned {
  readonly planDigest: string;
  readonly mode: Mode;
  readonly automatic: number;
  readonly approval: number;
  /** Of those waiting for approval, what policy lets run when nobody answers. */
  readonly atDeadline: number;
  /** How many secrets each selection would rotate. */
  readonly rotations: Readonly<Record<StepSelection, number>>;
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

/** `at-deadline`: reversible steps that policy lets run when nobody decided in time. */
export type StepSelection = "automatic" | "approved" | "at-deadline";

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

export type Performed = Tried<Cursor>;

/** Performs as many steps as belong into one activity, waves in order, intents before effects, outcomes after. */
export const performSteps = activityReference<PerformInput, Performed>("perform-steps");

export interface ConfirmInput {
  readonly caseId: string;
  readonly planDigest: string;
  readonly selection: StepSelection;
  /** Agreeing reads in a row so far: a digit for each step of the selection, in order. Short, because history keeps it. */
  readonly agreed: string;
  readonly round: number;
  readonly last: boolean;
}

export interface Confirmed {
  readonly open: number;
  readonly agreed: string;
}

/** Re-reads every performed step once. */
export const confirmSteps = activityReference<ConfirmInput, Confirmed>("confirm-steps");

/** What is to be decided: the plan, or putting back what somebody asked to have back. */
export type DecisionAbout = "plan" | "restore";

export interface AskInput extends CaseRef {
  readonly about: DecisionAbout;
  readonly planDigest: string;
  readonly deadline: string;
}
export const askDecision = activityReference<AskInput, CaseRef>("ask-decision");

export interface DecisionInput extends CaseRef {
  readonly about: DecisionAbout;
  readonly planDigest: string;
  readonly expired: boolean;
}
export const readDecision = activityReference<DecisionInput, Decided>("read-decision");
export interface Decided {
  /** `changed`: approved, but the tenant is no longer what the plan was made from; a new plan is to be decided. */
  readonly kind: "approved" | "rejected" | "expired" | "none" | "changed";
}

/** What was asked for is named: once it is settled it is no longer pending, and the activity may run again. */
export type ConcludeInput = CaseRef &
  /** `reviewed`: gaps of a case that is watched were looked at again. */
  (
    | { readonly phase: "contained" | "refused" }
    /** Gaps of a case that is watched were looked at again; `clean`: what looks before this one found is over. */
    | { readonly phase: "reviewed"; readonly clean: boolean }
    | { readonly phase: "restored"; readonly requestId: string | null }
    /** Without a request the watch ended by itself, when it was to. */
    | { readonly phase: "closed"; readonly requestId: string | null; readonly watchUntil: string }
  );
export const concludeCase = activityReference<ConcludeInput, Concluded>("conclude-case");
export interface Concluded {
  readonly outcome: CaseOutcome | null;
  readonly watchUntil: string | null;
}

export interface FailInput extends CaseRef {
  /** The activity that went on failing. */
  readonly where: string;
}
/** Says on record and in the case's state that it cannot go on by itself. */
export const failCase = activityReference<FailInput, Concluded>("fail-case");

export interface RequestsFound {
  readonly restore: boolean;
  /** The oldest request to end the watch. */
  readonly closeId: string | null;
}
/** What people asked of the case meanwhile. */
export const lookForRequests = activityReference<CaseRef, RequestsFound>("look-for-requests");

export interface WatchInput extends CaseRef {
  /** `whole`: everything is read anew, whether it looks different or not. */
  readonly look: "whole" | "as-needed";
}
export interface Watched {
  readonly findings: number;
  /** There is something to cut again, by itself or after a decision: the same rules say which. */
  readonly contain: boolean;
  /** Everything was read anew, and nothing was found to cut. */
  readonly clean: boolean;
}
export const watchOnce = activityReference<WatchInput, Watched>("watch-once");

export interface ReviewInput extends CaseRef {
  /** When this look began: tells a gap closed now from the same one closed, opened and closed before. */
  readonly since: string;
  readonly agreed: string;
  readonly round: number;
}
export interface Reviewed {
  readonly agreed: string;
}
/** Re-reads once what was left open: a person may have made the cut, or Azure shows it by now. */
export const reviewGaps = activityReference<ReviewInput, Reviewed>("review-gaps");

/** Settles what the oldest stored restore request asks for: which steps, in which order, and whether that needs a decision. */
export const prepareRestore = activityReference<CaseRef, RestorePrepared>("prepare-restore");
export interface RestorePrepared {
  /** Null: nothing is asked for. */
  readonly requestId: string | null;
  readonly restoreDigest: string;
  readonly steps: number;
  readonly approval: number;
  readonly pace: Pace;
}

export interface RestoreInput extends CaseRef {
  readonly restoreDigest: string;
  readonly from: number;
  readonly attempt: number;
}
export type Restored = Tried<number>;
/** Puts back as many steps as belong into one activity, last made first. */
export const restoreSteps = activityReference<RestoreInput, Restored>("restore-steps");

export interface ConfirmRestoredInput extends CaseRef {
  readonly restoreDigest: string;
  readonly agreed: string;
  readonly round: number;
  readonly last: boolean;
}
/** Re-reads once everything that was put back. */
export const confirmRestored = activityReference<ConfirmRestoredInput, Confirmed>("confirm-restored");
