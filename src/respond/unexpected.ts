import type { StepOutcome } from "../case/outcome.ts";

/**
 * An outcome for a step that threw: a plan we do not understand, or a defect of ours. Loud, because it is a gap, and
 * without the message, which may quote anything.
 */
export function unexpected(error: unknown, now: Date): StepOutcome {
  const name = error instanceof Error ? error.name : typeof error;
  return {
    kind: "failed",
    code: "UNEXPECTED",
    status: null,
    azureCode: null,
    retryable: false,
    retryAfterInMs: null,
    evidence: { requestIds: [], at: now.toISOString(), seen: { thrown: name } },
  };
}
