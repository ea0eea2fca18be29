import type { TableClient } from "@azure/data-tables";
import { isStatus } from "./case-index.ts";
import { inPieces, joined, type LongText } from "./long-text.ts";

/** What the watch of a case remembers from one look to the next. Losing it costs a whole look and nothing else. */
export interface WatchMemories {
  /** Null when there is none, or when what is stored is not JSON. */
  get(caseId: string): Promise<unknown>;
  put(caseId: string, memory: object): Promise<void>;
}

const ROW = "memory";

export function openWatchMemories(table: TableClient): WatchMemories {
  return {
    async get(caseId) {
      try {
        return JSON.parse(joined(await table.getEntity<LongText>(caseId, ROW)));
      } catch (error) {
        if (isStatus(error, 404) || error instanceof SyntaxError) return null;
        throw error;
      }
    },
    async put(caseId, memory) {
      await table.upsertEntity(
        { partitionKey: caseId, rowKey: ROW, ...inPieces(JSON.stringify(memory)) },
        "Replace",
      );
    },
  };
}
