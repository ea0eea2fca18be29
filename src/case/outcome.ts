/** Proof of what was seen or done: an Azure request id finds the call again in Azure's own logs. */
export interface Evidence {
  readonly requestIds: readonly string[];
  readonly at: string;
  /** What was seen, in plain values, without secrets. */
  readonly seen?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Why a step did not take. One word each, decided from status and code, never from message text. */
export type FailureCode =
  | "FORBIDDEN"
  | "LOCKED"
  | "LAST_OWNER"
  | "PROPERTY_LOCKED"
  | "CONFLICT"
  | "PRECONDITION_FAILED"
  | "THROTTLED"
  | "UNAVAILABLE"
  | "TIMED_OUT"
  | "UNAUTHENTICATED"
  | "BAD_REQUEST"
  | "UNEXPECTED"
  | "CHANGED_SINCE_PLANNED";

/** How one step ended. `applied` is not yet proof: that is `Confirmation`. */
export type StepOutcome =
  | { readonly kind: "applied"; readonly evidence: Evidence }
  | { readonly kind: "already-so"; readonly evidence: Evidence }
  | { readonly kind: "refused"; readonly guardrail: string; readonly reason: string }
  | { readonly kind: "needs-person"; readonly reason: string; readonly action: string }
  | {
      readonly kind: "failed";
      readonly code: FailureCode;
      readonly status: number | null;
      readonly azureCode: string | null;
      readonly retryable: boolean;
      readonly retryAfterInMs: number | null;
      readonly evidence: Evidence;
    };

/** What a re-read said. */
export type Confirmation =
  | { readonly kind: "confirmed"; readonly evidence: Evidence }
  | { readonly kind: "not-yet"; readonly seen: string; readonly evidence: Evidence }
  | { readonly kind: "unreadable"; readonly code: FailureCode; readonly evidence: Evidence };

/** Until when something already issued may still work, and where. */
export interface ResidualExposure {
  readonly what: string;
  readonly where: string;
  readonly principalKey: string;
  /** ISO time; null when nothing ends it but a person's action. */
  readonly until: string | null;
  readonly because: string;
}
