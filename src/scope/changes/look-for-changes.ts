import { z } from "zod";
import type { Azure } from "../../azure/azure.ts";
import type { Limitation } from "../../case/scope.ts";
import { counting } from "../counting.ts";
import { directoryReader } from "../directory-reader.ts";
import { openGaps } from "../gaps.ts";
import type { Reading } from "../reading.ts";
import type { Concern } from "./concern.ts";
import { beginningOf, DELTAS, type DeltaCollection, readDelta } from "./delta.ts";
import { printsOfLogs, readSignIns, type SignIns } from "./log-prints.ts";
import { ABSENT, type Print, printOf, printsOfAzure, printsOfDirectory } from "./prints.ts";

/** What one look leaves for the next: where deltas go on, and how everything looked. No names and no values. */
export const LookMemory = z.object({
  /** Print of what the case is about; another concern is another memory. */
  concern: z.string(),
  /** Logs are read from then on. */
  from: z.string(),
  links: z.record(z.string(), z.string()),
  prints: z.record(z.string(), z.string()),
  /** Directory objects that were not there, and since when that is known. */
  absentSince: z.record(z.string(), z.string()),
});
export type LookMemory = z.infer<typeof LookMemory>;

/** An object that was deleted and is there again. */
export interface ReturnedObject {
  readonly objectId: string;
  readonly absentSince: string;
}

export interface Looked {
  /** What looks different from the last look, by place. Empty: nothing that concerns the case changed. */
  readonly changes: readonly string[];
  /** What could not be read: there may have been a change. */
  readonly unread: readonly Limitation[];
  readonly returned: readonly ReturnedObject[];
  readonly signIns: readonly SignIns[];
  readonly memory: LookMemory;
  /** Calls made; a list of several pages is one. */
  readonly requests: number;
}

export interface LookQuestion {
  readonly concern: Concern;
  readonly ownIds: readonly string[];
  /** Suspects who should get no token any more: that one does is a change. */
  readonly closedIds: readonly string[];
  readonly workspaceIds: readonly string[];
  readonly ownTries: string;
}

/** Logs come minutes to an hour late: what happened before the first look may only show later. */
const INGESTION_IN_MS = 2 * 3_600_000;
/** Such gaps are so for good, and the snapshot names them: nothing is exported, or nothing was done. */
const STANDING: readonly string[] = ["NO_TABLE", "NO_ROWS"];

/**
 * Whether anything that concerns a case changed since the last look, in a handful of requests however much the case
 * holds: deltas and lists of the directory share batches, Azure is asked one question a kind, the logs only for counts.
 * Reads only. Without a memory everything is new, and what comes back is only a beginning.
 */
export async function lookForChanges(
  azure: Azure,
  question: LookQuestion,
  known: LookMemory | null,
): Promise<Looked> {
  const { concern, ownIds, closedIds, workspaceIds, ownTries } = question;
  const counted = counting(azure);
  const gaps = openGaps();
  const reading: Reading = { azure: counted.azure, directory: directoryReader(counted.azure.graph), gaps };
  const now = azure.now().toISOString();
  const concernPrint = printOf(concern);
  const before = known?.concern === concernPrint ? known : null;
  const from = known?.from ?? new Date(Date.parse(now) - INGESTION_IN_MS).toISOString();
  const logs = { concern, ownIds, window: { from, to: now }, workspaceIds, ownTries };

  const [deltas, directory, ofAzure, ofLogs, signIns] = await Promise.all([
    Promise.all(DELTAS.map((collection) => follow(reading, collection, concern, before))),
    printsOfDirectory(reading, concern.places),
    printsOfAzure(reading, concern),
    printsOfLogs(reading, logs),
    readSignIns(reading, logs),
  ]);
  const prints: readonly Print[] = [
    ...directory,
    ...ofAzure,
    ...ofLogs,
    { key: "sign-ins that succeeded", print: { kind: "ok", value: printOf(successes(signIns, closedIds)) } },
  ];
  const changed = compare(reading, prints, before);
  const presence = presenceOf(concern, changed.prints, known, now);
  return {
    changes: [...deltas.flatMap(({ changes }) => changes), ...changed.changes],
    unread: gaps.all().filter(({ code }) => !STANDING.includes(code)),
    returned: presence.returned,
    signIns,
    memory: {
      concern: concernPrint,
      from,
      links: Object.fromEntries(
        deltas.flatMap(({ collection, link }) => (link === null ? [] : [[collection, link]])),
      ),
      prints: changed.prints,
      absentSince: presence.absentSince,
    },
    requests: counted.requests(),
  };
}

interface Followed {
  readonly collection: DeltaCollection;
  readonly changes: readonly string[];
  readonly link: string | null;
}

/** Goes on where the last look ended; a link that is refused is a change not seen, and another is begun. */
async function follow(
  { directory, gaps }: Reading,
  collection: DeltaCollection,
  concern: Concern,
  before: LookMemory | null,
): Promise<Followed> {
  const beginning = beginningOf(collection, concern);
  if (beginning === null) return { collection, changes: [], link: null };
  const link = before?.links[collection];
  if (link !== undefined) {
    const read = await readDelta(directory, link, concern);
    if (read.kind === "ok") {
      const changes = read.value.concerning.map((id) => `${collection} ${id}`);
      return { collection, changes, link: read.value.link };
    }
    gaps.failed(`changes of ${collection}`, read.failure);
  }
  const begun = await readDelta(directory, beginning, concern);
  if (begun.kind === "ok") return { collection, changes: [], link: begun.value.link };
  gaps.failed(`changes of ${collection}`, begun.failure);
  return { collection, changes: [], link: null };
}

function compare(
  { gaps }: Reading,
  prints: readonly Print[],
  before: LookMemory | null,
): { readonly changes: readonly string[]; readonly prints: Readonly<Record<string, string>> } {
  const changes: string[] = [];
  const kept: Record<string, string> = {};
  for (const { key, print } of prints) {
    const last = before?.prints[key];
    if (print.kind === "failed") {
      gaps.failed(key, print.failure);
      // How it looked stays known: the look that can read it again compares with that.
      if (last !== undefined) kept[key] = last;
      continue;
    }
    kept[key] = print.value;
    if (print.value !== last) changes.push(key);
  }
  return { changes, prints: kept };
}

function presenceOf(
  { places }: Concern,
  prints: Readonly<Record<string, string>>,
  known: LookMemory | null,
  now: string,
): { readonly returned: readonly ReturnedObject[]; readonly absentSince: Readonly<Record<string, string>> } {
  const returned: ReturnedObject[] = [];
  const absentSince: Record<string, string> = {};
  for (const { key, showsObject } of places) {
    if (showsObject === null) continue;
    const since = known?.absentSince[showsObject];
    if (prints[key] === ABSENT) absentSince[showsObject] = since ?? now;
    else if (since !== undefined && prints[key] !== undefined)
      returned.push({ objectId: showsObject, absentSince: since });
  }
  return { returned, absentSince };
}

function successes(signIns: readonly SignIns[], closedIds: readonly string[]): readonly unknown[] {
  return signIns
    .filter(({ result, principalId }) => result === "0" && closedIds.includes(principalId))
    .map(({ principalId, credentialId, times, last }) => ({ principalId, credentialId, times, last }));
}
