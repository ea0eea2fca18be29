import type { CaseSummary } from "../storage/case-index.ts";

/** A case as callers see it: its state in two words with the reason, what was done, until when, and where to go on. */
export function caseView(summary: CaseSummary) {
  const { caseId, status, outcome, reason, mode, trigger, title, severity } = summary;
  return {
    caseId,
    status,
    outcome,
    reason,
    mode,
    trigger,
    title,
    severity,
    openedAt: summary.openedAt,
    updatedAt: summary.updatedAt,
    closedAt: summary.closedAt,
    openedBy: { objectId: summary.openedBy.objectId, name: summary.openedBy.name },
    incident: summary.incident,
    principals: summary.principals,
    steps: summary.steps,
    decision: summary.decision,
    planDigest: summary.plan?.digest ?? null,
    residualExposure: summary.residualExposure,
    watchUntil: summary.watchUntil,
    words: summary.words ?? {},
    links: linksOf(summary),
  };
}

export function linksOf({ caseId }: CaseSummary) {
  const base = `/api/cases/${caseId}`;
  return {
    self: base,
    scope: `${base}/scope`,
    plan: `${base}/plan`,
    record: `${base}/record`,
    report: `${base}/report`,
    decision: `${base}/decision`,
    restore: `${base}/restore`,
    close: `${base}/close`,
  };
}
