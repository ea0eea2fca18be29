import type { HttpResponseInit } from "@azure/functions";
import type { DurableClient } from "durable-functions";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { MODES } from "../case/case.ts";
import { readResponderRequest } from "../intake/responder-request.ts";
import { parsed } from "./ask-case.ts";
import { linksOf } from "./case-view.ts";
import { openCase } from "./open-case.ts";
import { json, problem } from "./problem.ts";
import type { Visit } from "./route.ts";

const Request = z.strictObject({
  /** Ids, UPNs, ARM ids or objects that say what they are. */
  subjects: z
    .array(z.union([z.string().trim().min(1).max(1_000), z.record(z.string(), z.unknown())]))
    .min(1)
    .max(20),
  mode: z.enum(MODES),
  reason: z.string().trim().min(1).max(2_000),
  idempotencyKey: z.string().trim().min(1).max(200).optional(),
});

/** `POST /cases`: a responder names who it is about and how far to go. */
export async function postCase(visit: Visit, client: DurableClient): Promise<HttpResponseInit> {
  const body = await parsed(visit, Request);
  if (body.kind === "problem") return body.problem;
  const { app, caller } = visit;
  const { subjects, mode, reason, idempotencyKey } = body.value;
  const result = readResponderRequest({
    subjects,
    reason,
    // The key is the caller's own: another caller's same word is another case.
    deliveredAs: `responder ${caller.objectId} ${idempotencyKey ?? randomUUID()}`,
    now: app.now(),
  });
  if (result.kind === "refused") return problem(422, result.code, result.reason);
  const summary = await openCase(app, client, result.intake, { mode, caller });
  return json(
    202,
    { caseId: summary.caseId, status: summary.status, links: linksOf(summary) },
    { location: `/api/cases/${summary.caseId}` },
  );
}
