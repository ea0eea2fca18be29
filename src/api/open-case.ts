import type { DurableClient } from "durable-functions";
import type { CallerReference, Mode } from "../case/case.ts";
import type { Intake } from "../intake/intake.ts";
import { digestOf } from "../plan/digest.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import { callerActor, entryIdOf } from "../respond/journal.ts";
import { startCase, startUnlessStarted } from "./orchestrations.ts";

/**
 * The case an intake belongs to: claimed once, stored, started. Whoever delivers the same again gets the same case, and
 * finishes what a crashed delivery left undone.
 */
export async function openCase(
  app: Tourniquet,
  client: DurableClient,
  intake: Intake,
  asked: { readonly mode: Mode; readonly caller: CallerReference },
): Promise<CaseSummary> {
  const { caseId } = await app.claims.claim(intake.deliveredAs);
  const known = await app.cases.get(caseId);
  if (known !== null) return deliveredAgain(app, client, known, asked.caller, intake.deliveredAs);
  // Named by its content: two deliveries at once must not overwrite what the other's case refers to.
  const name = `intake-${digestOf(intake).slice(0, 16)}.json`;
  const document = await app.documents.putJson(caseId, name, intake);
  const now = app.now().toISOString();
  const summary: CaseSummary = {
    caseId,
    status: "open",
    outcome: null,
    reason: null,
    mode: asked.mode,
    trigger: intake.trigger,
    title: intake.title,
    severity: intake.severity,
    openedAt: now,
    updatedAt: now,
    closedAt: null,
    openedBy: asked.caller,
    plans: 0,
    incident: intake.incident,
    principals: [],
    intake: document,
    resolution: null,
    scope: null,
    plan: null,
    decision: null,
    decided: null,
    steps: { planned: 0, applied: 0, confirmed: 0, gaps: 0 },
    residualExposure: [],
    watchUntil: null,
  };
  // Of deliveries at the same moment the one that wrote the case starts it.
  if (await app.cases.insert(summary)) {
    await startCase(client, caseId);
    return summary;
  }
  return (await app.cases.get(caseId)) ?? summary;
}

async function deliveredAgain(
  app: Tourniquet,
  client: DurableClient,
  known: CaseSummary,
  caller: CallerReference,
  deliveredAs: string,
): Promise<CaseSummary> {
  if (known.status === "open") {
    // Perhaps whoever wrote the case died before starting it.
    await startUnlessStarted(client, known.caseId);
    return known;
  }
  await app.record(known.caseId).append([
    {
      // Once a caller: a playbook that repeats itself must not fill the record.
      id: entryIdOf(known.caseId, "delivered-again", caller.objectId),
      type: "delivered-again",
      actor: callerActor(caller),
      data: { deliveredAs },
    },
  ]);
  return known;
}
