import { createHash } from "node:crypto";
import type { CallerReference } from "../case/case.ts";
import type { PlannedStep } from "../case/plan.ts";
import type { Confirmation, Evidence, StepOutcome } from "../case/outcome.ts";
import type { CaseRecord } from "../record/case-record.ts";
import type { Actor, Evidence as RecordedEvidence, NewEntry, StepResult } from "../record/entry.ts";

/** An entry's idempotency id: the same thing said again, after a crash or by a twin, is the same entry. */
export function entryIdOf(...parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

export const BY_SYSTEM = (component: string): Actor => ({ kind: "system", component });

/** Who asked, as the record names them. */
export function callerActor(by: CallerReference): Actor {
  return {
    kind: "caller",
    id: by.objectId,
    appRoles: by.appRoles,
    ...(by.name === null ? {} : { name: by.name }),
  };
}

const RESULTS: Readonly<Record<StepOutcome["kind"], StepResult>> = {
  applied: "applied",
  "already-so": "already-so",
  refused: "refused-by-guardrail",
  "needs-person": "needs-person",
  failed: "failed",
};

export function intentEntry(planDigest: string, step: PlannedStep, wave: number, attempt: number): NewEntry {
  return {
    id: entryIdOf(planDigest, step.id, "intent", attempt),
    type: "intent",
    actor: performer(),
    data: {
      stepId: step.id,
      kind: step.kind,
      target: step.target,
      title: step.title,
      planDigest,
      wave,
      attempt,
    },
  };
}

export function outcomeEntry(
  planDigest: string,
  step: PlannedStep,
  attempt: number,
  outcome: StepOutcome,
): NewEntry {
  return {
    id: entryIdOf(planDigest, step.id, "outcome", attempt),
    type: "outcome",
    actor: performer(),
    data: { planDigest, attempt, ...outcomeData(step, outcome) },
  };
}

/** How putting a step back ended. */
export function restoreEntry(
  requestId: string,
  step: PlannedStep,
  attempt: number,
  outcome: StepOutcome,
): NewEntry {
  return {
    id: entryIdOf(requestId, step.id, "restore", attempt),
    type: "restore",
    actor: { kind: "system", component: "restore", identity: { name: "actor" } },
    data: { requestId, attempt, kind: step.kind, ...outcomeData(step, outcome) },
  };
}

function outcomeData(step: PlannedStep, outcome: StepOutcome) {
  const base = { stepId: step.id, result: RESULTS[outcome.kind], retryable: false };
  switch (outcome.kind) {
    case "applied":
    case "already-so":
      return { ...base, evidence: recorded(step, outcome.evidence, null) };
    case "refused":
      return { ...base, code: outcome.guardrail, reason: outcome.reason, evidence: [] };
    case "needs-person":
      return { ...base, reason: outcome.reason, action: outcome.action, evidence: [] };
    case "failed":
      return {
        ...base,
        code: outcome.code,
        retryable: outcome.retryable,
        evidence: recorded(step, outcome.evidence, outcome),
      };
    default:
      return outcome satisfies never;
  }
}

export function confirmationEntry(
  planDigest: string,
  step: Pick<PlannedStep, "id" | "kind" | "needs">,
  reads: number,
  confirmation: Confirmation,
  id = entryIdOf(planDigest, step.id, "confirmation"),
): NewEntry {
  const evidence = recorded(step, confirmation.evidence, null);
  if (confirmation.kind === "confirmed") {
    return {
      id,
      type: "confirmed",
      actor: BY_SYSTEM("verify"),
      data: { stepId: step.id, planDigest, reads, evidence },
    };
  }
  const saw = confirmation.kind === "not-yet" ? confirmation.seen : `could not be read: ${confirmation.code}`;
  return {
    id,
    type: "not-confirmed",
    actor: BY_SYSTEM("verify"),
    data: { stepId: step.id, planDigest, reads, saw, evidence },
  };
}

function performer(): Actor {
  return { kind: "system", component: "perform", identity: { name: "actor" } };
}

function recorded(
  step: Pick<PlannedStep, "kind" | "needs">,
  evidence: Evidence,
  failed: Extract<StepOutcome, { readonly kind: "failed" }> | null,
): RecordedEvidence[] {
  const service = step.needs[0]?.split(":")[0] ?? "azure";
  const one = {
    service,
    operation: step.kind,
    at: evidence.at,
    ...(failed?.status == null ? {} : { status: failed.status }),
    ...(failed?.azureCode == null ? {} : { errorCode: failed.azureCode }),
    ...(evidence.seen === undefined ? {} : { detail: JSON.stringify(evidence.seen) }),
  };
  return evidence.requestIds.length === 0
    ? [one]
    : evidence.requestIds.map((requestId) => ({ ...one, requestId }));
}

/** Where a step of a plan stands, as its record says. */
export interface StepState {
  /** The last attempt whose intent is on record; 0 for none. Ahead of `attempt`, an effect may have been made unrecorded. */
  readonly intended: number;
  readonly result: StepResult | null;
  readonly retryable: boolean;
  readonly code: string | null;
  readonly attempt: number;
  readonly confirmed: "confirmed" | "not-confirmed" | null;
}

const UNTOUCHED: StepState = {
  intended: 0,
  result: null,
  retryable: false,
  code: null,
  attempt: 0,
  confirmed: null,
};

export interface StepStates {
  readonly of: (stepId: string) => StepState;
}

/** Reads the record once and says where each step of a plan stands. Steps not in the map were never begun. */
export async function stepStates(record: CaseRecord, planDigest: string): Promise<StepStates> {
  const states = new Map<string, StepState>();
  for await (const { type, data } of record.read()) {
    const stepId = data["stepId"];
    if (typeof stepId !== "string" || data["planDigest"] !== planDigest) continue;
    const state = states.get(stepId) ?? UNTOUCHED;
    switch (type) {
      case "intent":
        states.set(stepId, { ...state, intended: Math.max(state.intended, numberIn(data["attempt"])) });
        break;
      case "outcome":
        states.set(stepId, {
          ...state,
          result: resultOf(data["result"]),
          retryable: data["retryable"] === true,
          code: typeof data["code"] === "string" ? data["code"] : null,
          attempt: numberIn(data["attempt"]),
        });
        break;
      case "confirmed":
      case "not-confirmed":
        states.set(stepId, { ...state, confirmed: type });
        break;
      default:
        break;
    }
  }
  return { of: (stepId) => states.get(stepId) ?? UNTOUCHED };
}

function numberIn(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function resultOf(value: unknown): StepResult | null {
  return Object.values(RESULTS).find((it) => it === value) ?? null;
}
