import type { Permission, Plan, PlannedStep } from "../case/plan.ts";
import type { RecordedEntry } from "../record/entry.ts";
import { evidenceOf, numberOf, type ReportedEvidence, textOf } from "./entry-reading.ts";

export interface DigestedPlan {
  readonly digest: string;
  readonly plan: Plan;
}

/** One step from why to proof. */
export interface ReportedStep {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly wave: string;
  readonly permission: Permission;
  /** Whether it counts: the latest plan lets it run, or it was made. What another step took the place of does not. */
  readonly counts: boolean;
  readonly because: readonly string[];
  readonly guardrails: readonly string[];
  readonly cost: readonly string[];
  readonly reversible: boolean;
  readonly irreversibleBecause: string | null;
  /** The object as it was: what undoing puts back. */
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly target: Readonly<Record<string, unknown>>;
  readonly intendedAt: string | null;
  readonly madeAt: string | null;
  readonly attempts: number;
  readonly result: string | null;
  readonly code: string | null;
  readonly reason: string | null;
  readonly confirmed: boolean;
  readonly confirmedAt: string | null;
  readonly reads: number | null;
  /** What the last read saw, where it did not agree. */
  readonly saw: string | null;
  /** The watch saw it undone after it was confirmed. */
  readonly cameBackAt: string | null;
  readonly restored: boolean;
  readonly made: readonly ReportedEvidence[];
  readonly proof: readonly ReportedEvidence[];
}

/**
 * Every step of the latest plan, and those of earlier plans that were begun, in the order of their waves. A step has one
 * id in all plans, so what an earlier plan's run says of it still counts.
 */
export function reportedSteps(
  plans: readonly DigestedPlan[],
  entries: readonly RecordedEntry[],
): readonly ReportedStep[] {
  const byStep = new Map<string, RecordedEntry[]>();
  for (const entry of entries) {
    const stepId = textOf(entry, "stepId");
    if (stepId === null) continue;
    const known = byStep.get(stepId);
    if (known === undefined) byStep.set(stepId, [entry]);
    else known.push(entry);
  }
  const latest = plans.at(-1);
  const seen = new Map<string, { readonly step: PlannedStep; readonly wave: string }>();
  for (const { digest, plan } of plans) {
    for (const { name, steps } of plan.waves) {
      for (const step of steps) {
        if (digest === latest?.digest || byStep.has(step.id)) seen.set(step.id, { step, wave: name });
      }
    }
  }
  const due = new Set(
    (latest?.plan.waves ?? []).flatMap(({ steps }) =>
      steps.filter(({ permission }) => permission !== "off").map(({ id }) => id),
    ),
  );
  const order = plans.flatMap(({ plan }) => plan.waves.map(({ name }) => name));
  return [...seen.values()]
    .map(({ step, wave }) => reportedStep(step, wave, byStep.get(step.id) ?? [], due.has(step.id)))
    .toSorted((a, b) => order.indexOf(a.wave) - order.indexOf(b.wave));
}

function reportedStep(
  step: PlannedStep,
  wave: string,
  entries: readonly RecordedEntry[],
  isDue: boolean,
): ReportedStep {
  const intents = entries.filter((it) => it.type === "intent" && !textOf(it, "kind")?.startsWith("restore:"));
  const outcome = entries.findLast(({ type }) => type === "outcome");
  const check = entries.findLast(({ type }) => type === "confirmed" || type === "not-confirmed");
  const restore = entries.findLast(({ type }) => type === "restore");
  const back = entries.findLast(
    ({ type, seq }) => type === "watch-finding" && seq > (check?.seq ?? Number.MAX_SAFE_INTEGER),
  );
  const holds = check?.type === "confirmed" && back === undefined;
  const restored = ["applied", "already-so"].includes(textOf(restore, "result") ?? "");
  return {
    id: step.id,
    kind: step.kind,
    title: step.title,
    wave,
    permission: step.permission,
    counts: isDue || ["applied", "already-so"].includes(textOf(outcome, "result") ?? ""),
    because: step.because,
    guardrails: step.guardrails,
    cost: step.cost,
    reversible: step.reversible,
    irreversibleBecause: step.irreversibleBecause,
    before: step.before,
    target: step.target,
    intendedAt: intents[0]?.at ?? null,
    madeAt: outcome?.at ?? null,
    attempts: Math.max(intents.length, numberOf(outcome, "attempt") ?? 0),
    result: textOf(outcome, "result"),
    code: textOf(outcome, "code"),
    reason: textOf(outcome, "reason"),
    confirmed: holds,
    confirmedAt: check?.type === "confirmed" ? check.at : null,
    reads: numberOf(check, "reads"),
    saw: check?.type === "not-confirmed" ? textOf(check, "saw") : null,
    cameBackAt: back?.at ?? null,
    restored,
    made: evidenceOf(outcome),
    proof: evidenceOf(check),
  };
}

/** Where a step stands, in one word for people. */
export type Standing = "holds" | "gap" | "waiting" | "not-allowed" | "put-back";

export function standingOf(step: ReportedStep): Standing {
  if (step.restored) return "put-back";
  if (step.confirmed) return "holds";
  if (step.permission === "off") return "not-allowed";
  return step.result === null ? "waiting" : "gap";
}

export const STANDINGS: Readonly<Record<Standing, string>> = {
  holds: "Confirmed",
  gap: "Gap",
  waiting: "Not performed",
  "not-allowed": "Off by policy",
  "put-back": "Put back",
};

/** Why a step is no confirmed cut, in a sentence. */
export function whyOpen(step: ReportedStep): string {
  if (step.cameBackAt !== null) return `came back at ${step.cameBackAt}`;
  if (step.result === null) return "not performed";
  const code = step.code === null ? "" : ` (${step.code})`;
  const reason = step.reason === null ? "" : `: ${step.reason}`;
  const saw = step.saw === null ? "" : `; the last read saw ${step.saw}`;
  const unproven = step.result === "applied" || step.result === "already-so" ? ", not yet confirmed" : "";
  return `${step.result}${unproven}${code}${reason}${saw}`;
}
