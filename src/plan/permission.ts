import type { Mode } from "../case/case.ts";
import type { Permission } from "../case/plan.ts";
import type { Scope, ScopedPrincipal } from "../case/scope.ts";
import { isAtOrBelow } from "./guardrails.ts";
import { carriesTag, type Policy, type Ruling } from "./policy.ts";
import type { Proposed } from "./proposals.ts";

/** What holds for every step of one plan. */
export interface Standing {
  readonly mode: Mode;
  readonly policy: Policy;
  readonly ruling: Ruling;
  /** Limits that the case is over. */
  readonly limits: readonly string[];
  /** ARM ids of resources with a production tag. */
  readonly productionIds: readonly string[];
  /** Ids of whom no alert names. */
  readonly derived: ReadonlySet<string>;
}

/** Why a step is not to be done at all, or null: by mode, or by policy. */
export function offBecause(
  { mode, ruling: { steps } }: Pick<Standing, "mode" | "ruling">,
  { step, proposal }: Proposed,
): string | null {
  if (mode === "observe" || mode === "plan") return `mode ${mode}: nothing is changed`;
  const reversible = step.irreversibleBecause === null;
  if (mode === "contain" && !reversible) return "mode contain: what cannot be undone is not done";
  const named = steps.kinds[step.kind];
  if (named === undefined && step.offUnlessNamed !== null && proposal.asks === undefined) {
    return `off unless the policy names it: ${step.offUnlessNamed}`;
  }
  return ruled(step, steps) === "off" ? "off by policy" : null;
}

/** Whether a step runs by itself, and the guardrails that put it before a person. */
export function permit(
  standing: Standing,
  { step, proposal }: Proposed,
): { readonly permission: Permission; readonly guardrails: readonly string[] } {
  const off = offBecause(standing, { step, proposal });
  if (off !== null) return { permission: "off", guardrails: [off] };
  const { limits, derived, policy, productionIds, ruling } = standing;
  const guardrails: string[] = [];
  if (step.alwaysAsks !== null) guardrails.push(`always asks: ${step.alwaysAsks}`);
  if (proposal.asks !== undefined) guardrails.push(`a person decides: ${proposal.asks}`);
  if (
    (proposal.tags !== undefined && carriesTag(proposal.tags, policy.production.tags)) ||
    proposal.touches.some((id) => isAtOrBelow(productionIds, id))
  ) {
    guardrails.push("production: a person decides");
  }
  if (proposal.touches.some((id) => derived.has(id))) {
    guardrails.push("derived: no alert names it, so a person decides");
  }
  guardrails.push(...limits);
  return { permission: guardrails.length > 0 ? "approval" : ruled(step, ruling.steps), guardrails };
}

function ruled({ kind, irreversibleBecause }: Proposed["step"], steps: Ruling["steps"]): Permission {
  return steps.kinds[kind] ?? (irreversibleBecause === null ? steps.reversible : steps.irreversible);
}

/** Ids of principals that no alert names, but for those that a named one shares. */
export function derivedIds({ principals }: Scope): ReadonlySet<string> {
  const ids = (certainty: ScopedPrincipal["certainty"]) =>
    principals
      .filter((it) => it.certainty === certainty)
      .flatMap(({ principal }) => [principal.objectId, principal.applicationObjectId, principal.resourceId])
      .filter((id) => id !== null);
  const named = new Set(ids("named"));
  return new Set(ids("derived").filter((id) => !named.has(id)));
}

/** Limits of the policy that a case is over: what would run by itself asks then. */
export function limitsReached(
  { limits }: Policy,
  {
    principals,
    principalsCutLately,
    possible,
  }: {
    readonly principals: number;
    readonly principalsCutLately: number;
    readonly possible: readonly Proposed[];
  },
): readonly string[] {
  const reached: string[] = [];
  const cut = principals + principalsCutLately;
  if (cut > limits.principalsPerHour) {
    reached.push(`${cut} principals within the hour, ${limits.principalsPerHour} allowed without a person`);
  }
  const roles = possible.filter(({ step }) => step.kind === "remove-role-assignment").length;
  if (roles > limits.rolesPerCase) {
    reached.push(`${roles} role assignments, ${limits.rolesPerCase} allowed without a person`);
  }
  return reached;
}
