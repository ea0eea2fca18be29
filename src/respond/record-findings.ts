import { type Doer, whoDidIt } from "../scope/changes/who-did-it.ts";
import { directoryReader } from "../scope/directory-reader.ts";
import { openGaps } from "../scope/gaps.ts";
import type { CaseSummary } from "../storage/case-index.ts";
import type { Tourniquet } from "../tourniquet.ts";
import type { CaseStanding } from "./case-standing.ts";
import { operationOf } from "./finding-names.ts";
import { attributionEntry, deedOf, type Finding, findingEntry, findingId } from "./findings.ts";
import { currentProtection, ProtectionUnknownError } from "./protection.ts";
import type { Unattributed, WatchMemory } from "./watch-memory.ts";

/** More would only be older ones. */
const MOST_UNATTRIBUTED = 50;
/** Logs come within an hour or two, or not at all. */
const LOGS_COME_WITHIN_IN_MS = 6 * 3_600_000;

export interface Recorded {
  /** How many findings were not on record before. */
  readonly news: number;
  readonly unattributed: readonly Unattributed[];
}

/**
 * Records what was not recorded before, with who did it where a log says so by now, and who did what was recorded before
 * and nobody was named for: logs come later than looks.
 */
export async function recordFindings(
  app: Tourniquet,
  { caseId, plans }: Pick<CaseSummary, "caseId" | "plans">,
  findings: readonly Finding[],
  { standing, known }: { readonly standing: CaseStanding; readonly known: WatchMemory | null },
): Promise<Recorded> {
  const now = app.now();
  const at = now.toISOString();
  const from = known?.look.from ?? at;
  const identified = findings.map((finding) => ({ finding, id: findingId(caseId, plans, finding) }));
  const before = known?.unattributed ?? [];
  const open = new Map<string, Unattributed>();
  for (const { finding, id } of identified) {
    const step = "step" in finding ? finding.step : null;
    const cutAt = step === null ? null : standing.of(step.id).performedAt;
    // When everything was last read it was not so yet, nor when we cut it.
    const since = [cutAt ?? from, known?.wholeAt ?? from].toSorted().at(-1) ?? from;
    const deed = deedOf(finding, since);
    if (deed !== null) open.set(id, { findingId: id, foundAt: at, ...deed });
  }
  for (const it of before) {
    if (now.getTime() - Date.parse(it.foundAt) < LOGS_COME_WITHIN_IN_MS) open.set(it.findingId, it);
  }
  const doers = await doersOf(app, [...open.values()], { from, to: at });
  const entries = [
    ...identified.map(({ finding, id }) => findingEntry(id, finding, doers.get(id) ?? null, at)),
    ...before.flatMap(({ findingId: id }) => {
      const doer = doers.get(id);
      return doer === undefined ? [] : [attributionEntry(id, doer)];
    }),
  ];
  const appended = entries.length === 0 ? [] : (await app.record(caseId).append(entries)).entries;
  return {
    news: appended.slice(0, findings.length).filter(({ added }) => added).length,
    unattributed: [...open.values()]
      .filter((it) => !doers.has(it.findingId))
      .toSorted((a, b) => (a.foundAt < b.foundAt ? 1 : -1))
      .slice(0, MOST_UNATTRIBUTED),
  };
}

async function doersOf(
  app: Tourniquet,
  deeds: readonly Unattributed[],
  window: { readonly from: string; readonly to: string },
): Promise<ReadonlyMap<string, Doer>> {
  const ownIds = deeds.length === 0 ? null : await ownIdsOrNull(app);
  // Without knowing who we are, our own cuts could be taken for their undoing.
  if (ownIds === null) return new Map();
  return whoDidIt(
    { azure: app.reader, directory: directoryReader(app.reader.graph), gaps: openGaps() },
    deeds.flatMap(({ findingId: key, kind, ids, terms, since, foundAt: until }) => {
      const operation = operationOf(kind);
      return operation === null ? [] : [{ key, operation, ids, terms, since, until }];
    }),
    { window, workspaceIds: app.settings.workspaceIds, ownIds },
  );
}

async function ownIdsOrNull(app: Tourniquet): Promise<readonly string[] | null> {
  try {
    return (await currentProtection(app)).ownIds;
  } catch (error) {
    if (error instanceof ProtectionUnknownError) return null;
    throw error;
  }
}
