import { decide } from "../authorization/decide.ts";
import type { Caller } from "../service.ts";
import { visibleRows, type LogWorkspace } from "../state/logs.ts";
import type { Tenant } from "../tenant.ts";
import { insufficientAccess, noSuchWorkspace, partialError, queryError, type LogsError } from "./errors.ts";
import { evaluate } from "./kusto/evaluate.ts";
import { QueryRefusal } from "./kusto/errors.ts";
import { columnValue, wireValue, type Row, type Value } from "./kusto/values.ts";
import { ROW_LIMIT } from "./limits.ts";
import { tablesOf, type Column } from "./tables.ts";
import type { Interval } from "./timespan.ts";
import { workspaceScope } from "./workspace.ts";

export interface QueryRequest {
  readonly tenant: Tenant;
  readonly caller: Caller;
  readonly workspaceId: string;
  readonly query: string;
  readonly interval: Interval | undefined;
  /** `/search` reads Basic tables too, one at a time and with few operators. */
  readonly api: "query" | "search";
}

export type QueryResult =
  | { readonly kind: "answered"; readonly body: unknown }
  | { readonly kind: "refused"; readonly error: LogsError };

/** Operators allowed on Basic tables. */
const SEARCH_OPERATORS: ReadonlySet<string> = new Set([
  "where",
  "extend",
  "project",
  "project-away",
  "project-keep",
  "project-rename",
  "project-reorder",
  "parse",
  "parse-where",
  "take",
  "limit",
]);

/** Answers one query of one caller as the service does, or refuses it. */
export function answerQuery(request: QueryRequest): QueryResult {
  const { tenant, caller, workspaceId, query, interval, api } = request;
  const workspace = tenant.state.logs.workspaces.get(workspaceId.toLowerCase());
  if (workspace === undefined) return { kind: "refused", error: noSuchWorkspace(workspaceId) };
  const scope = workspaceScope(tenant, workspace);
  const mayRead = (action: string) => decide(tenant, { objectId: caller.objectId, action, scope }).allowed;
  if (!mayRead("Microsoft.OperationalInsights/workspaces/query/read")) {
    return { kind: "refused", error: insufficientAccess };
  }
  try {
    const failing = new Set<string>();
    const answer = evaluate(query, {
      now: new Date(tenant.clock.now()),
      tables: tablesOf(workspace),
      open: (table) => {
        if (api === "query" && workspace.basicTables.has(table)) {
          throw new QueryRefusal({ kind: "basic-table", table });
        }
        if (!mayRead(`Microsoft.OperationalInsights/workspaces/query/${table}/read`)) {
          throw new QueryRefusal({ kind: "table-forbidden", table });
        }
        if (workspace.failingTables.has(table)) failing.add(table);
      },
      rows: (table, columns) =>
        workspace.failingTables.has(table) ? [] : readRows(tenant, workspace, table, columns, interval),
      ...(api === "search" ? { admit: admitForSearch } : {}),
    });
    return { kind: "answered", body: wireAnswer(answer.columns, answer.rows(), failing) };
  } catch (error) {
    if (error instanceof QueryRefusal) return { kind: "refused", error: queryError(error.problem) };
    throw error;
  }
}

function admitForSearch(operator: string): void {
  if (!SEARCH_OPERATORS.has(operator)) {
    // guess: the service's words for this were not found; that only these operators are allowed is documented.
    throw new QueryRefusal({
      kind: "semantic",
      code: "SEM0001",
      message: `Operator '${operator}' is not supported in queries of Basic Logs tables.`,
    });
  }
}

/** The stored rows as the table has them: every column, of its type, and only those of the time asked for. */
function* readRows(
  tenant: Tenant,
  workspace: LogWorkspace,
  table: string,
  columns: readonly Column[],
  interval: Interval | undefined,
): Generator<Row> {
  for (const stored of visibleRows(workspace, table, tenant.clock.now())) {
    if (interval !== undefined) {
      const at = Date.parse(String(stored["TimeGenerated"]));
      if (at < interval.from || at > interval.to) continue;
    }
    const row: Record<string, Value> = {};
    for (const { name, type } of columns) row[name] = columnValue(stored[name], type);
    row["Type"] = table;
    row["TenantId"] = workspace.id;
    yield row;
  }
}

function wireAnswer(columns: readonly Column[], rows: Iterable<Row>, failing: ReadonlySet<string>): unknown {
  const wireRows: unknown[][] = [];
  let isCut = false;
  for (const row of rows) {
    if (wireRows.length >= ROW_LIMIT) {
      isCut = true;
      break;
    }
    wireRows.push(columns.map(({ name, type }) => wireValue(row[name] ?? null, type)));
  }
  const tables = [
    {
      name: "PrimaryResult",
      columns: columns.map(({ name, type }) => ({ name, type })),
      rows: wireRows,
    },
  ];
  if (isCut) {
    return {
      tables,
      error: partialError(
        `The results of this query exceed the set limit of ${ROW_LIMIT} records.`,
        "-2133196797",
      ),
    };
  }
  const [first] = failing;
  return first === undefined
    ? { tables }
    : { tables, error: partialError(`Part of the data of ${first} could not be read.`, "-2133196790") };
}
