import type { Plan, PlannedStep } from "../../src/case/plan.ts";
import type { Scope } from "../../src/case/scope.ts";
import { digestOf } from "../../src/plan/digest.ts";
import { residualExposure } from "../../src/plan/residual-exposure.ts";
import { compose } from "../../src/record/compose.ts";
import type { NewEntry, RecordedEntry } from "../../src/record/entry.ts";
import type { ReportSources } from "../../src/report/case-report.ts";
import { BY_SYSTEM, confirmationEntry, intentEntry, outcomeEntry } from "../../src/respond/journal.ts";

export interface Telling {
  readonly title?: string;
  /** Where a step ends, when it is not confirmed. */
  readonly gap?: (step: PlannedStep, index: number) => boolean;
  readonly comment?: string;
  readonly outcome?: string;
}

const OPENED_IN_MS = Date.parse("2026-11-20T12:00:05.000Z");

/** The record of a case in which this plan was made, decided, performed and confirmed, entry by entry as a case writes it. */
export async function toldCase(scope: Scope, plan: Plan, telling: Telling = {}): Promise<ReportSources> {
  const digest = digestOf(plan);
  const steps = plan.waves.flatMap((wave) => wave.steps).filter(({ permission }) => permission !== "off");
  const gaps = steps.filter((step, index) => telling.gap?.(step, index) === true);
  const at = (seconds: number) => new Date(OPENED_IN_MS + seconds * 1_000).toISOString();
  const evidence = (id: string, seconds: number) => ({
    requestIds: [`request-${id}`],
    at: at(seconds),
    seen: { present: false },
  });
  const wave = (step: PlannedStep) => plan.waves.findIndex((it) => it.steps.includes(step));
  const status = telling.outcome ?? (gaps.length > 0 ? "contained-with-gaps" : "contained");
  const batches: readonly (readonly [number, readonly NewEntry[]])[] = [
    [
      0,
      [
        {
          id: "opened",
          type: "opened",
          actor: { kind: "caller", id: "playbook-1", name: "playbook" },
          data: {
            format: 1,
            mode: plan.mode,
            intake: "sentinel-incident",
            deliveredAs: "incident-1",
            title: telling.title ?? "Suspicious sign-in of a service principal",
            subjects: [],
          },
        },
      ],
    ],
    [
      3,
      [
        {
          id: "planned",
          type: "planned",
          actor: BY_SYSTEM("plan"),
          data: {
            planDigest: digest,
            document: { blob: `plan-${digest}.json`, sha256: digest },
            waves: plan.waves.length,
            steps: steps.length,
          },
        },
      ],
    ],
    [
      60,
      [
        {
          id: "decision",
          type: "decision-made",
          actor: { kind: "caller", id: "approver-1", name: "Ada" },
          data: { planDigest: digest, decision: "approve", comment: telling.comment ?? "Evict." },
        },
      ],
    ],
    [61, steps.map((step) => intentEntry(digest, step, wave(step), 1))],
    [
      62,
      steps.map((step) =>
        outcomeEntry(digest, step, 1, { kind: "applied", evidence: evidence(step.id, 62) }),
      ),
    ],
    [
      90,
      steps.map((step) =>
        confirmationEntry(
          digest,
          step,
          3,
          gaps.includes(step)
            ? { kind: "not-yet", seen: "still there", evidence: evidence(`${step.id}-read`, 90) }
            : { kind: "confirmed", evidence: evidence(`${step.id}-read`, 90) },
        ),
      ),
    ],
    [
      91,
      [
        {
          id: "exposure",
          type: "residual-exposure",
          actor: BY_SYSTEM("prove"),
          data: {
            items: residualExposure(scope, plan, () => ({ result: "applied" }), new Date(at(91))),
          },
        },
        {
          id: "status",
          type: "status-changed",
          actor: BY_SYSTEM("conclude"),
          data: { status: "watching", outcome: status, reason: "As told." },
        },
        { id: "watch", type: "watch-started", actor: BY_SYSTEM("watch"), data: { until: at(86_400) } },
      ],
    ],
  ];
  const entries = await recorded(
    scope.caseId,
    batches.map(([seconds, held]) => [at(seconds), held]),
  );
  return { caseId: scope.caseId, entries, scopes: [scope], plans: [{ digest, plan }] };
}

/** Entries as the record stores them, linked and hashed. */
export async function recorded(
  caseId: string,
  batches: readonly (readonly [string, readonly NewEntry[]])[],
): Promise<readonly RecordedEntry[]> {
  const entries: RecordedEntry[] = [];
  let after = { seq: 0, hash: "0".repeat(64) };
  for (const [at, held] of batches) {
    const composed = await compose(held, { caseId, at, after });
    for (const line of composed.block.toString("utf8").trim().split("\n")) entries.push(JSON.parse(line));
    after = composed.added.at(-1)?.head ?? after;
  }
  return entries;
}
