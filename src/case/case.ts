/** How far a case may go: scope and report; and a plan; and reversible steps; and irreversible ones too. */
export const MODES = ["observe", "plan", "contain", "evict"] as const;
export type Mode = (typeof MODES)[number];

/** The lower of two modes: a caller may lower what policy would do, never raise it. */
export function lowerMode(a: Mode, b: Mode): Mode {
  return MODES.indexOf(a) <= MODES.indexOf(b) ? a : b;
}

/** Where a case is. */
export type CaseStatus =
  | "open"
  | "scoping"
  | "awaiting-decision"
  | "containing"
  | "verifying"
  | "watching"
  | "closed";

/** What is known of its end so far. `contained` only when re-reads confirm every step of the plan. */
export type CaseOutcome =
  | "observed"
  | "planned"
  | "contained"
  | "contained-with-gaps"
  | "rejected"
  | "refused"
  | "failed"
  | "restored";

export interface IncidentReference {
  /** ARM id of the Sentinel incident; comments and tasks go below it. */
  readonly incidentId: string;
  readonly incidentUrl: string | null;
  readonly workspaceId: string | null;
  readonly number: number | null;
}

export type Severity = "informational" | "low" | "medium" | "high";

/** A span of time, both ends ISO 8601 in UTC. */
export interface TimeWindow {
  readonly from: string;
  readonly to: string;
}

/** A person's or a program's identity as their verified token says it. */
export interface CallerReference {
  readonly objectId: string;
  readonly appId: string | null;
  readonly name: string | null;
  readonly appRoles: readonly string[];
}
