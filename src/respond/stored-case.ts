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

/** A plan by its digest, which is checked: what is performed is what was planned and approved. */
export async function loadPlan(app: Tourniquet, caseId: string, planDigest: string): Promise<Plan> {
  return app.documents.getJson<Plan>(caseId, { blob: `plan-${planDigest}.json`, sha256: planDigest });
}
