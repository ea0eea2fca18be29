import { lowerMode, type Mode } from "../case/case.ts";
import type { Permission, PersonAction, Plan, PlannedStep, Wave } from "../case/plan.ts";
import type { Scope, ScopedPrincipal } from "../case/scope.ts";
import type { Proposal, Step } from "../steps/step.ts";
import { digestOf } from "./digest.ts";
import { guardPrincipal, guardProposal, type Protection } from "./guardrails.ts";
import { leftToPeople } from "./left-to-people.ts";
import { strongerCuts } from "./stronger-cuts.ts";
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
  personActions.push(...leftToPeople(scope), ...strongerCuts(scope));
  const possible: Proposed[] = [];
  for (const proposed of proposeAll(input, plannable)) {
    const { proposal } = proposed;
    const refused = guardProposal(proposal, policy, protection);
    if (refused !== null) {
      personActions.push({
        title: proposal.title,
        because: `Not done by us: ${refused.reason}.`,
        targetId: proposal.touches[0] ?? null,
      });
    } else if (proposal.hindered !== undefined) {
      personActions.push({
        title: proposal.hindered.action,
        because: `${proposal.title}: ${withoutStop(proposal.hindered.reason)}.`,
        targetId: proposal.touches[0] ?? null,
      });
    } else {
      possible.push(proposed);
    }
  }

  const limits = limitsReached(input, plannable, possible);
  const derived = derivedIds(plannable);
  const waves: Wave[] = WAVES.map(({ name, reason }) => ({
    name,
    reason,
    steps: possible
      .filter(({ step }) => step.wave === name)
      .map((proposed) => ({ proposed, planned: planStep(input, { mode, limits, derived }, proposed) }))
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

/** The same thing to do is said once, with all that it is for. */
function eachOnce(actions: readonly PersonAction[]): readonly PersonAction[] {
  return [...Map.groupBy(actions, ({ title }) => title).values()]
    .flatMap((same) => {
      const [first, ...more] = same.toSorted((a, b) => compare(a.because, b.because));
      if (first === undefined) return [];
      return more.length === 0
        ? [first]
        : [{ ...first, because: `${first.because} And ${more.length} more like it.` }];
    })
    .toSorted((a, b) => compare(a.title, b.title));
}

/** All that the kinds propose, each target once: a planted secret on the suspect itself is found by two roads. */
function proposeAll({ steps, policy, scope }: PlanningInput, plannable: Scope): readonly Proposed[] {
  const terms = { apiServerRanges: policy.clusters.apiServerRanges };
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

/** What holds for every step of one plan. */
interface Standing {
  readonly mode: Mode;
  readonly limits: readonly string[];
  /** Ids of whom no alert names. */
  readonly derived: ReadonlySet<string>;
}

function planStep(input: PlanningInput, standing: Standing, proposed: Proposed): PlannedStep {
  const { step, proposal } = proposed;
  const reversible = step.irreversibleBecause === null;
  const { permission, guardrails } = permit(input, standing, proposed, reversible);
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

function permit(
  input: PlanningInput,
  { mode, limits, derived }: Standing,
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
  const named = steps.kinds[step.kind];
  if (named === undefined && step.offUnlessNamed !== null && proposal.asks === undefined) {
    return { permission: "off", guardrails: [`off unless the policy names it: ${step.offUnlessNamed}`] };
  }
  const ruled = named ?? (reversible ? steps.reversible : steps.irreversible);
  const guardrails: string[] = [];
  if (ruled === "off") return { permission: "off", guardrails: ["off by policy"] };
  if (step.alwaysAsks !== null) guardrails.push(`always asks: ${step.alwaysAsks}`);
  if (proposal.asks !== undefined) guardrails.push(`a person decides: ${proposal.asks}`);
  if (proposal.tags !== undefined && carriesTag(proposal.tags, input.policy.production.tags)) {
    guardrails.push("production: a person decides");
  }
  if (proposal.touches.some((id) => derived.has(id))) {
    guardrails.push("derived: no alert names it, so a person decides");
  }
  guardrails.push(...limits);
  return { permission: guardrails.length > 0 ? "approval" : ruled, guardrails };
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

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
