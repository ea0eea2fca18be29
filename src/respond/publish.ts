import canonicalize from "canonicalize";
import { z } from "zod";
import type { Plan } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import type { DocumentReference, RecordedEntry } from "../record/entry.ts";
import { type CaseReport, caseReport } from "../report/case-report.ts";
import { htmlReport } from "../report/html-report.ts";
import { markdownReport } from "../report/markdown-report.ts";
import type { DigestedPlan } from "../report/reported-step.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";

/** Writes the case's report from its record and documents in every form, stores them, and records their hashes. */
export async function publish(app: Tourniquet, summary: CaseSummary): Promise<void> {
  const { caseId } = summary;
  const report = await currentReport(app, summary);
  const documents: DocumentReference[] = [];
  for (const { name, contentType, write } of REPORT_FORMS) {
    documents.push(await app.documents.put(caseId, name, Buffer.from(write(report)), contentType));
  }
  await app.record(caseId).append(
    [
      {
        id: entryIdOf(caseId, "report", ...documents.map(({ sha256 }) => sha256)),
        type: "report",
        actor: BY_SYSTEM("report"),
        data: { documents },
      },
    ],
    { withCheckpoint: true },
  );
}

/** The case as its record stands now. */
export async function currentReport(app: Tourniquet, summary: CaseSummary): Promise<CaseReport> {
  const { caseId } = summary;
  const entries: RecordedEntry[] = [];
  for await (const entry of app.record(caseId).read()) {
    // Three quarters of a record with thousands of rotations. The report tells what came of them, from their outcomes.
    if (entry.type !== "rotation-stage") entries.push(entry);
  }
  return caseReport({
    caseId,
    entries,
    scopes: await scopesOf(app, caseId, entries),
    plans: await plansOf(app, caseId, entries),
  });
}

/** A report in one of its forms. The same report gives the same bytes. */
interface ReportForm {
  readonly name: string;
  readonly contentType: string;
  readonly write: (report: CaseReport) => string;
}

/** Written one at a time: a case with thousands of steps makes megabytes of each. */
export const REPORT_FORMS: readonly ReportForm[] = [
  { name: "report.json", contentType: "application/json", write: jsonReport },
  { name: "report.html", contentType: "text/html; charset=utf-8", write: htmlReport },
  { name: "report.md", contentType: "text/markdown; charset=utf-8", write: markdownReport },
];

function jsonReport(report: CaseReport): string {
  const json = canonicalize(report);
  if (json === undefined) throw new TypeError("a report has no canonical form");
  return json;
}

const Planned = z.object({
  planDigest: z.string(),
  document: z.object({ blob: z.string(), sha256: z.string() }),
});

const Snapshot = z.object({ document: z.object({ blob: z.string(), sha256: z.string() }) });

async function scopesOf(
  app: Tourniquet,
  caseId: string,
  entries: readonly RecordedEntry[],
): Promise<readonly Scope[]> {
  const taken = entries.filter(({ type }) => type === "snapshot").map(({ data }) => Snapshot.parse(data));
  return Promise.all(taken.map(({ document }) => app.documents.getJson<Scope>(caseId, document)));
}

async function plansOf(
  app: Tourniquet,
  caseId: string,
  entries: readonly RecordedEntry[],
): Promise<readonly DigestedPlan[]> {
  const planned = entries.filter(({ type }) => type === "planned").map(({ data }) => Planned.parse(data));
  // A plan made again after another is the latest, whatever its place was before.
  const latest = planned.filter(
    ({ planDigest }, index) => planned.findLastIndex((it) => it.planDigest === planDigest) === index,
  );
  return Promise.all(
    latest.map(async ({ planDigest, document }) => ({
      digest: planDigest,
      plan: await app.documents.getJson<Plan>(caseId, document),
    })),
  );
}
