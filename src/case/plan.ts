import type { Mode } from "./case.ts";

/** What to do, in order: pure data. Equal scope, mode and policy give equal bytes and so an equal digest. */
export interface Plan {
  readonly schema: 1;
  readonly caseId: string;
  readonly mode: Mode;
  readonly scopeDigest: string;
  readonly policyDigest: string;
  readonly waves: readonly Wave[];
  /** What no step can do, and a person must. */
  readonly personActions: readonly PersonAction[];
}

export interface Wave {
  readonly name: string;
  readonly reason: string;
  readonly steps: readonly PlannedStep[];
}

/** Whether policy lets a step run by itself, asks a person, or forbids it. */
export type Permission = "automatic" | "approval" | "off";

export interface PlannedStep {
  /** From case, kind and target: the same step has the same id in every plan, retry and replay. */
  readonly id: string;
  readonly kind: string;
  /** What the step's own definition parses. */
  readonly target: Readonly<Record<string, unknown>>;
  readonly title: string;
  /** Evidence: why this step, in sentences. */
  readonly because: readonly string[];
  readonly permission: Permission;
  readonly reversible: boolean;
  /** Why not, or what of it does not come back. */
  readonly irreversibleBecause: string | null;
  /** Who loses what. */
  readonly cost: readonly string[];
  readonly needs: readonly string[];
  readonly guardrails: readonly string[];
  /** Every object whose protection forbids the step; checked when planned and again when performed. */
  readonly touches: readonly string[];
  /** The object as it was, for the undoing; part of the snapshot. */
  readonly before: Readonly<Record<string, unknown>> | null;
  /** In place of a step that came to nothing: that it is new in a plan says nothing about the attacker. */
  readonly offered?: true;
}

export interface PersonAction {
  readonly title: string;
  readonly because: string;
  readonly targetId: string | null;
  /** What does it, for a shell. Absent: there is no one command. */
  readonly command?: string;
  /** Who loses what. */
  readonly cost?: readonly string[];
  /** The cuts that it stands in for. None: it is to be looked at, and no cut waits for it. */
  readonly missing: readonly MissingCut[];
}

/** A cut that the case calls for and that no step can or may make. A gap, until re-reads show it made or it is covered. */
export interface MissingCut {
  /** The id the step would have. */
  readonly id: string;
  readonly title: string;
  /** To read back whether somebody has made it; null where there is no one step to read back. */
  readonly step: Pick<PlannedStep, "kind" | "target" | "before"> | null;
  /** Ids of steps: with one of each group confirmed, nothing is left to cut. Empty: nothing covers it. */
  readonly coveredBy: readonly (readonly string[])[];
}
