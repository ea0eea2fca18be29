import { lowerMode, type Mode } from "../case/case.ts";
import type { Permission, PersonAction, Plan, PlannedStep, Wave } from "../case/plan.ts";
import type { Scope, ScopedPrincipal } from "../case/scope.ts";
import type { Proposal, Step } from "../steps/step.ts";
import { digestOf } from "./digest.ts";
import { guardIds, guardPrincipal, type Protection } from "./guardrails.ts";
import { carriesTag, type Policy, type Ruling } from "./policy.ts";
import { WAVES } from "./waves.ts";

export interface PlanningInput {
  readonly scope: Scope;
  readonly policy: Policy;
  readonly ruling: Ruling;
  /** What the caller allows at most. */
  readonly mode: Mode;
  readonly protection: Protection;
  /** Principals cut in the last hour, by other cases. */
  readonly principalsCutLately: number;
  readonly steps: readonly Step[];
}

type PlainProposal = Proposal<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>;

interface Proposed {
  readonly step: Step;
  readonly proposal: PlainProposal;
}

/** The plan for a scope. Pure: equal input gives an equal plan to the byte, whatever order lists came in. */
export function assemblePlan(input: PlanningInput): Plan {
  const { scope, policy, protection } = input;
  const mode = lowerMode(input.mode, input.ruling.mode);
  const refusedPrincipals = scope.principals.flatMap((it) => {
    const refused = guardPrincipal(it.principal, policy, protection);
    return refused === null ? [] : [{ it, refused }];
  });
  const spared = new Set(refusedPrincipals.map(({ it }) => it));
  const plannable: Scope = { ...scope, principals: scope.principals.filter((it) => !spared.has(it)) };

  const personActions: PersonAction[] = refusedPrincipals.map(({ it, refused }) => ({
    title: `Decide what to do about ${it.principal.displayName}`,
    because: `Nothing is cut on it: ${refused.reason}.`,
    targetId: it.principal.objectId ?? it.principal.applicationObjectId,
  }));
  const possible: Proposed[] = [];
  for (const proposed of proposeAll(input.steps, plannable)) {
    const { proposal } = proposed;
    const refused = guardIds(proposal.touches, policy, protection);
    if (refused !== null) {
      personActions.push({
        title: proposal.title,
        because: `Not done by us: ${refused.reason}.`,
        targetId: proposal.touches[0] ?? null,
      });
    } else if (proposal.hindered !== undefined) {
      personActions.push({
        title: proposal.hindered.action,
        because: `${proposal.title}: ${proposal.hindered.reason}`,
        targetId: proposal.touches[0] ?? null,
      });
    } else {
      possible.push(proposed);
    }
  }

  const limits = limitsReached(input, plannable, possible);
  const waves: Wave[] = WAVES.map(({ name, reason }) => ({
    name,
    reason,
    steps: possible
      .filter(({ step }) => step.wave === name)
      .map((proposed) => ({ proposed, planned: planStep(input, mode, limits, proposed) }))
      .toSorted(
        (a, b) =>
          (a.proposed.proposal.rank ?? 0) - (b.proposed.proposal.rank ?? 0) ||
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
    personActions: personActions.toSorted(
      (a, b) => compare(a.title, b.title) || compare(a.because, b.because),
    ),
  };
}

/** All that the kinds propose, each target once: a planted secret on the suspect itself is found by two roads. */
function proposeAll(steps: readonly Step[], scope: Scope): readonly Proposed[] {
  const byId = new Map<string, Proposed>();
  for (const step of steps) {
    for (const proposal of step.propose(scope)) {
      const id = stepId(scope.caseId, step.kind, proposal.target);
      const known = byId.get(id);
      const because = [...new Set([...(known?.proposal.because ?? []), ...proposal.because])].toSorted(
        compare,
      );
      byId.set(id, { step, proposal: { ...(known?.proposal ?? proposal), because } });
    }
  }
  return [...byId.values()];
}

/** The same step of the same case has the same id in every plan, so that retries and replays meet it. */
export function stepId(caseId: string, kind: string, target: Readonly<Record<string, unknown>>): string {
  return digestOf({ caseId, kind, target }).slice(0, 20);
}

function planStep(
  input: PlanningInput,
  mode: Mode,
  limits: readonly string[],
  proposed: Proposed,
): PlannedStep {
  const { step, proposal } = proposed;
  const reversible = step.irreversibleBecause === null;
  const { permission, guardrails } = permit(input, mode, limits, proposed, reversible);
  return {
    id: stepId(input.scope.caseId, step.kind, proposal.target),
    kind: step.kind,
    target: proposal.target,
    title: proposal.title,
    because: proposal.because,
    permission,
    reversible,
    irreversibleBecause: step.irreversibleBecause,
    cost: proposal.cost,
    needs: step.needs.map((need) => {
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
  };
}

function permit(
  input: PlanningInput,
  mode: Mode,
  limits: readonly string[],
  { step, proposal }: Proposed,
  reversible: boolean,
): { permission: Permission; guardrails: string[] } {
  const { steps } = input.ruling;
  if (mode === "observe" || mode === "plan") {
    return { permission: "off", guardrails: [`mode ${mode}: nothing is changed`] };
  }
  if (mode === "contain" && !reversible) {
    return { permission: "off", guardrails: ["mode contain: what cannot be undone is not done"] };
  }
  const ruled = steps.kinds[step.kind] ?? (reversible ? steps.reversible : steps.irreversible);
  const guardrails: string[] = [];
  if (ruled !== "automatic") return { permission: ruled, guardrails };
  if (proposal.tags !== undefined && carriesTag(proposal.tags, input.policy.production.tags)) {
    guardrails.push("production: a person decides");
  }
  if (proposal.touches.some((id) => derivedIds(input.scope).has(id))) {
    guardrails.push("derived: no alert names it, so a person decides");
  }
  guardrails.push(...limits);
  return { permission: guardrails.length > 0 ? "approval" : "automatic", guardrails };
}

/** Ids of principals that no alert names, but for those that a named one shares. */
function derivedIds({ principals }: Scope): ReadonlySet<string> {
  const ids = (certainty: ScopedPrincipal["certainty"]) =>
    principals
      .filter((it) => it.certainty === certainty)
      .flatMap(({ principal }) => [principal.objectId, principal.applicationObjectId, principal.resourceId])
      .filter((id) => id !== null);
  const named = new Set(ids("named"));
  return new Set(ids("derived").filter((id) => !named.has(id)));
}

function limitsReached(input: PlanningInput, scope: Scope, possible: readonly Proposed[]): readonly string[] {
  const { limits } = input.policy;
  const reached: string[] = [];
  const principals = scope.principals.length + input.principalsCutLately;
  if (principals > limits.principalsPerHour) {
    reached.push(
      `${principals} principals within the hour, ${limits.principalsPerHour} allowed without a person`,
    );
  }
  const roles = possible.filter(({ step }) => step.kind === "remove-role-assignment").length;
  if (roles > limits.rolesPerCase) {
    reached.push(`${roles} role assignments, ${limits.rolesPerCase} allowed without a person`);
  }
  return reached;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
