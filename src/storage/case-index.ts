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
import type { DocumentReference } from "../record/entry.ts";
import { inPieces, joined, type LongText } from "./long-text.ts";

/** A question that waits for a person. */
export interface PendingDecision {
  readonly about: "plan" | "restore";
  readonly planDigest: string;
  readonly deadline: string;
  /** Who asked for it, by object id: nobody approves their own. */
  readonly requester: string;
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
  /** Newest first. `after` is what an earlier page gave; null when it is no place in this list. */
  list(options: {
    readonly status?: CaseStatus;
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
        await table.createEntity({
          partitionKey: PARTITION,
          rowKey: summary.caseId,
          ...inPieces(JSON.stringify(summary)),
        });
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
          await table.updateEntity(
            { partitionKey: PARTITION, rowKey: caseId, ...inPieces(JSON.stringify(changed)) },
            "Replace",
            { etag: row.etag },
          );
          return changed;
        } catch (error) {
          if (!isStatus(error, 412) || tries >= MOST_TRIES) throw error;
        }
      }
    },
    async list({ status, limit, after }) {
      const cases: CaseSummary[] = [];
      for await (const row of table.listEntities<LongText>({
        queryOptions: { filter: `PartitionKey eq '${PARTITION}'` },
      })) {
        const summary = parse(joined(row));
        if (status === undefined || summary.status === status) cases.push(summary);
      }
      cases.sort((a, b) =>
        a.openedAt < b.openedAt ? 1 : a.openedAt > b.openedAt ? -1 : a.caseId < b.caseId ? -1 : 1,
      );
      const place = after === undefined ? -1 : cases.findIndex((it) => it.caseId === after);
      if (after !== undefined && place === -1) return null;
      const start = place + 1;
      const page = cases.slice(start, start + limit);
      const last = page.at(-1);
      return { cases: page, next: start + limit < cases.length && last !== undefined ? last.caseId : null };
    },
  };
}

function parse(json: string): CaseSummary {
  return JSON.parse(json);
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof RestError && error.statusCode === status;
}
