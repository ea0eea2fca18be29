import type { Plan, PlannedStep } from "../case/plan.ts";
import type { Scope } from "../case/scope.ts";
import type { RecordedEntry } from "../record/entry.ts";

/** What a report is made from: the record and the documents it names, nothing else. */
export interface ReportSources {
  readonly caseId: string;
  /** The record up to the entry that the report describes last. */
  readonly entries: readonly RecordedEntry[];
  readonly scope: Scope | null;
  readonly plan: { readonly digest: string; readonly plan: Plan } | null;
}

export interface ReportedStep {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly wave: string;
  readonly permission: PlannedStep["permission"];
  readonly because: readonly string[];
  readonly result: string | null;
  readonly code: string | null;
  readonly confirmed: boolean;
  readonly restored: boolean;
  readonly reversible: boolean;
}

/** A case in plain data: what every form of the report is written from. */
export interface CaseReport {
  readonly caseId: string;
  readonly title: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly principals: readonly { readonly id: string; readonly name: string; readonly kind: string }[];
  readonly steps: readonly ReportedStep[];
  readonly gaps: readonly string[];
  readonly personActions: readonly { readonly title: string; readonly because: string }[];
  readonly residualExposure: readonly unknown[];
  /** The record's head that this report stands on. */
  readonly record: { readonly entries: number; readonly head: string };
}

/** Reads a case out of its record. Pure: the same record and documents give the same report. */
export function caseReport({ caseId, entries, scope, plan }: ReportSources): CaseReport {
  const opened = entries.find(({ type }) => type === "opened");
  const state = entries.findLast(({ type }) => type === "status-changed");
  const exposure = entries.findLast(({ type }) => type === "residual-exposure");
  const steps = plan === null ? [] : reportedSteps(plan.digest, plan.plan, entries);
  return {
    caseId,
    title: text(opened, "title") ?? caseId,
    status: text(state, "status") ?? "open",
    outcome: text(state, "outcome"),
    reason: text(state, "reason"),
    principals: (scope?.principals ?? []).map(({ principal }) => ({
      id: principal.objectId ?? principal.applicationObjectId ?? "",
      name: principal.displayName,
      kind: principal.kind,
    })),
    steps,
    gaps: steps
      .filter(({ permission, confirmed }) => permission !== "off" && !confirmed)
      .map(
        ({ title, result, code }) =>
          `${title}: ${result ?? "not performed"}${code === null ? "" : ` (${code})`}`,
      ),
    personActions: (plan?.plan.personActions ?? []).map(({ title, because }) => ({ title, because })),
    residualExposure: array(exposure?.data["items"]),
    record: { entries: entries.length, head: entries.at(-1)?.hash ?? "" },
  };
}

function reportedSteps(
  digest: string,
  plan: Plan,
  entries: readonly RecordedEntry[],
): readonly ReportedStep[] {
  const about = (type: RecordedEntry["type"]) =>
    new Map(
      entries
        .filter((it) => it.type === type)
        .map((it) => [`${text(it, "planDigest") ?? ""} ${text(it, "stepId") ?? ""}`, it]),
    );
  const outcomes = about("outcome");
  const confirmed = about("confirmed");
  const restored = new Set(entries.filter(({ type }) => type === "restore").map((it) => text(it, "stepId")));
  return plan.waves.flatMap(({ name, steps }) =>
    steps.map((step): ReportedStep => {
      const key = `${digest} ${step.id}`;
      return {
        id: step.id,
        kind: step.kind,
        title: step.title,
        wave: name,
        permission: step.permission,
        because: step.because,
        result: text(outcomes.get(key), "result"),
        code: text(outcomes.get(key), "code"),
        confirmed: confirmed.has(key),
        restored: restored.has(step.id),
        reversible: step.reversible,
      };
    }),
  );
}

function text(entry: RecordedEntry | undefined, member: string): string | null {
  const value = entry?.data[member];
  return typeof value === "string" ? value : null;
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
