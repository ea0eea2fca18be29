import type { DurableClient } from "durable-functions";
import type { CaseFlowInput } from "../respond/case-flow.ts";

/** The name the case orchestration is registered under. */
export const CASE_FLOW = "case";

/** Starts a case's orchestration; that it runs already is as good. Limits: an ended instance of that id would be replaced. */
export async function startCase(client: DurableClient, caseId: string): Promise<void> {
  const input: CaseFlowInput = { caseId, phase: "respond", round: 1 };
  try {
    await client.startNew(CASE_FLOW, { instanceId: caseId, input });
  } catch (error) {
    // The SDK throws the same kind of error for "runs already" and for a broken host; asking tells them apart.
    const status = await client.getStatus(caseId).catch(() => null);
    if (status === null) throw error;
  }
}

/** Wakes a case. What it is about was stored before; a case that has ended needs no waking. */
export async function knock(client: DurableClient, caseId: string, name: string): Promise<void> {
  await client.raiseEvent(caseId, name, {});
}
