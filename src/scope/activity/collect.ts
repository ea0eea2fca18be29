import { z } from "zod";
import type { LogRow } from "../../azure/logs.ts";
import type { TimeWindow } from "../../case/case.ts";
import { sideBySide } from "../../azure/side-by-side.ts";
import type { AzureFailure } from "../../azure/failure.ts";
import { patiently } from "../patience.ts";
import type { Reading } from "../reading.ts";
import { AZURE_ACTIVITY } from "./azure-activity.ts";
import { CLUSTER_LOG } from "./cluster-log.ts";
import { DIRECTORY_AUDIT } from "./directory-audit.ts";
import { GRAPH_ACTIVITY } from "./graph-activity.ts";
import { addressOf, type LoggedEvent, type LogSource, MOST_ROWS, textOf, type Who } from "./log-source.ts";
import { SIGN_INS } from "./sign-ins.ts";
import { STORAGE_LOG } from "./storage-log.ts";
import { VAULT_LOGS } from "./vault-log.ts";

export const LOG_SOURCES: readonly LogSource[] = [
  ...SIGN_INS,
  DIRECTORY_AUDIT,
  GRAPH_ACTIVITY,
  AZURE_ACTIVITY,
  ...VAULT_LOGS,
  STORAGE_LOG,
  CLUSTER_LOG,
];

/** Log Analytics runs five queries of one caller at a time and queues the rest itself, for up to three minutes. */
const QUERIES_AT_ONCE = 20;
/** How far back "usual" goes. */
const USUAL_DAYS = 14;
const DAY_IN_MS = 86_400_000;
/** The longest first export seen: what is younger may still be on its way. */
const LATE_IN_MS = 67 * 60_000;

/** From where a principal was active before the window, and what of a vault it used to read. */
export interface Usual {
  readonly subject: string;
  readonly address: string | null;
  readonly country: string | null;
  readonly thing: string | null;
}

export interface Collected {
  readonly events: readonly LoggedEvent[];
  readonly usual: readonly Usual[];
}

const UsualRow = z.object({
  Subject: z.string(),
  Address: z.string().nullish(),
  Country: z.string().nullish(),
  Thing: z.string().nullish(),
});

/** Everything the logs say of these principals in the window, and what was usual in the two weeks before: one round trip. */
export async function collectActivity(
  reading: Reading,
  who: Who,
  window: TimeWindow,
  workspaceIds: readonly string[],
): Promise<Collected> {
  const { gaps } = reading;
  if (workspaceIds.length === 0) {
    gaps.note("activity", "NO_WORKSPACE", "no Log Analytics workspace is known: what was done is unknown");
    return { events: [], usual: [] };
  }
  noteLateness(reading, window);
  const before: TimeWindow = {
    from: new Date(Date.parse(window.from) - USUAL_DAYS * DAY_IN_MS).toISOString(),
    to: window.from,
  };
  const questions = LOG_SOURCES.flatMap((source) => {
    const kql = source.kql(who);
    const usual = source.usual?.(who) ?? null;
    return [
      ...(kql === null ? [] : [{ source, kql, asks: "events" as const }]),
      ...(usual === null ? [] : [{ source, kql: usual, asks: "usual" as const }]),
    ];
  });
  const events: LoggedEvent[] = [];
  const usual: Usual[] = [];
  await sideBySide(questions, QUERIES_AT_ONCE, async ({ source, kql, asks }) => {
    if (asks === "events") {
      const rows = await rowsOf(reading, source.table, kql, window, workspaceIds);
      if (rows.length === 0) {
        gaps.note(
          source.table,
          "NO_ROWS",
          "no rows: that nothing was logged does not show that nothing was done",
        );
      }
      events.push(...readRows(reading, source.table, rows, (row) => source.read(row)));
    } else {
      const rows = await rowsOf(reading, `usual activity in ${source.table}`, kql, before, workspaceIds);
      usual.push(...rows.flatMap(usualOf));
    }
  });
  return { events, usual };
}

/** The rows a query has in all workspaces; what cannot be had, or only in part, is a gap. */
export async function rowsOf(
  { azure, gaps }: Reading,
  about: string,
  kql: string,
  window: TimeWindow,
  workspaceIds: readonly string[],
): Promise<readonly LogRow[]> {
  const answers = await Promise.all(
    workspaceIds.map((workspace) => patiently(() => azure.logs.query(workspace, kql, window))),
  );
  const rows: LogRow[] = [];
  for (const answer of answers) {
    if (answer.kind === "failed") {
      if (isNoTable(answer.failure)) {
        gaps.note(about, "NO_TABLE", "a workspace has no such table: nothing is exported to it");
      } else {
        gaps.failed(about, answer.failure);
      }
      continue;
    }
    if (answer.value.partial) gaps.note(about, "PARTIAL", "the log answered only in part");
    if (answer.value.rows.length >= MOST_ROWS) {
      gaps.note(about, "CUT_OFF", `more than ${MOST_ROWS} rows: only the newest were read`);
    }
    rows.push(...answer.value.rows);
  }
  return rows;
}

export function readRows(
  { gaps }: Reading,
  table: string,
  rows: readonly LogRow[],
  read: (row: LogRow) => LoggedEvent | null,
): readonly LoggedEvent[] {
  const events = rows.flatMap((row) => read(row) ?? []);
  const lost = rows.length - events.length;
  if (lost > 0) gaps.note(table, "NOT_UNDERSTOOD", `${lost} rows are not what the table documents`);
  return events;
}

/** The service's code for a name it cannot resolve: a table nothing was ever sent to is not there at all. */
function isNoTable(failure: AzureFailure): boolean {
  return failure.code === "BAD_REQUEST" && failure.azureCode === "SEM0100";
}

function usualOf(row: LogRow): readonly Usual[] {
  const parsed = UsualRow.safeParse(row);
  if (!parsed.success) return [];
  const { Subject, Address, Country, Thing } = parsed.data;
  return [
    {
      subject: Subject.toLowerCase(),
      address: addressOf(Address),
      country: textOf(Country),
      thing: textOf(Thing),
    },
  ];
}

function noteLateness({ azure, gaps }: Reading, window: TimeWindow): void {
  if (azure.now().getTime() - Date.parse(window.to) < LATE_IN_MS) {
    gaps.note(
      "activity",
      "LATE",
      "logs arrive minutes to an hour late: the end of the window may not be there yet",
    );
  }
}
