import { z } from "zod";
import type { Tenant } from "../tenant.ts";
import type { ScenarioNames } from "../scenario/names.ts";

/** One row as its table has it: the real column names, dynamic columns as plain values. */
export type LogRow = Readonly<Record<string, unknown>>;

/** A row and when queries begin to see it. */
interface StoredRow {
  readonly visibleAt: number;
  readonly row: LogRow;
}

/** The ARM resource of a workspace is the one with this `customerId`, or else the one of its name. */
export interface LogWorkspace {
  /** The workspace's own GUID (`customerId` in ARM): what a query names. */
  readonly id: string;
  readonly name: string;
  /** Tables on the Basic plan: `/query` refuses them, `/search` does not. */
  readonly basicTables: ReadonlySet<string>;
  /** Tables nothing was ever sent to: asking for one is a semantic error, which is not the same as no rows. */
  readonly missingTables: ReadonlySet<string>;
  /** Tables whose store does not answer: queries of them end in a partial error beside whatever else they found. */
  readonly failingTables: ReadonlySet<string>;
  /** Columns of tables that are no standard ones (`Name_CL`). */
  readonly customTables: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** By table name, in the order of arrival. */
  readonly rows: Map<string, StoredRow[]>;
}

/** Where a data collection rule sends its streams. Its ARM resource is the one with this `immutableId`, or else of its name. */
export interface CollectionRule {
  /** `dcr-…`, what an ingestion request names. */
  readonly immutableId: string;
  readonly name: string;
  readonly workspaceId: string;
  /** Stream name → table name. */
  readonly streams: ReadonlyMap<string, string>;
}

export interface LogState {
  /** By lower-case workspace GUID. */
  readonly workspaces: Map<string, LogWorkspace>;
  /** By immutable id. */
  readonly collectionRules: Map<string, CollectionRule>;
}

export function emptyLogs(): LogState {
  return { workspaces: new Map(), collectionRules: new Map() };
}

/**
 * Writes a row where Azure would export it: into every workspace that has the table. It gets `TimeGenerated` = now if it
 * has none, and queries see it once `delays.logIngestionInMs` has passed. The row is kept, not copied: hand it over.
 */
export function appendRow(tenant: Tenant, table: string, row: LogRow): void {
  const now = tenant.clock.now();
  const complete =
    row["TimeGenerated"] === undefined ? { TimeGenerated: new Date(now).toISOString(), ...row } : row;
  for (const workspace of tenant.state.logs.workspaces.values()) {
    if (!workspace.missingTables.has(table)) {
      storeRow(workspace, table, complete, now + tenant.delays.logIngestionInMs);
    }
  }
}

/** Writes a row into one workspace only, visible from `visibleAt` on. */
export function storeRow(workspace: LogWorkspace, table: string, row: LogRow, visibleAt: number): void {
  const rows = workspace.rows.get(table);
  if (rows === undefined) {
    workspace.rows.set(table, [{ visibleAt, row }]);
  } else {
    rows.push({ visibleAt, row });
  }
}

/** The rows of a table that a query at `now` sees. */
export function* visibleRows(workspace: LogWorkspace, table: string, now: number): Generator<LogRow> {
  for (const stored of workspace.rows.get(table) ?? []) {
    if (stored.visibleAt <= now) {
      yield stored.row;
    }
  }
}

const TableName = z.string().regex(/^[A-Za-z]\w*$/);

/** What a scenario says of its workspaces. Times may be offsets (`-2h`) as everywhere in a scenario. */
export const LogSection = z.strictObject({
  workspaces: z.array(
    z.strictObject({
      name: z.string(),
      id: z.guid().optional(),
      basicTables: z.array(TableName).default([]),
      missingTables: z.array(TableName).default([]),
      failingTables: z.array(TableName).default([]),
      customTables: z.record(TableName, z.record(z.string(), z.string())).default({}),
    }),
  ),
  collectionRules: z
    .array(
      z.strictObject({
        name: z.string(),
        immutableId: z.string().optional(),
        workspace: z.string(),
        streams: z.record(z.string(), TableName),
      }),
    )
    .default([]),
  /** Rows with the table's own columns; `every` and `until` repeat one for background noise. */
  rows: z
    .array(
      z.strictObject({
        table: TableName,
        at: z.string(),
        every: z
          .string()
          .regex(/^\d+(ms|[smhd])$/)
          .optional(),
        until: z.string().optional(),
        row: z.record(z.string(), z.unknown()),
      }),
    )
    .default([]),
});
export type LogSection = z.input<typeof LogSection>;

/** The logs as a scenario begins. Its rows are old: every one of them can be queried at once. */
export function loadLogs(section: LogSection, names: ScenarioNames): LogState {
  const parsed = LogSection.parse(section);
  const state = emptyLogs();
  const byName = new Map<string, LogWorkspace>();
  for (const given of parsed.workspaces) {
    const workspace: LogWorkspace = {
      id: (given.id === undefined
        ? names.guid("workspace", given.name)
        : names.given("workspace", given.name, given.id)
      ).toLowerCase(),
      name: given.name,
      basicTables: new Set(given.basicTables),
      missingTables: new Set(given.missingTables),
      failingTables: new Set(given.failingTables),
      customTables: new Map(Object.entries(given.customTables)),
      rows: new Map(),
    };
    state.workspaces.set(workspace.id, workspace);
    byName.set(workspace.name, workspace);
  }
  for (const given of parsed.collectionRules) {
    const workspace = byName.get(given.workspace);
    if (workspace === undefined) {
      throw new Error(
        `the collection rule ${given.name} sends to ${given.workspace}, which is no workspace of this scenario`,
      );
    }
    const immutableId =
      given.immutableId ?? `dcr-${names.guid("collectionRule", given.name).replaceAll("-", "")}`;
    state.collectionRules.set(immutableId, {
      immutableId,
      name: given.name,
      workspaceId: workspace.id,
      streams: new Map(Object.entries(given.streams)),
    });
  }
  for (const { table, at, every, until, row } of parsed.rows) {
    const first = Date.parse(names.at(at));
    const last = until === undefined ? first : Date.parse(names.at(until));
    const stepInMs = every === undefined ? Number.POSITIVE_INFINITY : spanInMs(every);
    for (let when = first; when <= last; when += stepInMs) {
      const complete = { TimeGenerated: new Date(when).toISOString(), ...row };
      for (const workspace of state.workspaces.values()) {
        if (!workspace.missingTables.has(table)) {
          storeRow(workspace, table, complete, 0);
        }
      }
    }
  }
  return state;
}

const UNIT_IN_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function spanInMs(span: string): number {
  const unit = span.replace(/^\d+/, "");
  return Number.parseInt(span, 10) * (UNIT_IN_MS[unit] ?? 1);
}
