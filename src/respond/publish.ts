import type { Scope } from "../case/scope.ts";
import type { RecordedEntry } from "../record/entry.ts";
import { caseReport } from "../report/case-report.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import { loadPlan } from "./stored-case.ts";

/** Writes the case's report from its record and documents, stores it, and records its hash. */
export async function publish(app: Tourniquet, summary: CaseSummary): Promise<void> {
  const { caseId, scope, plan } = summary;
  const record = app.record(caseId);
  const entries: RecordedEntry[] = [];
  for await (const entry of record.read()) entries.push(entry);
  const report = caseReport({
    caseId,
    entries,
    scope: scope === null ? null : await app.documents.getJson<Scope>(caseId, scope),
    plan: plan === null ? null : { digest: plan.digest, plan: await loadPlan(app, caseId, plan.digest) },
  });
  const document = await app.documents.putJson(caseId, "report.json", report);
  await record.append(
    [
      {
        id: entryIdOf(caseId, "report", document.sha256),
        type: "report",
        actor: BY_SYSTEM("report"),
        data: { documents: [document] },
      },
    ],
    { withCheckpoint: true },
  );
}
