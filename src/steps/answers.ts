import type { Answer, AzureFailure } from "../azure/failure.ts";
import type { Confirmation, Evidence, FailureCode, StepOutcome } from "../case/outcome.ts";

export function evidenceOf(
  requestId: string | null,
  now: Date,
  seen?: Readonly<Record<string, string | number | boolean | null>>,
): Evidence {
  return {
    requestIds: requestId === null ? [] : [requestId],
    at: now.toISOString(),
    ...(seen === undefined ? {} : { seen }),
  };
}

export function applied(answer: { readonly requestId: string | null }, now: Date): StepOutcome {
  return { kind: "applied", evidence: evidenceOf(answer.requestId, now) };
}

export function alreadySo(requestId: string | null, now: Date): StepOutcome {
  return { kind: "already-so", evidence: evidenceOf(requestId, now) };
}

export function failed(failure: AzureFailure, now: Date): StepOutcome {
  return {
    kind: "failed",
    code: stepCode(failure),
    status: failure.status,
    azureCode: failure.azureCode,
    retryable: failure.retryable,
    retryAfterInMs: failure.retryAfterInMs,
    evidence: evidenceOf(failure.requestId, now),
  };
}

/** A removal's outcome: what is not there needs no removing. */
export function outcomeOfRemoval(answer: Answer<unknown>, now: Date): StepOutcome {
  if (answer.kind === "ok") return applied(answer, now);
  if (answer.failure.code === "NOT_FOUND") return alreadySo(answer.failure.requestId, now);
  return failed(answer.failure, now);
}

/** A change's outcome. The object it was to be made on being gone is the planner's mistake or news: never "done". */
export function outcomeOfChange(answer: Answer<unknown>, now: Date): StepOutcome {
  return answer.kind === "ok" ? applied(answer, now) : failed(answer.failure, now);
}

/** What a re-read says, given what of the answer means "holds". */
export function confirmation<T>(
  answer: Answer<T>,
  now: Date,
  judge: { readonly holds: (value: T) => boolean; readonly otherwise: string; readonly absentHolds: boolean },
): Confirmation {
  if (answer.kind === "failed") {
    const evidence = evidenceOf(answer.failure.requestId, now);
    if (answer.failure.code === "NOT_FOUND" && judge.absentHolds) return { kind: "confirmed", evidence };
    return { kind: "unreadable", code: stepCode(answer.failure), evidence };
  }
  const evidence = evidenceOf(answer.requestId, now);
  return judge.holds(answer.value)
    ? { kind: "confirmed", evidence }
    : { kind: "not-yet", seen: judge.otherwise, evidence };
}

function stepCode(failure: AzureFailure): FailureCode {
  switch (failure.code) {
    // An object that a change was to be made on is gone: the plan no longer describes the tenant.
    case "NOT_FOUND":
    case "ALREADY_EXISTS":
      return "CHANGED_SINCE_PLANNED";
    case "NOT_UNDERSTOOD":
      return "UNEXPECTED";
    default:
      return failure.code;
  }
}
