import { RestError, type TableClient } from "@azure/data-tables";
import type {
  CallerReference,
  CaseOutcome,
  CaseStatus,
  IncidentReference,
  Mode,
  Severity,
} from "../case/case.ts";
import type { ResidualExposure } from "../case/outcome.ts";
import type { PlanDifference } from "../plan/plan-difference.ts";
import type { DocumentReference } from "../record/entry.ts";
import { inPieces, joined, type LongText } from "./long-text.ts";

/** A question that waits for a person. */
export interface PendingDecision {
  readonly about: "plan" | "restore";
  readonly planDigest: string;
  readonly deadline: string;
  /** Who asked for it, by object id: nobody approves their own. */
  readonly requester: string;
  /** What is new since the plan that was answered last; null in a first question. */
  readonly difference: PlanDifference | null;
}

export interface PastDecision {
  readonly planDigest: string;
  /** `outdated`: approved, but the tenant had changed. */
  readonly decision: "approve" | "reject" | "expired" | "outdated";
  readonly at: string;
  readonly by: string | null;
}

/** What is known of a case at a glance. The record is the truth; this is its index, rewritten as the case goes on. */
export interface CaseSummary {
  readonly caseId: string;
  readonly status: CaseStatus;
  readonly outcome: CaseOutcome | null;
  readonly reason: string | null;
  readonly mode: Mode;
  readonly trigger: string;
  readonly title: string;
  readonly severity: Severity;
  readonly openedAt: string;
  readonly updatedAt: string;
  readonly closedAt: string | null;
  readonly openedBy: CallerReference;
  /** Of how many plans this is the latest. */
  readonly plans: number;
  readonly incident: IncidentReference | null;
  readonly principals: readonly { readonly id: string; readonly name: string; readonly kind: string }[];
  readonly intake: DocumentReference;
  readonly resolution: DocumentReference | null;
  readonly scope: DocumentReference | null;
  readonly plan: { readonly digest: string; readonly document: DocumentReference } | null;
  readonly decision: PendingDecision | null;
  /** The last question that was answered, or was not in time. */
  readonly decided: PastDecision | null;
  readonly steps: {
    readonly planned: number;
    readonly applied: number;
    readonly confirmed: number;
    readonly gaps: number;
  };
  readonly residualExposure: readonly ResidualExposure[];
  readonly watchUntil: string | null;
  /** The last word to each place that people are told through. Absent: nothing was to be told yet. */
  readonly words?: {
    readonly sentinel?: WordStanding;
    readonly webhook?: WordStanding;
  };
}

export interface WordStanding {
  readonly occasion: string;
  readonly at: string;
  readonly arrived: boolean;
  /** Why not. */
  readonly code: string | null;
}

export interface CasePage {
  readonly cases: readonly CaseSummary[];
  readonly next: string | null;
}

export interface CaseIndex {
  get(caseId: string): Promise<CaseSummary | null>;
  /** False when the case was there already. */
  insert(summary: CaseSummary): Promise<boolean>;
  /** Applies a change to what is stored now; repeated when somebody else wrote in between. Throws when there is no such case. */
  update(caseId: string, change: (summary: CaseSummary) => CaseSummary): Promise<CaseSummary>;
  /** Newest first. `after` is what an earlier page gave; null when no page gives such. */
  list(options: {
    readonly status?: CaseStatus;
    /** An instant in UTC with milliseconds. */
    readonly openedSince?: string;
    readonly limit: number;
    readonly after?: string;
  }): Promise<CasePage | null>;
}

const PARTITION = "case";
const MOST_TRIES = 8;

export function openCaseIndex(table: TableClient, now: () => Date): CaseIndex {
  const read = async (caseId: string) => {
    try {
      return await table.getEntity<LongText>(PARTITION, caseId);
    } catch (error) {
      if (isStatus(error, 404)) return null;
      throw error;
    }
  };
  return {
    async get(caseId) {
      const row = await read(caseId);
      return row === null ? null : parse(joined(row));
    },
    async insert(summary) {
      try {
        await table.createEntity(rowOf(summary));
        return true;
      } catch (error) {
        if (isStatus(error, 409)) return false;
        throw error;
      }
    },
    async update(caseId, change) {
      for (let tries = 0; ; tries++) {
        const row = await read(caseId);
        if (row === null) throw new TypeError(`there is no case ${caseId}`);
        const changed = { ...change(parse(joined(row))), updatedAt: now().toISOString() };
        try {
          await table.updateEntity(rowOf(changed), "Replace", { etag: row.etag });
          return changed;
        } catch (error) {
          if (!isStatus(error, 412) || tries >= MOST_TRIES) throw error;
        }
      }
    },
    async list({ status, openedSince, limit, after }) {
      const place = after === undefined ? undefined : placeNamed(after);
      if (place === null) return null;
      const filters = [`PartitionKey eq '${PARTITION}'`];
      if (status !== undefined) filters.push(`status eq '${status}'`);
      if (openedSince !== undefined) filters.push(`openedAt ge '${openedSince}'`);
      if (place !== undefined) filters.push(`openedAt le '${place.openedAt}'`);
      const places: Place[] = [];
      // The table keeps rows by key, not by age. What is needed to order them is read of all, a thousand to an answer.
      for await (const { rowKey = "", openedAt } of table.listEntities<ListedRow>({
        queryOptions: { filter: filters.join(" and "), select: ["rowKey", "openedAt"] },
      })) {
        const found = { openedAt, caseId: rowKey };
        if (place === undefined || comesBefore(place, found)) places.push(found);
      }
      places.sort((a, b) => (comesBefore(a, b) ? -1 : 1));
      const page = places.slice(0, limit);
      const cases = await Promise.all(page.map(({ caseId }) => this.get(caseId)));
      const last = page.at(-1);
      return {
        cases: cases.filter((it) => it !== null),
        next: places.length > limit && last !== undefined ? nameOf(last) : null,
      };
    },
  };
}

/** A case's row: the whole case as text, and beside it what lists are made by. */
function rowOf(summary: CaseSummary) {
  const { caseId, status, openedAt } = summary;
  return {
    partitionKey: PARTITION,
    rowKey: caseId,
    status,
    openedAt,
    ...inPieces(JSON.stringify(summary)),
  };
}

interface ListedRow {
  readonly openedAt: string;
}

/** Where in the list of all cases one stands. It needs no case to be there: a place stays one when its case leaves the list. */
interface Place {
  readonly openedAt: string;
  readonly caseId: string;
}

/** Newest first; of the same moment in the order of their ids. */
function comesBefore(a: Place, b: Place): boolean {
  return a.openedAt === b.openedAt ? a.caseId < b.caseId : a.openedAt > b.openedAt;
}

function nameOf({ openedAt, caseId }: Place): string {
  return `${openedAt}_${caseId}`;
}

function placeNamed(name: string): Place | null {
  const [, openedAt, caseId] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_(case-[0-9a-f]{20})$/.exec(name) ?? [];
  return openedAt === undefined || caseId === undefined ? null : { openedAt, caseId };
}

function parse(json: string): CaseSummary {
  return JSON.parse(json);
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof RestError && error.statusCode === status;
}
