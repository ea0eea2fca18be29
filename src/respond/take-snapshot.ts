import type { Scope } from "../case/scope.ts";
import type { Intake } from "../intake/intake.ts";
import { digestOf } from "../plan/digest.ts";
import type { Resolution, ResolvedPrincipal } from "../scope/resolve/resolution.ts";
import { takeScope } from "../scope/take-scope.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseRef, Snapshotted } from "./activities.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import { existing } from "./stored-case.ts";

/** Reads everything about the case's principals, stores it, and records its hash. */
export async function takeSnapshot(app: Tourniquet, { caseId }: CaseRef): Promise<Snapshotted> {
  const summary = await existing(app, caseId);
  const scope = await freshScope(app, summary);
  return storeScope(app, summary, scope);
}

/**
 * The scope as it is now. Reads only. Principals that turn out to be in the same hands (they signed in from where the
 * suspects' suspicious calls came from) are read too, as derived ones: nothing is done to them without a person.
 */
export async function freshScope(app: Tourniquet, summary: CaseSummary): Promise<Scope> {
  const { caseId } = summary;
  if (summary.resolution === null) throw new TypeError(`${caseId} has not been resolved`);
  const [intake, resolution] = await Promise.all([
    app.documents.getJson<Intake>(caseId, summary.intake),
    app.documents.getJson<Resolution>(caseId, summary.resolution),
  ]);
  const request = { caseId, window: intake.window, workspaceIds: app.settings.workspaceIds };
  const { scope } = await takeScope(app.reader, { ...request, resolution });
  const related = scope.related ?? [];
  if (related.length === 0) return scope;
  const derived = related.map(({ principal, because }): ResolvedPrincipal => ({
    principal,
    because,
    certainty: "derived",
    leaked: [],
  }));
  const widened = { ...resolution, principals: [...resolution.principals, ...derived] };
  return (await takeScope(app.reader, { ...request, resolution: widened })).scope;
}

/** Every snapshot is kept: what was planned from must stay readable when the tenant has changed. */
export async function storeScope(app: Tourniquet, summary: CaseSummary, scope: Scope): Promise<Snapshotted> {
  const { caseId } = summary;
  const scopeDigest = digestOf(scope);
  const name = summary.scope === null ? "scope.json" : `scope-${scopeDigest.slice(0, 16)}.json`;
  const document = await app.documents.putJson(caseId, name, scope);
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "snapshot", scopeDigest),
      type: "snapshot",
      actor: { ...BY_SYSTEM("scope"), identity: { name: "reader" } },
      data: { document, counts: countsOf(scope), gaps: scope.limitations },
    },
  ]);
  await app.cases.update(caseId, (it) => ({ ...it, scope: document }));
  return { scopeDigest, principals: scope.principals.length };
}

function countsOf(scope: Scope): Record<string, number> {
  const sum = (count: (it: Scope["principals"][number]) => number) =>
    scope.principals.reduce((total, it) => total + count(it), 0);
  return {
    principals: scope.principals.length,
    credentials: sum((it) => it.passwords.length + it.certificates.length),
    federatedCredentials: sum((it) => it.federated.length),
    roleAssignments: sum((it) => it.roleAssignments.length),
    reach: scope.reach.length,
    activity: scope.activity.length,
    planted: scope.planted.length,
    limitations: scope.limitations.length,
  };
}
