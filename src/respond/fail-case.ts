import type { Tourniquet } from "../tourniquet.ts";
import type { Concluded, FailInput } from "./activities.ts";
import { BY_SYSTEM, entryIdOf } from "./journal.ts";
import { existing } from "./stored-case.ts";

/** A case that cannot go on by itself says so: what was cut stays cut, and a person takes over. */
export async function failCase(app: Tourniquet, { caseId, where }: FailInput): Promise<Concluded> {
  const { plans } = await existing(app, caseId);
  const reason = `${where} went on failing; its function's log says why. What was cut stays cut.`;
  await app.record(caseId).append([
    {
      id: entryIdOf(caseId, "failed", where, plans),
      type: "failed",
      actor: BY_SYSTEM("respond"),
      data: { code: "ACTIVITY_FAILED", reason, where },
    },
    {
      id: entryIdOf(caseId, "status-changed", "failed", where, plans),
      type: "status-changed",
      actor: BY_SYSTEM("respond"),
      data: { status: "closed", outcome: "failed", reason },
    },
  ]);
  await app.cases.update(caseId, (it) => ({
    ...it,
    status: "closed",
    outcome: "failed",
    reason,
    decision: null,
    watchUntil: null,
    closedAt: app.now().toISOString(),
  }));
  return { outcome: "failed", watchUntil: null };
}
