import type { TokenCredential } from "@azure/core-auth";
import { z } from "zod";
import type { TimeWindow } from "../case/case.ts";
import type { Answer } from "./failure.ts";
import { openRest } from "./rest.ts";

/** One row by column name; what the columns hold is the query's business. */
export type LogRow = Readonly<Record<string, unknown>>;

export interface LogRows {
  readonly rows: readonly LogRow[];
  /** The service answered with part of the rows and said so: never to be taken for all. */
  readonly partial: boolean;
}

export interface LogsClient {
  /** One KQL query over one workspace, bounded to a window of time. */
  query(workspaceId: string, kql: string, window: TimeWindow): Promise<Answer<LogRows>>;
}

const SERVICE = {
  root: "https://api.loganalytics.io",
  scope: "https://api.loganalytics.io/.default",
  requestIdHeaders: ["x-ms-request-id", "request-id"],
};

const QueryAnswer = z.object({
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.array(z.unknown())),
    }),
  ),
  // Present beside the tables when the query ran only in part; the status is 200 all the same.
  error: z.object({ code: z.string() }).nullish(),
});

/** Log Analytics with a credential's right to read. */
export function openLogs(credential: TokenCredential): LogsClient {
  const rest = openRest(SERVICE, credential);
  return {
    async query(workspaceId, kql, window) {
      const answer = await rest.send({
        method: "POST",
        path: `/v1/workspaces/${encodeURIComponent(workspaceId)}/query`,
        body: { query: kql, timespan: `${window.from}/${window.to}` },
        schema: QueryAnswer,
      });
      if (answer.kind === "failed") return answer;
      const table = answer.value.tables.find((it) => it.name === "PrimaryResult") ?? answer.value.tables[0];
      const columns = table?.columns ?? [];
      const rows = (table?.rows ?? []).map((row): LogRow =>
        Object.fromEntries(columns.map((column, index) => [column.name, valueOf(column.type, row[index])])),
      );
      return { ...answer, value: { rows, partial: answer.value.error != null } };
    },
  };
}

/** A `dynamic` column arrives as JSON text; what does not parse stays the text it is. */
function valueOf(type: string, value: unknown): unknown {
  if (type !== "dynamic" || typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
