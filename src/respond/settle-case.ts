import type { CaseOutcome, CaseStatus } from "../case/case.ts";
import type { NewEntry } from "../record/entry.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { Concluded } from "./activities.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import { publish } from "./publish.ts";

export interface Ending {
  readonly status: CaseStatus;
  readonly outcome: CaseOutcome | null;
  readonly reason?: string;
  readonly watchUntil: string | null;
  readonly change?: Partial<CaseSummary>;
}

/** Records how a phase ended, brings the case's state up to date, and has it published. */
export async function settle(app: Tourniquet, summary: CaseSummary, ending: Ending): Promise<Concluded> {
  const { caseId } = summary;
  const { status, outcome, watchUntil } = ending;
  const reason = ending.reason ?? summary.reason;
  const changed: NewEntry[] = [
    {
      id: entryIdOf(
        caseId,
        "status-changed",
        status,
        outcome ?? "",
        summary.plan?.digest ?? "",
        watchUntil ?? "",
        reason ?? "",
      ),
      type: "status-changed",
      actor: BY_SYSTEM("conclude"),
      data: { status, outcome, ...(reason === null ? {} : { reason }) },
    },
  ];
  if (watchUntil !== null) {
    changed.push({
      id: entryIdOf(caseId, "watch-started", watchUntil),
      type: "watch-started",
      actor: BY_SYSTEM("watch"),
      data: { until: watchUntil },
    });
  }
  await app.record(caseId).append(changed, { withCheckpoint: true });
  const updated = await app.cases.update(caseId, (it) => ({
    ...it,
    ...ending.change,
    status,
    outcome,
    reason,
    watchUntil,
    closedAt: status === "closed" ? app.now().toISOString() : null,
  }));
  await publish(app, updated);
  return { outcome, watchUntil };
}
