import { lowerMode, type Mode } from "../case/case.ts";
import type { PersonAction, Plan, PlannedStep, Wave } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import type { Step } from "../steps/step.ts";
import { digestOf } from "./digest.ts";
import { guardPrincipal, guardProposal, type Protection } from "./guardrails.ts";
import { leftToPeople } from "./left-to-people.ts";
import { derivedIds, limitsReached, offBecause, permit, type Standing } from "./permission.ts";
import { eachOnce, insteadOf, insteadOfCutting } from "./person-actions.ts";
import type { Policy, Ruling } from "./policy.ts";
import { compare, type Proposed, proposeAll, stepId } from "./proposals.ts";
import { strongerCuts } from "./stronger-cuts.ts";
import { WAVES } from "./waves.ts";

export interface PlanningInput {
  readonly scope: Scope;
  readonly policy: Policy;
  readonly ruling: Ruling;
  /** What the caller allows at most. */
  readonly mode: Mode;
  readonly protection: Protection;
  /** ARM ids of resources with a production tag, whether or not the scope has them. */
  readonly productionIds: readonly string[];
  /** Principals cut in the last hour, by other cases. */
  readonly principalsCutLately: number;
  readonly steps: readonly Step[];
}

/** The plan for a scope. Pure: equal input gives an equal plan to the byte, whatever order lists came in. */
export function assemblePlan(input: PlanningInput): Plan {
  const { scope, policy, protection, ruling } = input;
  const mode = lowerMode(input.mode, ruling.mode);
  const refusedPrincipals = scope.principals.flatMap((it) => {
    const refused = guardPrincipal(it.principal, policy, protection);
    return refused === null ? [] : [{ it, refused }];
  });
  const spared = new Set(refusedPrincipals.map(({ it }) => it));
  const plannable: Scope = { ...scope, principals: scope.principals.filter((it) => !spared.has(it)) };

  const possible: Proposed[] = [];
  const personActions: PersonAction[] = [
    ...refusedPrincipals.map(({ it, refused }) => insteadOfCutting(scope.caseId, it, refused)),
    ...leftToPeople(scope),
    ...strongerCuts(scope),
  ];
  const terms = { apiServerRanges: policy.clusters.apiServerRanges };
  for (const proposed of proposeAll(input.steps, { scope, plannable, terms })) {
    const action = insteadOf(scope.caseId, proposed, {
      refused: guardProposal(proposed.proposal, policy, protection),
      isOff: offBecause({ mode, ruling }, proposed) !== null,
    });
    if (action === null) possible.push(proposed);
    else personActions.push(action);
  }

  const standing: Standing = {
    mode,
    policy,
    ruling,
    limits: limitsReached(policy, {
      principals: plannable.principals.length,
      principalsCutLately: input.principalsCutLately,
      possible,
    }),
    productionIds: input.productionIds,
    derived: derivedIds(plannable),
  };
  const waves: Wave[] = WAVES.map(({ name, reason }) => ({
    name,
    reason,
    steps: possible
      .filter(({ step }) => step.wave === name)
      .map((proposed) => ({ proposed, planned: planStep(scope.caseId, standing, proposed) }))
      .toSorted(
        (a, b) =>
          (a.proposed.proposal.rank ?? 0) - (b.proposed.proposal.rank ?? 0) ||
          input.steps.indexOf(a.proposed.step) - input.steps.indexOf(b.proposed.step) ||
          compare(a.planned.title, b.planned.title) ||
          compare(a.planned.id, b.planned.id),
      )
      .map(({ planned }) => planned),
  })).filter(({ steps }) => steps.length > 0);

  return {
    schema: 1,
    caseId: scope.caseId,
    mode,
    scopeDigest: digestOf(scope),
    policyDigest: digestOf(policy),
    waves,
    personActions: eachOnce(personActions),
  };
}

function planStep(caseId: string, standing: Standing, proposed: Proposed): PlannedStep {
  const { step, proposal } = proposed;
  const { permission, guardrails } = permit(standing, proposed);
  return {
    id: stepId(caseId, step.kind, proposal.target),
    kind: step.kind,
    target: proposal.target,
    title: proposal.title,
    because: proposal.because,
    permission,
    reversible: step.irreversibleBecause === null,
    irreversibleBecause: step.irreversibleBecause,
    cost: proposal.cost,
    needs: (proposal.needs ?? step.needs).map((need) => {
      switch (need.api) {
        case "graph":
          return `Microsoft Graph: ${need.permission}`;
        case "azure":
          return `Azure: ${need.action}`;
        case "key-vault":
          return `Key Vault: ${need.dataAction}`;
        default:
          return need satisfies never;
      }
    }),
    guardrails,
    touches: proposal.touches,
    before: proposal.before,
    ...(proposal.offered === undefined ? {} : { offered: proposal.offered }),
  };
}
