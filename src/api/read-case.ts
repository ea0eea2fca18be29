import type { HttpResponseInit } from "@azure/functions";
import { planText, restoreText } from "../plan/plan-text.ts";
import type { Plan } from "../case/plan.ts";
import type { CaseStatus } from "../case/case.ts";
import type { PlanDifference } from "../plan/plan-difference.ts";
import type { RestorePlan } from "../respond/restore-plan.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import { caseView } from "./case-view.ts";
import { givenRecord } from "./given-record.ts";
import { json, problem } from "./problem.ts";
import type { Visit } from "./route.ts";

const STATUSES: readonly CaseStatus[] = [
  "open",
  "scoping",
  "awaiting-decision",
  "containing",
  "verifying",
  "watching",
  "closed",
];
const MOST_A_PAGE = 200;
const USUAL_PAGE = 50;

/** The case in the route, or the answer that there is none. Ids that cannot be ours never reach storage. */
export async function caseOf({ app, request }: Visit): Promise<CaseSummary | HttpResponseInit> {
  const caseId = request.params["id"] ?? "";
  const summary = /^case-[0-9a-f]{20}$/.test(caseId) ? await app.cases.get(caseId) : null;
  return summary ?? problem(404, "NO_SUCH_CASE", "There is no case with this id.");
}

export function isCase(it: CaseSummary | HttpResponseInit): it is CaseSummary {
  return "caseId" in it;
}

/** `GET /cases`: newest first, by status, in pages. */
export async function listCases({ app, request }: Visit): Promise<HttpResponseInit> {
  const wanted = request.query.get("status");
  const status = STATUSES.find((it) => it === wanted);
  if (wanted !== null && status === undefined) {
    return problem(400, "UNKNOWN_STATUS", `status is one of ${STATUSES.join(", ")}.`);
  }
  const limit = Number(request.query.get("limit") ?? USUAL_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_A_PAGE) {
    return problem(400, "BAD_LIMIT", `limit is a whole number from 1 to ${MOST_A_PAGE}.`);
  }
  const after = request.query.get("after");
  const page = await app.cases.list({
    limit,
    ...(status === undefined ? {} : { status }),
    ...(after === null ? {} : { after }),
  });
  if (page === null) return problem(400, "BAD_PLACE", "after is what an earlier page gave.");
  const more = new URLSearchParams({ limit: String(limit), ...(status === undefined ? {} : { status }) });
  if (page.next !== null) more.set("after", page.next);
  return json(200, {
    cases: page.cases.map(caseView),
    next: page.next === null ? null : `/api/cases?${more.toString()}`,
  });
}

export async function getCase(visit: Visit): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  return isCase(found) ? json(200, caseView(found)) : found;
}

export async function getScope(visit: Visit): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  if (found.scope === null) return problem(404, "NOT_YET", "The scope has not been taken yet.");
  const scope = await visit.app.documents.getJson(found.caseId, found.scope);
  return json(200, scope, { "x-document-sha256": found.scope.sha256 });
}

/**
 * `GET /cases/{id}/plan`: the latest, or the one with `?digest=`, which may also be what a restore is to put back. JSON, or
 * with `Accept: text/plain` a table for a tired person.
 */
export async function getPlan(visit: Visit): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  const { request, app } = visit;
  const digest = request.query.get("digest") ?? found.plan?.digest ?? null;
  if (digest === null) return problem(404, "NOT_YET", "No plan has been made yet.");
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    return problem(400, "BAD_DIGEST", "digest is 64 hexadecimal digits in lower case.");
  }
  const asText = (request.headers.get("accept") ?? "").includes("text/plain");
  const plan = await app.documents.find<Plan>(found.caseId, { blob: `plan-${digest}.json`, sha256: digest });
  if (plan !== null)
    return asText
      ? table(planText(plan, digest, differenceFor(found, digest)))
      : json(200, { digest, ...plan });
  const restore = await app.documents.find<RestorePlan>(found.caseId, {
    blob: `restore-${digest}.json`,
    sha256: digest,
  });
  if (restore === null) return problem(404, "NO_SUCH_PLAN", "This case has no plan with this digest.");
  return asText ? table(restoreText(restore, digest)) : json(200, { digest, ...restore });
}

function differenceFor({ decision }: CaseSummary, digest: string): PlanDifference | null {
  return decision?.planDigest === digest ? decision.difference : null;
}

function table(body: string): HttpResponseInit {
  return {
    status: 200,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    body,
  };
}

/** `GET /cases/{id}/record`: the record, ending with a signed checkpoint; while the vault cannot sign, as it stands. */
export async function getRecord(visit: Visit): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  const { bytes, headers } = await givenRecord(visit, found.caseId);
  return {
    status: 200,
    headers: {
      "content-type": "application/x-ndjson",
      "cache-control": "no-store",
      ...headers,
      "content-disposition": `attachment; filename="${found.caseId}.ndjson"`,
    },
    body: bytes,
  };
}
