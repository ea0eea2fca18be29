import type { Scope, ScopedPrincipal } from "../case/scope.ts";
import type { Proposal, Step, Terms } from "../steps/step.ts";
import { digestOf } from "./digest.ts";

type PlainProposal = Proposal<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>;

/** A proposal with the kind that made it. */
export interface Proposed {
  readonly step: Step;
  readonly proposal: PlainProposal;
}

/** All that the kinds propose, each target once: a planted secret on the suspect itself is found by two roads. */
export function proposeAll(
  steps: readonly Step[],
  { scope, plannable, terms }: { readonly scope: Scope; readonly plannable: Scope; readonly terms: Terms },
): readonly Proposed[] {
  const byId = new Map<string, Proposed>();
  for (const step of steps) {
    for (const proposed of step.propose(plannable, terms)) {
      const proposal = { ...proposed, touches: withAllIds(proposed.touches, scope.principals) };
      const id = stepId(scope.caseId, step.kind, proposal.target);
      const known = byId.get(id)?.proposal;
      byId.set(id, { step, proposal: known === undefined ? ordered(proposal) : merged(known, proposal) });
    }
  }
  return [...byId.values()];
}

/** Whoever is touched by one id is touched by all: a planted thing may know an application's id only. */
function withAllIds(touches: readonly string[], principals: readonly ScopedPrincipal[]): readonly string[] {
  const lower = new Set(touches.map((it) => it.toLowerCase()));
  return [
    ...touches,
    ...principals
      .map(({ principal: { objectId, appId, applicationObjectId, resourceId } }) =>
        [objectId, appId, applicationObjectId, resourceId].filter((it) => it !== null),
      )
      .filter((ids) => ids.some((it) => lower.has(it.toLowerCase())))
      .flat(),
  ];
}

/** One proposal from two roads to it, the same whichever came first: what either would spare is spared. */
function merged(a: PlainProposal, b: PlainProposal): PlainProposal {
  const [first, second] = compare(JSON.stringify(a), JSON.stringify(b)) <= 0 ? [a, b] : [b, a];
  const hindered = first.hindered ?? second.hindered;
  const asks = first.asks ?? second.asks;
  return ordered({
    ...first,
    because: [...a.because, ...b.because],
    cost: [...a.cost, ...b.cost],
    touches: [...a.touches, ...b.touches],
    tags: { ...second.tags, ...first.tags },
    rank: Math.min(a.rank ?? 0, b.rank ?? 0),
    ...(hindered === undefined ? {} : { hindered }),
    ...(asks === undefined ? {} : { asks }),
  });
}

function ordered(proposal: PlainProposal): PlainProposal {
  const unique = (texts: readonly string[]) => [...new Set(texts)].toSorted(compare);
  return {
    ...proposal,
    because: unique(proposal.because),
    cost: unique(proposal.cost),
    touches: unique(proposal.touches),
  };
}

/** The same step of the same case has the same id in every plan, so that retries and replays meet it. */
export function stepId(caseId: string, kind: string, target: Readonly<Record<string, unknown>>): string {
  return digestOf({ caseId, kind, target }).slice(0, 20);
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
