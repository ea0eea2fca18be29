import type { StepOutcome } from "../case/outcome.ts";

/** What requests about eligibilities are justified with, where people look them up. */
export const JUSTIFICATION = {
  remove: "Containment of a compromised identity",
  restore: "Restored after containment",
} as const;

/** An eligibility that would have ended by itself by now: nothing is to be put back. */
export function endedMeanwhile(endDateTime: string): StepOutcome {
  return {
    kind: "needs-person",
    reason: `The eligibility ended on ${endDateTime} by itself.`,
    action: "Make the principal eligible anew if that is still wanted",
  };
}
