import type { MissingCut, PersonAction } from "../case/plan.ts";
import { principalKey } from "../case/principal.ts";
import type { ScopedPrincipal } from "../case/scope.ts";
import { digestOf } from "./digest.ts";
import type { Refused } from "./guardrails.ts";
import { compare, type Proposed, stepId } from "./proposals.ts";

/** A principal that is spared as a whole: whatever the attacker does as it goes on. */
export function insteadOfCutting(
  caseId: string,
  { principal }: ScopedPrincipal,
  { reason }: Refused,
): PersonAction {
  const cut: MissingCut = {
    id: digestOf({ caseId, spared: principalKey(principal) }).slice(0, 20),
    title: `Cut ${principal.displayName}`,
    step: null,
    coveredBy: [],
  };
  return {
    title: `Decide what to do about ${principal.displayName}`,
    because: `Nothing is cut on it: ${reason}.`,
    targetId: principal.objectId ?? principal.applicationObjectId,
    missing: [cut],
  };
}

/** What is left to a person of a step that must not be made, or cannot; null when it can. */
export function insteadOf(
  caseId: string,
  proposed: Proposed,
  { refused, isOff }: { readonly refused: Refused | null; readonly isOff: boolean },
): PersonAction | null {
  const { title, touches, hindered } = proposed.proposal;
  const targetId = touches[0] ?? null;
  // What policy or mode leaves out anyway is no cut that is missing.
  const missing = isOff ? [] : missingCut(caseId, proposed);
  if (refused !== null) return { title, because: `Not done by us: ${refused.reason}.`, targetId, missing };
  if (hindered === undefined) return null;
  return {
    title: hindered.action,
    because: `${title}: ${hindered.reason.replace(/\.$/, "")}.`,
    targetId,
    missing,
  };
}

/** What is open while a proposal is left to a person: itself, unless it never was a cut that anybody could make. */
function missingCut(caseId: string, { step, proposal }: Proposed): readonly MissingCut[] {
  const coveredBy = proposal.hindered?.coveredBy;
  if (coveredBy?.length === 0) return [];
  const { target, before, title } = proposal;
  return [
    {
      id: stepId(caseId, step.kind, target),
      title,
      step: { kind: step.kind, target, before },
      coveredBy: (coveredBy ?? []).map((group) => group.map((it) => stepId(caseId, it.kind, it.target))),
    },
  ];
}

/** The same thing to do is said once, with all that it is for. */
export function eachOnce(actions: readonly PersonAction[]): readonly PersonAction[] {
  return [...Map.groupBy(actions, ({ title }) => title).values()]
    .flatMap((same) => {
      const [first, ...more] = same.toSorted((a, b) => compare(a.because, b.because));
      if (first === undefined) return [];
      return more.length === 0
        ? [first]
        : [
            {
              ...first,
              because: `${first.because} And ${more.length} more like it.`,
              missing: [first, ...more].flatMap(({ missing }) => missing),
            },
          ];
    })
    .toSorted((a, b) => compare(a.title, b.title));
}
