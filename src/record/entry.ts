/** Who or what did it, and which of our own identities Azure saw. Verified claims only, never what a request said of itself. */
export type Actor =
  | {
      readonly kind: "caller";
      /** The object id in the verified token. */
      readonly id: string;
      readonly name?: string;
      readonly appRoles?: readonly string[];
      readonly identity?: UsedIdentity;
    }
  | { readonly kind: "policy"; readonly rule: string; readonly identity?: UsedIdentity }
  | { readonly kind: "system"; readonly component: string; readonly identity?: UsedIdentity };

/** The managed identity a request to Azure was made with. */
interface UsedIdentity {
  /** `reader`, `actor`, … as the configuration names it. */
  readonly name: string;
  readonly objectId?: string;
  readonly clientId?: string;
}

/** One request to Azure, so that it can be found in Azure's own logs. */
export interface Evidence {
  /** `graph`, `arm`, `key-vault`, `log-analytics`, `storage`, `aks`, `entra`. */
  readonly service: string;
  /** `POST /applications/{id}/removePassword` */
  readonly operation: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly clientRequestId?: string;
  readonly correlationId?: string;
  readonly errorCode?: string;
  readonly at?: string;
  /** What was seen or changed, in one line. Data, not markup. */
  readonly detail?: string;
}

/** A document kept beside the record. */
export interface DocumentReference {
  /** The blob's name under the case's folder: `scope.json`, `plan-….json`. */
  readonly blob: string;
  /** SHA-256, lower-case hex, of its bytes. */
  readonly sha256: string;
}

export type StepResult = "applied" | "already-so" | "refused-by-guardrail" | "needs-person" | "failed";

/** The members every entry of a type has; writers may add further plain JSON members beside them. */
interface Members {
  /** The first entry. `format` is this format's version. */
  readonly opened: {
    readonly format: 1;
    readonly mode: string;
    /** Which alert kind or route it came by. */
    readonly intake: string;
    /** The alert's own identity: the same one again is the same case. */
    readonly deliveredAs: string;
    /** What was named, as it was named. */
    readonly subjects: readonly object[];
    readonly reason?: string;
  };
  /** The same alert or request came again and was answered with this case. */
  readonly "delivered-again": { readonly deliveredAs: string };
  readonly resolved: {
    readonly subject: object;
    readonly principal: object;
    readonly evidence?: readonly Evidence[];
  };
  /** A subject, step or request that Tourniquet will not act on, and why. */
  readonly refused: { readonly code: string; readonly reason: string; readonly subject?: object };
  /** Policy cut sign-in at once, before the scope was known. The step itself has its own intent and outcome. */
  readonly "quick-cut": {
    readonly principal: object;
    readonly rule: string;
    readonly stepIds: readonly string[];
  };
  readonly snapshot: {
    readonly document: DocumentReference;
    readonly counts: Readonly<Record<string, number>>;
    /** What could not be read. Nothing is missing silently. */
    readonly gaps: readonly object[];
  };
  readonly planned: {
    readonly planDigest: string;
    readonly document: DocumentReference;
    readonly waves: number;
    readonly steps: number;
    readonly policyDigest?: string;
  };
  readonly "decision-asked": { readonly planDigest: string; readonly deadline: string; readonly why: string };
  readonly "decision-made": {
    readonly planDigest: string;
    readonly decision: "approve" | "reject";
    readonly comment?: string;
  };
  /** Someone tried to decide who may not, or decided on another plan. */
  readonly "decision-refused": {
    readonly planDigest: string;
    readonly code: string;
    readonly reason: string;
  };
  readonly "decision-expired": { readonly planDigest: string; readonly deadline: string };
  /** Written before the effect, always. */
  readonly intent: {
    readonly stepId: string;
    readonly kind: string;
    readonly target: object;
    readonly planDigest?: string;
    readonly wave?: number;
    readonly attempt?: number;
  };
  readonly outcome: {
    readonly stepId: string;
    readonly result: StepResult;
    readonly code?: string;
    readonly reason?: string;
    readonly attempt?: number;
    readonly evidence: readonly Evidence[];
  };
  /** Fresh reads agree that the step holds. */
  readonly confirmed: {
    readonly stepId: string;
    readonly reads: number;
    readonly evidence: readonly Evidence[];
  };
  /** Fresh reads still disagree after the time allowed. */
  readonly "not-confirmed": {
    readonly stepId: string;
    readonly reads: number;
    readonly saw: string;
    readonly evidence: readonly Evidence[];
  };
  /** Until when what was issued before may still work. */
  readonly "residual-exposure": { readonly items: readonly object[] };
  /** One stage of one rotation; the secret by reference only. */
  readonly "rotation-stage": {
    readonly rotationId: string;
    readonly provider: string;
    readonly stage: string;
    readonly secret?: { readonly vault: string; readonly name: string; readonly version?: string };
    readonly evidence?: readonly Evidence[];
  };
  /** Written to another system, with the record's head at that time: an anchor. */
  readonly "written-back": {
    readonly to: string;
    readonly reference: string;
    readonly head: string;
    readonly evidence: readonly Evidence[];
  };
  readonly notified: {
    readonly channel: string;
    readonly about: string;
    readonly evidence?: readonly Evidence[];
  };
  readonly "watch-started": { readonly until: string };
  readonly "watch-finding": {
    readonly findingId: string;
    readonly kind: string;
    readonly target: object;
    readonly evidence: readonly Evidence[];
  };
  /** Who did what a finding found: logs come later than looks. */
  readonly "watch-attributed": { readonly findingId: string; readonly by: object };
  /** That a look of the watch could not see everything, or that one sees everything again. */
  readonly "watch-look": {
    readonly kind: "impaired" | "whole-again";
    readonly since: string;
    readonly gaps: readonly object[];
  };
  readonly "watch-ended": { readonly reason: string };
  readonly "restore-asked": { readonly reason: string; readonly stepIds?: readonly string[] };
  /** How putting one step back ended. Its intent is an `intent` whose kind starts with `restore:`. */
  readonly restore: {
    readonly stepId: string;
    readonly result: StepResult;
    readonly reason?: string;
    readonly evidence: readonly Evidence[];
  };
  readonly report: { readonly documents: readonly DocumentReference[] };
  /** Written by the record itself. See docs/record-format.md. */
  readonly checkpoint: {
    readonly key: { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string };
    readonly note: string;
  };
  /** Whether the store itself would refuse a change, as found at start. */
  readonly "worm-status": { readonly kind: string; readonly reason?: string };
  readonly "status-changed": {
    readonly status: string;
    readonly outcome: string | null;
    readonly reason?: string;
  };
  readonly closed: { readonly reason: string };
  /** The case cannot go on by itself. */
  readonly failed: { readonly code: string; readonly reason: string; readonly where: string };
}

export type EntryType = keyof Members;

/** The closed set of entry types. A type that is not here cannot be written. */
export const ENTRY_TYPES: Readonly<Record<EntryType, true>> = {
  opened: true,
  "delivered-again": true,
  resolved: true,
  refused: true,
  "quick-cut": true,
  snapshot: true,
  planned: true,
  "decision-asked": true,
  "decision-made": true,
  "decision-refused": true,
  "decision-expired": true,
  intent: true,
  outcome: true,
  confirmed: true,
  "not-confirmed": true,
  "residual-exposure": true,
  "rotation-stage": true,
  "written-back": true,
  notified: true,
  "watch-started": true,
  "watch-finding": true,
  "watch-attributed": true,
  "watch-look": true,
  "watch-ended": true,
  "restore-asked": true,
  restore: true,
  report: true,
  checkpoint: true,
  "worm-status": true,
  "status-changed": true,
  closed: true,
  failed: true,
};

/** The data of an entry of this type: its own members, and whatever plain JSON a writer adds. Numbers, text, references; never a secret. */
type EntryData<T extends EntryType> = Members[T] & Readonly<Record<string, unknown>>;

/** What a caller asks to be recorded. The record adds `seq`, `at`, `caseId`, `prev` and `hash`. */
export type NewEntry = {
  readonly [T in Exclude<EntryType, "checkpoint">]: {
    /** Made from content (see `entryId`), before the effect: the same id is recorded once, however often it is appended. */
    readonly id: string;
    readonly type: T;
    readonly actor: Actor;
    readonly data: EntryData<T>;
  };
}[Exclude<EntryType, "checkpoint">];

/** An entry as it stands in the record. Its data was well typed when written; a reader parses the members it needs. */
export interface RecordedEntry {
  readonly seq: number;
  /** UTC with milliseconds: `2026-03-01T02:03:04.005Z`. The writer's clock. */
  readonly at: string;
  readonly caseId: string;
  readonly actor: Actor;
  readonly type: EntryType;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly prev: string;
  readonly hash: string;
}
