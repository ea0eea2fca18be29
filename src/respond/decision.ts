import type { Plan, PlannedStep } from "../case/plan.ts";
import {
  awaiting,
  differenceOf,
  differenceText,
  isNoMore,
  type PlanDifference,
} from "../plan/plan-difference.ts";
import type { NewEntry } from "../record/entry.ts";
import type { CaseSummary, PastDecision } from "../storage/case-index.ts";
import type { CaseRequest } from "../storage/case-requests.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { AskInput, CaseRef, Decided, DecisionInput } from "./activities.ts";
import { decisionRefused } from "./decision-rules.ts";
import { BY_SYSTEM, callerActor, entryIdOf } from "./journal.ts";
import { planFrom } from "./make-plan.ts";
import { loadRestore } from "./restore-plan.ts";
import { existing, loadPlan } from "./stored-case.ts";
import { freshScope, isPartial } from "./take-snapshot.ts";

type DecisionRequest = Extract<CaseRequest, { readonly kind: "decision" }>;

/** Puts the question on record and in the case's state. */
export async function askDecision(app: Tourniquet, input: AskInput): Promise<CaseRef> {
  const { caseId, planDigest, deadline, about } = input;
  const summary = await existing(app, caseId);
  const { waiting, requester, difference } = await questionOf(app, summary, input);
  const kinds = [...new Set(waiting.map(({ kind }) => kind))].join(", ");
  const news = difference === null ? null : differenceText(difference);
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "decision-asked", planDigest),
      type: "decision-asked",
      actor: BY_SYSTEM("decide"),
      data: {
        about,
        planDigest,
        deadline,
        why: `${news === null ? "" : `${news} `}${waiting.length} steps need a person: ${kinds}`,
        ...(difference === null ? {} : { difference }),
        steps: waiting.map(({ id }) => id),
      },
    },
  ]);
  await app.cases.update(caseId, (it) => ({
    ...it,
    status: "awaiting-decision",
    decision: { about, planDigest, deadline, requester, difference },
  }));
  return { caseId };
}

interface Question {
  readonly waiting: readonly PlannedStep[];
  readonly requester: string;
  readonly difference: PlanDifference | null;
}

async function questionOf(
  app: Tourniquet,
  summary: CaseSummary,
  { caseId, planDigest, about }: AskInput,
): Promise<Question> {
  if (about === "plan") {
    const plan = await loadPlan(app, caseId, planDigest);
    return {
      waiting: awaiting(plan),
      requester: summary.openedBy.objectId,
      difference: await differenceSinceAnswer(app, summary, { planDigest, plan }),
    };
  }
  const { steps, requestedBy } = await loadRestore(app, caseId, planDigest);
  return {
    waiting: steps.filter(({ permission }) => permission === "approval"),
    requester: requestedBy.objectId,
    difference: null,
  };
}

/** Against the plan that was answered last; null when this is the first question of the case, or the same one again. */
async function differenceSinceAnswer(
  app: Tourniquet,
  { caseId, decided }: CaseSummary,
  asked: { readonly planDigest: string; readonly plan: Plan },
): Promise<PlanDifference | null> {
  const since = decided?.planDigest;
  if (since === undefined || since === asked.planDigest) return null;
  // A restore may have been answered since: that was another question.
  const reference = { blob: `plan-${since}.json`, sha256: since };
  const answered = await app.documents.find<Plan>(caseId, reference);
  return answered === null ? null : { since, ...differenceOf(answered, asked.plan) };
}

/**
 * Takes the first valid decision that was stored; answers `none` to a knock without one. An approval is good only while
 * the approved steps still mean what they meant: otherwise a new plan is to be made and decided. Run twice, it answers as
 * it did: what was taken is taken, though no longer pending.
 */
export async function readDecision(app: Tourniquet, input: DecisionInput): Promise<Decided> {
  const { caseId, planDigest, expired } = input;
  const summary = await existing(app, caseId);
  const before = takenBefore(summary, planDigest);
  const requests = (await app.requests.pending(caseId)).filter((it) => it.kind === "decision");
  let taken: DecisionRequest | null = null;
  for (const request of requests) {
    if (before !== null && isTheOneTaken(request, before)) {
      await app.requests.settle(caseId, request.id);
      continue;
    }
    const refused =
      taken === null
        ? decisionRefused(summary, request, new Date(request.at))
        : { code: "ALREADY_DECIDED", reason: "Somebody else decided a moment before." };
    if (refused === null) taken = request;
    else {
      await app.record(caseId).append([refusedEntry(caseId, request, refused)]);
      await app.requests.settle(caseId, request.id);
    }
  }
  if (before !== null) return { kind: KINDS[before.decision] };
  if (taken !== null) return take(app, summary, input, taken);
  if (!expired) return { kind: "none" };
  const deadline = summary.decision?.deadline ?? app.now().toISOString();
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "decision-expired", planDigest),
      type: "decision-expired",
      actor: BY_SYSTEM("decide"),
      data: { planDigest, deadline },
    },
  ]);
  await app.cases.update(caseId, (it) => ({
    ...it,
    decision: null,
    decided: { planDigest, decision: "expired", at: deadline, by: null },
    status: "containing",
  }));
  return { kind: "expired" };
}

const KINDS = {
  approve: "approved",
  reject: "rejected",
  expired: "expired",
  outdated: "changed",
} as const satisfies Readonly<Record<PastDecision["decision"], Decided["kind"]>>;

/** How this question ended, if this activity settled it and then died before it could say so. */
function takenBefore({ decision, decided }: CaseSummary, planDigest: string): PastDecision | null {
  return decision === null && decided?.planDigest === planDigest ? decided : null;
}

function isTheOneTaken({ at, by, planDigest }: DecisionRequest, taken: PastDecision): boolean {
  return at === taken.at && by.objectId === taken.by && planDigest === taken.planDigest;
}

async function take(
  app: Tourniquet,
  summary: CaseSummary,
  { caseId, planDigest, about }: DecisionInput,
  request: DecisionRequest,
): Promise<Decided> {
  const { decision, by, at } = request;
  const record = app.record(caseId);
  await record.append([madeEntry(caseId, request)]);
  const reason = "What was approved would cost or touch more by now; a new plan is to be decided.";
  const outdated = refusedEntry(caseId, request, { code: "PLAN_OUTDATED", reason });
  const holds =
    decision === "reject" ||
    about === "restore" ||
    (!(await record.has(outdated.id)) && (await stillTrue(app, summary, planDigest)));
  if (!holds) await record.append([outdated]);
  await app.cases.update(caseId, (it) => ({
    ...it,
    decision: null,
    decided: { planDigest, decision: holds ? decision : "outdated", at, by: by.objectId },
    status: "containing",
  }));
  await app.requests.settle(caseId, request.id);
  return { kind: decision === "reject" ? "rejected" : holds ? "approved" : "changed" };
}

/**
 * Looks again before what cannot be undone: whether what was approved would cost or touch no more than was said. What is
 * gone meanwhile is already so. What has come to be done besides is for another plan and another decision: an attacker who
 * plants more must not be able to void an approval.
 */
async function stillTrue(app: Tourniquet, summary: CaseSummary, planDigest: string): Promise<boolean> {
  const { caseId } = summary;
  const approved = await loadPlan(app, caseId, planDigest);
  const scope = await freshScope(app, summary);
  if (isPartial(scope)) throw new ScopeUnreadError("what was approved could not be looked at again");
  const now = new Map(awaiting(await planFrom(app, summary, scope)).map((step) => [step.id, step]));
  return awaiting(approved).every((step) => {
    const again = now.get(step.id);
    return again === undefined || isNoMore(step, again);
  });
}

/** Thrown where going on without a full look would be a guess; the activity is called again. */
class ScopeUnreadError extends Error {
  override readonly name = "ScopeUnreadError";
  readonly code = "SCOPE_UNREAD";
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

/** Each reason a person's decision did not count stands in the record once. */
export function refusedEntry(
  caseId: string,
  request: Pick<DecisionRequest, "id" | "by" | "planDigest">,
  refused: { readonly code: string; readonly reason: string },
): NewEntry {
  return {
    id: entryIdOf(caseId, "decision-refused", request.id, refused.code),
    type: "decision-refused",
    actor: callerActor(request.by),
    data: { planDigest: request.planDigest, ...refused },
  };
}
