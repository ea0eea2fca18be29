import { randomUUID } from "node:crypto";
import type { HttpResponseInit } from "@azure/functions";
import type { DurableClient } from "durable-functions";
import { z } from "zod";
import { caseStanding, stepsOfCase } from "../respond/case-standing.ts";
import { KNOCKS } from "../respond/case-flow.ts";
import { refusedEntry } from "../respond/decision.ts";
import { decisionRefused } from "../respond/decision-rules.ts";
import { entryIdOf } from "../respond/journal.ts";
import { type RestoreRequest, restoreAskedEntry } from "../respond/restore-plan.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { CaseRequest } from "../storage/case-requests.ts";
import { linksOf } from "./case-view.ts";
import { knock, startRestore } from "./orchestrations.ts";
import { json, problem } from "./problem.ts";
import { caseOf, isCase } from "./read-case.ts";
import type { Visit } from "./route.ts";

const Comment = z.string().trim().min(1).max(2_000);
const Decision = z.strictObject({
  decision: z.enum(["approve", "reject"]),
  planDigest: z.string().regex(/^[0-9a-f]{64}$/),
  comment: Comment.optional(),
});
const Restore = z.strictObject({ steps: z.array(z.string()).min(1).max(5_000).optional(), reason: Comment });
const Close = z.strictObject({ reason: Comment });

/** `POST /cases/{id}/decision`: each reason why not has an answer of its own, and stands in the record. */
export async function postDecision(visit: Visit, client: DurableClient): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  const body = await parsed(visit, Decision);
  if (body.kind === "problem") return body.problem;
  const { app, caller } = visit;
  const { decision, planDigest, comment } = body.value;
  const now = app.now();
  const request: CaseRequest = {
    // One decision a person and plan: said twice it is said once.
    id: entryIdOf("decision", planDigest, caller.objectId, decision),
    at: now.toISOString(),
    by: caller,
    kind: "decision",
    decision,
    planDigest,
    comment: comment ?? null,
  };
  if ((await app.requests.get(found.caseId, request.id)) !== null) {
    // The answer to the first may have been lost; so may the knock.
    await knock(client, found.caseId, KNOCKS.decision);
    return json(202, { caseId: found.caseId, decision, planDigest, repeated: true, links: linksOf(found) });
  }
  const refused =
    decisionRefused(found, request, now) ??
    ((await isDecided(visit, found.caseId, planDigest))
      ? { code: "ALREADY_DECIDED", reason: "Somebody decided on this plan a moment ago." }
      : null);
  if (refused !== null) {
    await app.record(found.caseId).append([refusedEntry(found.caseId, request, refused)]);
    return problem(refused.code === "OWN_REQUEST" ? 403 : 409, refused.code, refused.reason);
  }
  await app.requests.put(found.caseId, request);
  await knock(client, found.caseId, KNOCKS.decision);
  return json(202, { caseId: found.caseId, decision, planDigest, repeated: false, links: linksOf(found) });
}

async function isDecided({ app }: Visit, caseId: string, planDigest: string): Promise<boolean> {
  const pending = await app.requests.pending(caseId);
  return pending.some((it) => it.kind === "decision" && it.planDigest === planDigest);
}

/** Who tried to decide without the role stands in the case's record, once. The answer is the gate's. */
export async function noteForbiddenDecision(visit: Visit): Promise<void> {
  const found = await caseOf(visit);
  if (!isCase(found) || found.status === "open") return;
  const refused = { code: "ROLE_MISSING", reason: "The caller may not decide." };
  const request = {
    id: entryIdOf("forbidden", visit.caller.objectId),
    by: visit.caller,
    planDigest: found.decision?.planDigest ?? "",
  };
  await visit.app.record(found.caseId).append([refusedEntry(found.caseId, request, refused)]);
}

/** `POST /cases/{id}/restore`: puts back what can be put back. */
export async function postRestore(visit: Visit, client: DurableClient): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  const body = await parsed(visit, Restore);
  if (body.kind === "problem") return body.problem;
  if ((found.watchUntil === null && found.status !== "closed") || found.plan === null) {
    return problem(
      409,
      "NOT_RESTORABLE",
      `Only what a case under watch or at its end has cut can be put back; it is ${found.status}.`,
    );
  }
  const { app, caller } = visit;
  const { steps, reason } = body.value;
  if ((await app.requests.pending(found.caseId)).some(({ kind }) => kind === "restore")) {
    // Perhaps whoever stored it died before waking the case; a case that is awake takes no notice.
    await wakeToRestore(client, found);
    return problem(409, "BEING_RESTORED", "Another restore of this case is not finished yet.");
  }
  const unknown = await stepsNotOfCase(app, found.caseId, steps ?? []);
  if (unknown.length > 0) {
    return problem(422, "UNKNOWN_STEPS", "The case has no such steps; its status names those it has.", {
      steps: unknown,
    });
  }
  const request: RestoreRequest = {
    id: randomUUID(),
    at: app.now().toISOString(),
    by: caller,
    kind: "restore",
    stepIds: steps ?? null,
    reason,
  };
  // Stored first: what only the record knew of would be asked a second time after a crash, and stand there twice.
  await app.requests.put(found.caseId, request);
  await app.record(found.caseId).append([restoreAskedEntry(found.caseId, request)]);
  await wakeToRestore(client, found);
  return json(202, { caseId: found.caseId, links: linksOf(found) });
}

/** Ids that no plan of the case has. */
async function stepsNotOfCase(
  app: Visit["app"],
  caseId: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { steps } = await stepsOfCase(app, caseId, await caseStanding(app.record(caseId)));
  const known = new Set(steps.map(({ step }) => step.id));
  return ids.filter((id) => !known.has(id));
}

async function wakeToRestore(client: DurableClient, { caseId, status }: CaseSummary): Promise<void> {
  if (status === "closed") await startRestore(client, caseId);
  else await knock(client, caseId, KNOCKS.restore);
}

/** `POST /cases/{id}/close`: ends the watch. */
export async function postClose(visit: Visit, client: DurableClient): Promise<HttpResponseInit> {
  const found = await caseOf(visit);
  if (!isCase(found)) return found;
  const body = await parsed(visit, Close);
  if (body.kind === "problem") return body.problem;
  // While a finding is being cut again the watch is only interrupted: it takes up what was asked when it goes on.
  if (found.watchUntil === null) {
    return problem(409, "NOT_WATCHING", `There is no watch to end; the case is ${found.status}.`);
  }
  const { app, caller } = visit;
  const { reason } = body.value;
  const id = entryIdOf("close", found.caseId, caller.objectId, found.watchUntil ?? "");
  await app.requests.put(found.caseId, {
    id,
    at: app.now().toISOString(),
    by: caller,
    kind: "close",
    reason,
  });
  await knock(client, found.caseId, KNOCKS.close);
  return json(202, { caseId: found.caseId, links: linksOf(found) });
}

type Parsed<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "problem"; readonly problem: HttpResponseInit };

const MOST_CHARACTERS = 500_000;

/** A JSON body that fits, or the answer that says everything that is wrong with it. */
export async function parsed<T>({ request }: Visit, schema: z.ZodType<T>): Promise<Parsed<T>> {
  const text = await request.text();
  if (text.length > MOST_CHARACTERS) {
    return { kind: "problem", problem: problem(413, "TOO_LARGE", `At most ${MOST_CHARACTERS} characters.`) };
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: "problem", problem: problem(400, "NOT_JSON", "The body is not JSON.") };
  }
  const result = schema.safeParse(body);
  if (result.success) return { kind: "value", value: result.data };
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join(".") || "(body)"}: ${issue.message}`,
  );
  return { kind: "problem", problem: problem(422, "BODY_REFUSED", problems.join("; "), { problems }) };
}
