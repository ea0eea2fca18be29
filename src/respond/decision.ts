import type { Plan, PlannedStep } from "../case/plan.ts";
import type { NewEntry } from "../record/entry.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { CaseRequest } from "../storage/case-requests.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { AskInput, CaseRef, Decided, DecisionInput } from "./activities.ts";
import { BY_SYSTEM, callerActor, entryIdOf, stepStates } from "./journal.ts";
import { planFrom } from "./make-plan.ts";
import { existing, loadPlan } from "./stored-case.ts";
import { freshScope, storeScope } from "./take-snapshot.ts";

type DecisionRequest = Extract<CaseRequest, { readonly kind: "decision" }>;

/** Puts the question on record and in the case's state. */
export async function askDecision(
  app: Tourniquet,
  { caseId, planDigest, deadline }: AskInput,
): Promise<CaseRef> {
  const plan = await loadPlan(app, caseId, planDigest);
  const waiting = awaiting(plan);
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "decision-asked", planDigest),
      type: "decision-asked",
      actor: BY_SYSTEM("decide"),
      data: {
        planDigest,
        deadline,
        why: `${waiting.length} steps need a person: ${[...new Set(waiting.map(({ kind }) => kind))].join(", ")}`,
        steps: waiting.map(({ id }) => id),
      },
    },
  ]);
  await app.cases.update(caseId, (it) => ({
    ...it,
    status: "awaiting-decision",
    decision: { planDigest, deadline },
  }));
  return { caseId };
}

/** Why a decision cannot be taken from this caller on this plan, or null. Said at once to who decides, and checked again here. */
export function decisionRefused(
  summary: CaseSummary,
  request: { readonly planDigest: string; readonly by: { readonly objectId: string } },
  now: Date,
): { readonly code: string; readonly reason: string } | null {
  const { decision } = summary;
  if (decision === null) {
    return { code: "NOTHING_TO_DECIDE", reason: "This case does not wait for a decision." };
  }
  if (request.planDigest !== decision.planDigest) {
    return { code: "OTHER_PLAN", reason: `The plan to decide on is ${decision.planDigest}.` };
  }
  if (now.toISOString() >= decision.deadline) {
    return { code: "TOO_LATE", reason: `The deadline was ${decision.deadline}.` };
  }
  if (request.by.objectId.toLowerCase() === summary.openedBy.objectId.toLowerCase()) {
    return { code: "OWN_REQUEST", reason: "Who asked for a case cannot approve its plan." };
  }
  return null;
}

/**
 * Takes the first valid decision that was stored; answers `none` to a knock without one. An approval is good only while
 * the tenant still calls for exactly the approved steps: otherwise a new plan is to be made and decided.
 */
export async function readDecision(app: Tourniquet, input: DecisionInput): Promise<Decided> {
  const { caseId, planDigest, expired } = input;
  const summary = await existing(app, caseId);
  const record = app.record(caseId);
  const requests = (await app.requests.pending(caseId)).filter((it) => it.kind === "decision");
  for (const request of requests) {
    const refused = decisionRefused(summary, request, new Date(request.at));
    if (refused !== null) {
      await record.append([refusedEntry(caseId, request, refused)]);
      await app.requests.settle(caseId, request.id);
      continue;
    }
    await record.append([madeEntry(caseId, request)]);
    const decided = request.decision === "reject" ? "rejected" : await stillTrue(app, summary, planDigest);
    await app.cases.update(caseId, (it) => ({ ...it, decision: null, status: "containing" }));
    await app.requests.settle(caseId, request.id);
    return { kind: decided };
  }
  if (!expired) return { kind: "none" };
  const deadline = summary.decision?.deadline ?? app.now().toISOString();
  await record.append([
    {
      id: entryIdOf(caseId, "decision-expired", planDigest),
      type: "decision-expired",
      actor: BY_SYSTEM("decide"),
      data: { planDigest, deadline },
    },
  ]);
  await app.cases.update(caseId, (it) => ({ ...it, decision: null, status: "containing" }));
  return { kind: "expired" };
}

/** Looks again before what cannot be undone. More to do than was approved means asking anew; less is simply already so. */
async function stillTrue(
  app: Tourniquet,
  summary: CaseSummary,
  planDigest: string,
): Promise<"approved" | "changed"> {
  const approved = await loadPlan(app, summary.caseId, planDigest);
  const scope = await freshScope(app, summary);
  const now = await planFrom(app, summary, scope);
  const states = await stepStates(app.record(summary.caseId), planDigest);
  const known = new Set(awaiting(approved).map(({ id }) => id));
  const news = awaiting(now).filter(({ id }) => !known.has(id) && states.of(id).result === null);
  if (news.length === 0) return "approved";
  await storeScope(app, summary, scope);
  return "changed";
}

function awaiting(plan: Plan): readonly PlannedStep[] {
  return plan.waves.flatMap((wave) => wave.steps).filter(({ permission }) => permission === "approval");
}

function madeEntry(caseId: string, request: DecisionRequest): NewEntry {
  return {
    id: entryIdOf(caseId, "decision-made", request.id),
    type: "decision-made",
    actor: callerActor(request.by),
    data: {
      planDigest: request.planDigest,
      decision: request.decision,
      at: request.at,
      ...(request.comment === null ? {} : { comment: request.comment }),
    },
  };
}

function refusedEntry(
  caseId: string,
  request: DecisionRequest,
  refused: { readonly code: string; readonly reason: string },
): NewEntry {
  return {
    id: entryIdOf(caseId, "decision-refused", request.id),
    type: "decision-refused",
    actor: callerActor(request.by),
    data: { planDigest: request.planDigest, ...refused },
  };
}
