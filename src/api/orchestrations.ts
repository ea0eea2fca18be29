import type { DurableClient } from "durable-functions";
import type { CaseFlowInput } from "../respond/case-flow.ts";

/** The name the case orchestration is registered under. */
export const CASE_FLOW = "case";

/** Starts a case's orchestration. Limits: an ended instance of that id would be replaced. */
export async function startCase(client: DurableClient, caseId: string): Promise<void> {
  await start(client, { caseId, phase: "respond", round: 1 });
}

/** For a case that was stored and perhaps never started. */
export async function startUnlessStarted(client: DurableClient, caseId: string): Promise<void> {
  if (!(await isKnown(client, caseId))) await startCase(client, caseId);
}

/** Starts a case that has ended anew, to put back what it cut. */
export async function startRestore(client: DurableClient, caseId: string): Promise<void> {
  await start(client, { caseId, phase: "restore", round: 1 });
}

async function start(client: DurableClient, input: CaseFlowInput): Promise<void> {
  try {
    await client.startNew(CASE_FLOW, { instanceId: input.caseId, input });
  } catch (error) {
    // The SDK throws the same kind of error for "runs already" and for a broken host; asking tells them apart.
    if (!(await isKnown(client, input.caseId))) throw error;
  }
}

async function isKnown(client: DurableClient, caseId: string): Promise<boolean> {
  // The SDK answers "no such instance" by throwing, like everything else that goes wrong.
  const status = await client.getStatus(caseId).catch(() => null);
  return status !== null && status !== undefined;
}

/** Wakes a case. What it is about was stored before; a case that has ended needs no waking. */
export async function knock(client: DurableClient, caseId: string, name: string): Promise<void> {
  await client.raiseEvent(caseId, name, {});
}
