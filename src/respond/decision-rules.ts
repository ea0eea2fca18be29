import type { CaseSummary } from "../storage/case-index.ts";

export interface DecisionRefused {
  readonly code:
    | "NOTHING_TO_DECIDE"
    | "ALREADY_DECIDED"
    | "PLAN_OUTDATED"
    | "OTHER_PLAN"
    | "TOO_LATE"
    | "OWN_REQUEST";
  readonly reason: string;
}

/**
 * Why a decision cannot be taken from this caller on this plan, or null. Said at once to who decides, and asked again when
 * the decision is taken. Pure.
 */
export function decisionRefused(
  { decision, decided }: Pick<CaseSummary, "decision" | "decided">,
  request: { readonly planDigest: string; readonly by: { readonly objectId: string } },
  now: Date,
): DecisionRefused | null {
  if (decided?.planDigest === request.planDigest && decision?.planDigest !== request.planDigest) {
    const { decision: made, at } = decided;
    switch (made) {
      case "expired":
        return { code: "TOO_LATE", reason: `The deadline was ${at}.` };
      case "outdated":
        return {
          code: "PLAN_OUTDATED",
          reason: "The tenant has changed since; another plan takes its place.",
        };
      case "approve":
      case "reject":
        return {
          code: "ALREADY_DECIDED",
          reason: `At ${at} somebody decided to ${made} this plan.`,
        };
      default:
        return made satisfies never;
    }
  }
  if (decision === null) {
    return { code: "NOTHING_TO_DECIDE", reason: "This case does not wait for a decision." };
  }
  if (request.planDigest !== decision.planDigest) {
    return { code: "OTHER_PLAN", reason: `The plan to decide on is ${decision.planDigest}.` };
  }
  if (now.toISOString() >= decision.deadline) {
    return { code: "TOO_LATE", reason: `The deadline was ${decision.deadline}.` };
  }
  if (request.by.objectId.toLowerCase() === decision.requester.toLowerCase()) {
    return { code: "OWN_REQUEST", reason: "Who asked for it cannot approve it." };
  }
  return null;
}
