import { createHash } from "node:crypto";
import { z } from "zod";
import type { ArmClient } from "../azure/arm.ts";
import type { Answer, AzureFailure } from "../azure/failure.ts";
import type { CaseReport } from "../report/case-report.ts";
import { incidentComment, incidentTasks } from "../report/incident-note.ts";

const INCIDENT_API = "2024-03-01";

const Incident = z.looseObject({
  etag: z.string().nullish(),
  properties: z.looseObject({
    severity: z.string(),
    status: z.string(),
    labels: z.array(z.looseObject({ labelName: z.string() })).default([]),
  }),
});
type Incident = z.infer<typeof Incident>;
const Task = z.object({ properties: z.object({ status: z.string() }) });

export interface WriteBackTerms {
  readonly closeIncident: boolean;
  readonly raiseSeverity: boolean;
}

export type WrittenBack =
  | { readonly kind: "written"; readonly requestIds: readonly string[] }
  /** What was being written when it failed; what came before it stands. */
  | { readonly kind: "failed"; readonly at: "comment" | "tasks" | "labels"; readonly failure: AzureFailure };

/**
 * Writes a case to its Sentinel incident: one comment, rewritten as the case goes on, tasks for people, labels; severity
 * and status only on these terms. Run again it writes the same things, not more.
 */
export async function writeBack(
  arm: ArmClient,
  incidentId: string,
  report: CaseReport,
  terms: WriteBackTerms,
  reportUrl: string | null,
): Promise<WrittenBack> {
  const requestIds: string[] = [];
  const note = (answer: Answer<unknown>) => {
    if (answer.kind === "ok" && answer.requestId !== null) requestIds.push(answer.requestId);
  };
  const comment = await arm.put(
    `${incidentId}/comments/${guidOf(report.caseId, "comment")}`,
    INCIDENT_API,
    { properties: { message: incidentComment(report, reportUrl) } },
    z.unknown(),
  );
  if (comment.kind === "failed") return { kind: "failed", at: "comment", failure: comment.failure };
  note(comment);
  for (const { key, title, description } of incidentTasks(report)) {
    const path = `${incidentId}/tasks/${guidOf(report.caseId, "task", key)}`;
    // What a person ticked off stays ticked off.
    const before = await arm.get(path, INCIDENT_API, Task);
    if (before.kind === "ok") continue;
    if (before.failure.code !== "NOT_FOUND") return { kind: "failed", at: "tasks", failure: before.failure };
    const task = { properties: { title, description, status: "New" } };
    const written = await arm.put(path, INCIDENT_API, task, z.unknown());
    if (written.kind === "failed") return { kind: "failed", at: "tasks", failure: written.failure };
    note(written);
  }
  const marked = await markIncident(arm, incidentId, report, terms);
  if (marked !== null && marked.kind === "failed")
    return { kind: "failed", at: "labels", failure: marked.failure };
  if (marked !== null) note(marked);
  return { kind: "written", requestIds };
}

/** Labels, and what policy allows of severity and status. Null when they are as they should be. */
async function markIncident(
  arm: ArmClient,
  incidentId: string,
  report: CaseReport,
  terms: WriteBackTerms,
): Promise<Answer<unknown> | null> {
  const read = await arm.get(incidentId, INCIDENT_API, Incident);
  if (read.kind === "failed") return read;
  const changed = changedIncident(read.value, report, terms);
  if (changed === null) return null;
  const { etag } = read.value;
  // A person may have changed the incident since it was read; theirs stands, and we look again.
  const write = etag == null ? {} : { ifMatch: etag };
  return arm.put(incidentId, INCIDENT_API, { etag, properties: changed }, z.unknown(), write);
}

const OURS = "Tourniquet";

/** The incident as it should be; null when it is so already. Pure. */
export function changedIncident(
  { properties }: Incident,
  report: Pick<CaseReport, "status" | "outcome">,
  terms: WriteBackTerms,
): Incident["properties"] | null {
  const state = `${OURS}: ${report.outcome ?? report.status}`;
  const others = properties.labels.filter(({ labelName }) => !labelName.startsWith(OURS));
  const labels = [...others, { labelName: OURS }, { labelName: state }];
  const raise = terms.raiseSeverity && report.outcome === "contained-with-gaps";
  const close = terms.closeIncident && report.outcome === "contained" && report.status === "closed";
  const severity = raise ? "High" : properties.severity;
  const isSame =
    severity === properties.severity &&
    (!close || properties.status === "Closed") &&
    labels.map(({ labelName }) => labelName).join("\n") ===
      properties.labels.map(({ labelName }) => labelName).join("\n");
  if (isSame) return null;
  return {
    ...properties,
    labels,
    severity,
    ...(close && properties.status !== "Closed"
      ? {
          status: "Closed",
          classification: "TruePositive",
          classificationReason: "SuspiciousActivity",
          classificationComment: "Contained by Tourniquet; the watch ended with nothing found.",
        }
      : {}),
  };
}

/** A GUID from content, so that writing again is rewriting. */
function guidOf(...parts: readonly string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
