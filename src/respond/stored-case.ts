import type { Plan } from "../case/plan.ts";
import type { Principal } from "../case/principal.ts";
import { type Ruling, ruleOn } from "../plan/policy.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";

/** The case's summary. Throws when there is none: an orchestration never runs without. */
export async function existing(app: Tourniquet, caseId: string): Promise<CaseSummary> {
  const summary = await app.cases.get(caseId);
  if (summary === null) throw new TypeError(`there is no case ${caseId}`);
  return summary;
}

/** What policy says for this case and these principals. */
export function rulingFor(app: Tourniquet, summary: CaseSummary, principals: readonly Principal[]): Ruling {
  return ruleOn(app.policy, {
    trigger: summary.trigger,
    severity: summary.severity,
    principalKinds: principals.map(({ kind }) => kind),
  });
}

const PLANS_KEPT = 2;
const plans = new WeakMap<Tourniquet, Map<string, Promise<Plan>>>();

/**
 * A plan by its digest, which is checked: what is performed is what was planned and approved. The latest are kept: a
 * digest names one plan for ever, and one of two thousand steps takes long to read for each sixty of them.
 */
export function loadPlan(app: Tourniquet, caseId: string, planDigest: string): Promise<Plan> {
  const kept = plans.get(app) ?? new Map<string, Promise<Plan>>();
  plans.set(app, kept);
  const key = `${caseId} ${planDigest}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const reference = { blob: `plan-${planDigest}.json`, sha256: planDigest };
  const plan = app.documents.getJson<Plan>(caseId, reference);
  if (kept.size >= PLANS_KEPT) kept.delete([...kept.keys()][0] ?? "");
  kept.set(key, plan);
  plan.catch(() => kept.delete(key));
  return plan;
}
