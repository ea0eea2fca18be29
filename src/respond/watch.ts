import { ownTriesOf } from "../azure/own-tries.ts";
import type { Limitation, Scope } from "../case/scope.ts";
import { digestOf } from "../plan/digest.ts";
import type { NewEntry } from "../record/entry.ts";
import { concernOf } from "../scope/changes/concern.ts";
import { type Looked, lookForChanges } from "../scope/changes/look-for-changes.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseRef, RequestsFound, Watched, WatchInput } from "./activities.ts";
import { type CaseStanding, caseStanding, type CaseStep, stepsOfCase } from "./case-standing.ts";
import { type Finding, WATCHER } from "./findings.ts";
import { entryIdOf } from "./journal.ts";
import { planAgain } from "./plan-again.ts";
import { currentProtection, ProtectionUnknownError } from "./protection.ts";
import { recordFindings } from "./record-findings.ts";
import { closedIds, revokedUses } from "./revoked-credentials.ts";
import { existing } from "./stored-case.ts";
import { recall, remember, type WatchMemory } from "./watch-memory.ts";

/** What people asked of the case meanwhile. */
export async function lookForRequests(app: Tourniquet, { caseId }: CaseRef): Promise<RequestsFound> {
  const pending = await app.requests.pending(caseId);
  return {
    restore: pending.some(({ kind }) => kind === "restore"),
    closeId: pending.find(({ kind }) => kind === "close")?.id ?? null,
  };
}

/**
 * Looks once whether the containment still holds. A cheap look says whether anything that concerns the case changed;
 * where it did, where that could not be seen, or when it is time, the scope is read anew and planned from again, by the
 * same rules. What the new plan names and no plan before it did, or had cut, is a finding. What somebody asked to have
 * back is none. Azure not answering never fails a look: it is put on record, and the next look is whole.
 */
export async function watchOnce(app: Tourniquet, { caseId, look }: WatchInput): Promise<Watched> {
  const summary = await existing(app, caseId);
  if (summary.plan === null || summary.scope === null) return { findings: 0, contain: false, clean: false };
  const [scope, standing, known] = await Promise.all([
    app.documents.getJson<Scope>(caseId, summary.scope),
    caseStanding(app.record(caseId)),
    recall(app, caseId),
  ]);
  const { steps } = await stepsOfCase(app, caseId, standing);
  const at = app.now().toISOString();
  const { looked, gaps } = await cheapLook(
    app,
    { scope, steps, closedIds: closedIds(steps, standing) },
    known,
  );
  const isWhole = look === "whole" || gaps.length > 0 || isDue(app, looked, known);
  const again = isWhole ? await planAgain(app, summary, steps, standing) : null;
  const findings: readonly Finding[] = [
    ...(again?.findings ?? []),
    ...restoredOnes(looked, steps, standing, again?.findings ?? []),
    ...revokedUses(looked?.signIns ?? [], steps, standing).map((use): Finding => ({
      kind: "revoked-credential-used",
      use,
    })),
  ];
  const unseen = [...gaps, ...(again?.gaps ?? [])];
  const { news, unattributed } =
    // Where nothing looks different no log has grown, and nobody more is named.
    isWhole || findings.length > 0
      ? await recordFindings(app, summary, findings, { standing, known })
      : { news: 0, unattributed: known?.unattributed ?? [] };
  const impaired = await noteImpairment(app, caseId, unseen, known, at);
  if (looked !== null) {
    await remember(app, caseId, {
      schema: 1,
      look: looked.memory,
      wholeAt: again !== null && again.gaps.length === 0 ? at : (known?.wholeAt ?? null),
      unsettled: unseen.length > 0 || (known !== null && looked.changes.length > 0),
      impaired,
      unattributed: [...unattributed],
    });
  }
  const contain = again?.offers === true || again?.unfinished === true || findings.some(callsForCut);
  return { findings: news, contain, clean: again !== null && unseen.length === 0 && !contain };
}

interface CheapLook {
  /** Null: it could not even be said who we are ourselves. */
  readonly looked: Looked | null;
  readonly gaps: readonly Limitation[];
}

async function cheapLook(
  app: Tourniquet,
  about: {
    readonly scope: Scope;
    readonly steps: readonly CaseStep[];
    readonly closedIds: readonly string[];
  },
  known: WatchMemory | null,
): Promise<CheapLook> {
  const concern = concernOf(
    about.scope,
    about.steps.map(({ step }) => step),
  );
  try {
    const { ownIds } = await currentProtection(app);
    const { workspaceIds } = app.settings;
    const looked = await lookForChanges(
      app.reader,
      { concern, ownIds, closedIds: about.closedIds, workspaceIds, ownTries: ownTriesOf(about.scope.caseId) },
      known?.look ?? null,
    );
    return { looked, gaps: looked.unread };
  } catch (error) {
    if (!(error instanceof ProtectionUnknownError)) throw error;
    return {
      looked: null,
      gaps: [{ about: "who must be spared", code: error.code, detail: "not readable" }],
    };
  }
}

function isDue(app: Tourniquet, looked: Looked | null, known: WatchMemory | null): boolean {
  if (looked === null || looked.changes.length > 0 || looked.returned.length > 0) return true;
  if (known === null || known.unsettled || known.wholeAt === null) return true;
  const wholeEveryInMs = app.policy.watch.wholeEveryMinutes * 60_000;
  return app.now().getTime() - Date.parse(known.wholeAt) >= wholeEveryInMs;
}

/** Deleted objects that are there again; not those whose coming back somebody asked for, or that are a finding already. */
function restoredOnes(
  looked: Looked | null,
  steps: readonly CaseStep[],
  standing: CaseStanding,
  others: readonly Finding[],
): readonly Finding[] {
  const isOurs = (objectId: string) =>
    steps.some(
      ({ step: { id, kind, target } }) =>
        kind === "delete-service-principal" &&
        target["servicePrincipalId"] === objectId &&
        standing.of(id).performed,
    );
  const isKnown = (objectId: string) =>
    others.some((it) => it.kind === "restored" && it.objectId === objectId);
  return (looked?.returned ?? []).flatMap(({ objectId, absentSince }): readonly Finding[] =>
    isOurs(objectId) || isKnown(objectId) ? [] : [{ kind: "restored", objectId, absentSince, step: null }],
  );
}

function callsForCut(finding: Finding): boolean {
  if (finding.kind === "revoked-credential-used") return false;
  return finding.step !== null && finding.step.permission !== "off";
}

/** That a look could not see everything is said once, as is that the next could: nobody may take silence for quiet. */
async function noteImpairment(
  app: Tourniquet,
  caseId: string,
  gaps: readonly Limitation[],
  known: WatchMemory | null,
  at: string,
): Promise<WatchMemory["impaired"]> {
  const before = known?.impaired ?? null;
  const print = digestOf(gaps.map(({ about, code }) => ({ about, code }))).slice(0, 16);
  if (gaps.length === 0 && before === null) return null;
  if (gaps.length > 0 && before?.print === print) return before;
  const since = before?.since ?? at;
  const kind = gaps.length > 0 ? "impaired" : "whole-again";
  const entry: NewEntry = {
    id: entryIdOf(caseId, "watch-look", kind, since, print),
    type: "watch-look",
    actor: WATCHER,
    data: { kind, since, gaps: gaps.map(({ about, code, detail }) => ({ about, code, detail })) },
  };
  await app.record(caseId).append([entry]);
  return gaps.length > 0 ? { since, print } : null;
}
