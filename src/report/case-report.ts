import type { ResidualExposure } from "../case/outcome.ts";
import { principalKey } from "../case/principal.ts";
import type { Reach } from "../case/reach.ts";
import type { Scope } from "../case/scope.ts";
import type { MissingCut } from "../case/plan.ts";
import { openCuts } from "../plan/missing-cuts.ts";
import type { DocumentReference, RecordedEntry } from "../record/entry.ts";
import { type Decision, decisionsOf } from "./decisions.ts";
import { documentsOf, exposureOf } from "./documents.ts";
import { ofType, textOf } from "./entry-reading.ts";
import { type Happening, happenings } from "./happenings.ts";
import { type OpenWork, openWork } from "./open-work.ts";
import { type DigestedPlan, type ReportedStep, reportedSteps, whyOpen } from "./reported-step.ts";
import { type Verdict, verdictOf } from "./verdict.ts";
import { wholeScope } from "./whole-scope.ts";
import { type Word, wordsOf } from "./words.ts";

/** What a report is made from: the record and the documents it names, nothing else. */
export interface ReportSources {
  readonly caseId: string;
  /** In order; what no report tells of may be left out. */
  readonly entries: readonly RecordedEntry[];
  /** In the order they were taken; the last is what is known now. */
  readonly scopes: readonly Scope[];
  /** In the order they were made; the last is what holds. */
  readonly plans: readonly DigestedPlan[];
}

export interface ReportedPrincipal {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly appId: string | null;
  readonly because: string;
  readonly certainty: string;
  readonly credentials: number;
  readonly roles: number;
}

/** A case in plain data: what every form of the report is written from. */
export interface CaseReport {
  readonly schema: 1;
  readonly caseId: string;
  readonly title: string;
  readonly mode: string | null;
  readonly openedAt: string | null;
  readonly openedBy: string | null;
  /** The time of the last entry that the report tells of. */
  readonly asOf: string | null;
  readonly status: string;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly watchUntil: string | null;
  readonly verdict: Verdict;
  readonly firstCutAt: string | null;
  readonly principals: readonly ReportedPrincipal[];
  readonly happenings: readonly Happening[];
  readonly reach: readonly Reach[];
  readonly waves: readonly { readonly name: string; readonly reason: string }[];
  readonly steps: readonly ReportedStep[];
  readonly gaps: readonly string[];
  readonly decisions: readonly Decision[];
  readonly personActions: readonly OpenWork[];
  readonly residualExposure: readonly ResidualExposure[];
  /** False until it was worked out. */
  readonly exposureKnown: boolean;
  readonly limitations: readonly {
    readonly about: string;
    readonly code: string;
    readonly detail: string;
  }[];
  readonly words: readonly Word[];
  readonly documents: readonly DocumentReference[];
  /** The last entry this report tells of: an anchor for whoever checks the record. */
  readonly record: { readonly entries: number; readonly head: string };
}

/**
 * Reads a case out of its record. Pure: the same record and documents give the same report, and storing the report,
 * which is itself recorded, does not change it.
 */
export function caseReport({ caseId, entries: all, scopes, plans }: ReportSources): CaseReport {
  const scope = wholeScope(scopes);
  const last = all.findLastIndex(({ type }) => type !== "report" && type !== "checkpoint");
  const entries = all.slice(0, last + 1);
  const opened = entries.find(({ type }) => type === "opened");
  const state = entries.findLast(({ type }) => type === "status-changed");
  const steps = reportedSteps(plans, entries);
  const titles = new Map(steps.map(({ id, title }) => [id, title]));
  const exposure = exposureOf(entries);
  const plan = plans.at(-1)?.plan ?? null;
  const isMade = madeCuts(steps, entries);
  const left = plan === null ? [] : openCuts(plan, isMade);
  const gaps = gapsOf(steps, left);
  const personActions = openWork({ plan, steps, scope, entries, left, isMade });
  const status = textOf(state, "status") ?? statusOf(entries);
  const outcome = textOf(state, "outcome");
  const reason = textOf(state, "reason");
  return {
    schema: 1,
    caseId,
    title: textOf(opened, "title") ?? caseId,
    mode: textOf(opened, "mode"),
    openedAt: opened?.at ?? null,
    openedBy: opened?.actor.kind === "caller" ? (opened.actor.name ?? opened.actor.id) : null,
    asOf: entries.at(-1)?.at ?? null,
    status,
    outcome,
    reason,
    watchUntil:
      status === "watching"
        ? textOf(
            entries.findLast(({ type }) => type === "watch-started"),
            "until",
          )
        : null,
    verdict: verdictOf({
      status,
      outcome,
      reason,
      steps,
      gaps: gaps.map(({ title }) => title),
      exposure: exposure ?? [],
      exposureKnown: exposure !== null,
      personActions: personActions.length,
      entries,
    }),
    firstCutAt: entries.find((it) => it.type === "outcome" && textOf(it, "result") === "applied")?.at ?? null,
    principals: principalsOf(scope),
    happenings: happenings(scope, entries, (id) => titles.get(id) ?? null),
    reach: scope?.reach ?? [],
    waves: wavesOf(plans, steps),
    steps,
    gaps: gaps.map(({ title, why }) => `${title}: ${why}`),
    decisions: decisionsOf(entries),
    personActions,
    residualExposure: exposure ?? [],
    exposureKnown: exposure !== null,
    limitations: scope?.limitations ?? [],
    words: wordsOf(entries),
    documents: documentsOf(entries),
    record: { entries: entries.at(-1)?.seq ?? 0, head: entries.at(-1)?.hash ?? "" },
  };
}

/** Which cuts reads show made, by id, whoever made them. */
function madeCuts(
  steps: readonly ReportedStep[],
  entries: readonly RecordedEntry[],
): (stepId: string) => boolean {
  const read = new Set(
    ofType(entries, "confirmed")
      .filter((it) => textOf(it, "requestId") === null)
      .map((it) => textOf(it, "stepId")),
  );
  const known = new Map(steps.map(({ id, confirmed, restored }) => [id, confirmed && !restored]));
  return (id) => known.get(id) ?? read.has(id);
}

/** As the case's state counts them: what the latest plan lets run and what any plan cut, unless it holds. */
function gapsOf(
  steps: readonly ReportedStep[],
  left: readonly MissingCut[],
): readonly { readonly title: string; readonly why: string }[] {
  return [
    ...steps
      .filter(({ counts, confirmed, restored }) => counts && !confirmed && !restored)
      .map((step) => ({ title: step.title, why: whyOpen(step) })),
    ...left.map(({ title }) => ({ title, why: "left to a person, and not made yet" })),
  ];
}

function statusOf(entries: readonly RecordedEntry[]): string {
  const asked = entries.findLast(({ type }) => type === "decision-asked");
  const answered = entries.findLast(({ type }) => type === "decision-made" || type === "decision-expired");
  if (asked !== undefined && asked.seq > (answered?.seq ?? 0)) return "awaiting-decision";
  if (entries.some(({ type }) => type === "planned")) return "containing";
  return entries.some(({ type }) => type === "resolved") ? "scoping" : "open";
}

function principalsOf(scope: Scope | null): readonly ReportedPrincipal[] {
  return (scope?.principals ?? []).map((it) => ({
    id: principalKey(it.principal),
    name: it.principal.displayName,
    kind: it.principal.kind,
    appId: it.principal.appId,
    because: it.because,
    certainty: it.certainty,
    credentials: it.passwords.length + it.certificates.length + it.federated.length,
    roles: it.roleAssignments.length + it.directoryRoles.length + it.appRoles.length,
  }));
}

function wavesOf(plans: readonly DigestedPlan[], steps: readonly ReportedStep[]): CaseReport["waves"] {
  const used = new Set(steps.map(({ wave }) => wave));
  const named = new Map<string, string>();
  for (const { plan } of plans) for (const { name, reason } of plan.waves) named.set(name, reason);
  return [...named].filter(([name]) => used.has(name)).map(([name, reason]) => ({ name, reason }));
}
