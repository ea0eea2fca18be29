import { type Azure, azureWith } from "../../src/azure/azure.ts";
import type { Scope } from "../../src/case/scope.ts";
import { assemblePlan, type PlanningInput } from "../../src/plan/assemble-plan.ts";
import { Policy } from "../../src/plan/policy.ts";
import { STEPS } from "../../src/steps/steps.ts";
import { PRODUCT } from "../../local/tenant/scenario/product.ts";
import type { TenantHandle } from "../../local/tenant/start.ts";
import { scopeOf } from "../scope/scoped.ts";
import { identityIn, type ReadTenant, readTenant } from "../scope/tenant-reader.ts";
import { STAGE } from "./stage.ts";

/** The stage, with Azure as each of the product's identities sees it. */
export interface Stage extends ReadTenant {
  readonly actor: Azure;
}

export async function openStage(scenario: object = STAGE): Promise<Stage> {
  const read = await readTenant({ scenario });
  return {
    ...read,
    actor: azureWith(identityIn(read.tenant, PRODUCT.actor)),
    [Symbol.asyncDispose]: () => read[Symbol.asyncDispose](),
  };
}

/** The scope of all suspects of the stage. */
export function scopeOfStage(stage: Stage): Promise<Scope> {
  return scopeOf(stage, { objectIds: suspectsOf(stage.tenant), hours: 24 });
}

export function suspectsOf({ names }: TenantHandle): readonly string[] {
  return [
    names.guid("servicePrincipal", "deploy"),
    names.guid("user", "uma"),
    names.guid("identity", "id-web"),
  ];
}

/** A policy that lets every kind there is run by itself. */
export const EVERYTHING = Policy.parse({
  version: 1,
  rules: [
    {
      name: "everything",
      mode: "evict",
      steps: {
        reversible: "automatic",
        irreversible: "automatic",
        kinds: Object.fromEntries(STEPS.map(({ kind }) => [kind, "automatic"])),
      },
    },
  ],
  clusters: { apiServerRanges: ["198.51.100.0/24", "192.0.2.7/32"] },
  limits: { principalsPerHour: 100, rolesPerCase: 100 },
});

/** Planning as `EVERYTHING` has it, unless told otherwise. */
export function planningOf(scope: Scope, more: Partial<PlanningInput> = {}): PlanningInput {
  const policy = more.policy ?? EVERYTHING;
  const rule = policy.rules[0];
  if (rule === undefined) throw new TypeError("the policy has no rule");
  return {
    scope,
    policy,
    ruling: { rule: rule.name, mode: rule.mode, quickCut: false, steps: rule.steps },
    mode: "evict",
    protection: { ownIds: [], protectedMembers: [] },
    productionIds: [],
    principalsCutLately: 0,
    steps: STEPS,
    ...more,
  };
}

export const stepsIn = (plan: ReturnType<typeof assemblePlan>) => plan.waves.flatMap((wave) => wave.steps);

export { assemblePlan };
