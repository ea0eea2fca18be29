import { z } from "zod";
import type { LogWorkspace } from "../state/logs.ts";
import schemas from "./schemas.json" with { type: "json" };

export const COLUMN_TYPES = [
  "string",
  "datetime",
  "dynamic",
  "int",
  "long",
  "real",
  "bool",
  "guid",
  "timespan",
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

const ColumnNames = z
  .string()
  .optional()
  .transform((names) => names?.split(" ") ?? []);
const TableSchemas = z.record(
  z.string(),
  z.strictObject({
    datetime: ColumnNames,
    string: ColumnNames,
    dynamic: ColumnNames,
    int: ColumnNames,
    long: ColumnNames,
    real: ColumnNames,
    bool: ColumnNames,
    newer: ColumnNames,
  }),
);

/** Every table has these; what `Type` and `TenantId` hold is filled in when a row is read. */
const COMMON: readonly Column[] = [
  { name: "TenantId", type: "string" },
  { name: "SourceSystem", type: "string" },
  { name: "Type", type: "string" },
];

const STANDARD: ReadonlyMap<string, readonly Column[]> = new Map(
  Object.entries(TableSchemas.parse(schemas.tables)).map(([table, { newer, ...byType }]) => [
    table,
    [
      ...COLUMN_TYPES.flatMap((type) =>
        type in byType
          ? (Object.entries(byType).find(([key]) => key === type)?.[1] ?? []).map((name) => ({ name, type }))
          : [],
      ),
      ...newer.map((name): Column => ({ name, type: "string" })),
      ...COMMON,
    ],
  ]),
);

/** Tables whose columns grow with what is sent to them: a column exists from the first row that has it. */
const GROWING: ReadonlySet<string> = new Set(["AzureDiagnostics"]);

const SUFFIXES: readonly (readonly [suffix: string, type: ColumnType])[] = [
  ["_d", "real"],
  ["_b", "bool"],
  ["_t", "datetime"],
  ["_g", "guid"],
];

const known = new WeakMap<
  LogWorkspace,
  { readonly rows: number; readonly tables: ReadonlyMap<string, readonly Column[]> }
>();

/** The tables a workspace has, with their columns: the same map until one of them grew. A table nothing was ever sent to is not there. */
export function tablesOf(workspace: LogWorkspace): ReadonlyMap<string, readonly Column[]> {
  const rows = [...GROWING].reduce((sum, table) => sum + (workspace.rows.get(table)?.length ?? 0), 0);
  const remembered = known.get(workspace);
  if (remembered?.rows === rows) return remembered.tables;
  const tables = new Map<string, readonly Column[]>();
  for (const [name, columns] of STANDARD) {
    if (!workspace.missingTables.has(name)) {
      tables.set(name, GROWING.has(name) ? grown(workspace, name, columns) : columns);
    }
  }
  for (const [name, columns] of workspace.customTables) {
    tables.set(name, [
      ...Object.entries(columns).map(([column, type]) => ({ name: column, type: columnType(type) })),
      ...COMMON,
    ]);
  }
  known.set(workspace, { rows, tables });
  return tables;
}

function grown(workspace: LogWorkspace, table: string, base: readonly Column[]): readonly Column[] {
  const names = new Set(base.map(({ name }) => name));
  const columns = [...base];
  for (const { row } of workspace.rows.get(table) ?? []) {
    for (const name of Object.keys(row)) {
      if (names.has(name)) continue;
      names.add(name);
      columns.push({ name, type: SUFFIXES.find(([suffix]) => name.endsWith(suffix))?.[1] ?? "string" });
    }
  }
  return columns;
}

function columnType(text: string): ColumnType {
  return z.enum(COLUMN_TYPES).parse(text);
}
