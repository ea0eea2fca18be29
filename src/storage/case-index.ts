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
  readonly decision: { readonly planDigest: string; readonly deadline: string } | null;
  readonly steps: {
    readonly planned: number;
    readonly applied: number;
    readonly confirmed: number;
    readonly gaps: number;
  };
  readonly residualExposure: readonly ResidualExposure[];
  readonly watchUntil: string | null;
}

export interface CaseIndex {
  get(caseId: string): Promise<CaseSummary | null>;
  /** False when the case was there already. */
  insert(summary: CaseSummary): Promise<boolean>;
  /** Applies a change to what is stored now; repeated when somebody else wrote in between. Throws when there is no such case. */
  update(caseId: string, change: (summary: CaseSummary) => CaseSummary): Promise<CaseSummary>;
  /** Newest first. `after` is what an earlier page gave. */
  list(options: {
    readonly status?: CaseStatus;
    readonly limit: number;
    readonly after?: string;
  }): Promise<{ readonly cases: readonly CaseSummary[]; readonly next: string | null }>;
}

interface Row {
  readonly json: string;
}

const PARTITION = "case";
const MOST_TRIES = 8;

export function openCaseIndex(table: TableClient, now: () => Date): CaseIndex {
  const read = async (caseId: string) => {
    try {
      return await table.getEntity<Row>(PARTITION, caseId);
    } catch (error) {
      if (isStatus(error, 404)) return null;
      throw error;
    }
  };
  return {
    async get(caseId) {
      const row = await read(caseId);
      return row === null ? null : parse(row.json);
    },
    async insert(summary) {
      try {
        await table.createEntity({
          partitionKey: PARTITION,
          rowKey: summary.caseId,
          json: JSON.stringify(summary),
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
        const changed = { ...change(parse(row.json)), updatedAt: now().toISOString() };
        try {
          await table.updateEntity(
            { partitionKey: PARTITION, rowKey: caseId, json: JSON.stringify(changed) },
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
      for await (const row of table.listEntities<Row>({
        queryOptions: { filter: `PartitionKey eq '${PARTITION}'` },
      })) {
        const summary = parse(row.json);
        if (status === undefined || summary.status === status) cases.push(summary);
      }
      cases.sort((a, b) =>
        a.openedAt < b.openedAt ? 1 : a.openedAt > b.openedAt ? -1 : a.caseId < b.caseId ? -1 : 1,
      );
      const start = after === undefined ? 0 : cases.findIndex((it) => it.caseId === after) + 1;
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
