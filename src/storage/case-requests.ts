import type { TableClient } from "@azure/data-tables";
import type { CallerReference } from "../case/case.ts";
import { isStatus } from "./case-index.ts";
import { inPieces, joined, type LongText } from "./long-text.ts";

/**
 * What people asked of a running case. It is stored before the orchestration is woken: events that Durable drops or
 * reorders lose nothing, the orchestration looks here.
 */
export type CaseRequest = {
  readonly id: string;
  readonly at: string;
  readonly by: CallerReference;
} & (
  | {
      readonly kind: "decision";
      readonly decision: "approve" | "reject";
      readonly planDigest: string;
      readonly comment: string | null;
    }
  | { readonly kind: "restore"; readonly stepIds: readonly string[] | null; readonly reason: string }
  | { readonly kind: "close"; readonly reason: string }
);

export interface CaseRequests {
  /** False when a request with this id was stored before. */
  put(caseId: string, request: CaseRequest): Promise<boolean>;
  /** A request that was ever stored, handled or not; null when there is none with this id. */
  get(caseId: string, id: string): Promise<CaseRequest | null>;
  /** Oldest first, handled ones left out. */
  pending(caseId: string): Promise<readonly CaseRequest[]>;
  /** Marks a request as handled; doing so twice is as once. */
  settle(caseId: string, id: string): Promise<void>;
}

interface Row extends LongText {
  readonly settled: boolean;
}

export function openCaseRequests(table: TableClient): CaseRequests {
  return {
    async put(caseId, request) {
      try {
        await table.createEntity({
          partitionKey: caseId,
          rowKey: request.id,
          ...inPieces(JSON.stringify(request)),
          settled: false,
        });
        return true;
      } catch (error) {
        if (isStatus(error, 409)) return false;
        throw error;
      }
    },
    async get(caseId, id) {
      try {
        return JSON.parse(joined(await table.getEntity<Row>(caseId, id)));
      } catch (error) {
        if (isStatus(error, 404)) return null;
        throw error;
      }
    },
    async pending(caseId) {
      const found: CaseRequest[] = [];
      // Case ids hold no quote, so the filter needs no escaping; anything else is refused before it gets here.
      for await (const row of table.listEntities<Row>({
        queryOptions: { filter: `PartitionKey eq '${caseId}' and settled eq false` },
      })) {
        found.push(JSON.parse(joined(row)));
      }
      return found.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    },
    async settle(caseId, id) {
      await table.updateEntity({ partitionKey: caseId, rowKey: id, settled: true }, "Merge");
    },
  };
}
