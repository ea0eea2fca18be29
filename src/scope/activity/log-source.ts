import { isIP } from "node:net";
import type { LogRow } from "../../azure/logs.ts";
import type { Activity, ActivitySource } from "../../case/activity.ts";
import { byText } from "../identifiers.ts";

/** Whose rows are asked for. All of it validated: GUIDs as GUIDs, names escaped where a query is written. */
export interface Who {
  /** Object ids of service principals and users. */
  readonly objectIds: readonly string[];
  readonly appIds: readonly string[];
  readonly userPrincipalNames: readonly string[];
  /** Ids others may have changed: the principals' and their application objects'. */
  readonly targetIds: readonly string[];
  readonly kinds: ReadonlySet<"service-principal" | "managed-identity" | "user">;
}

/** Who a row says it was. */
export interface Actor {
  readonly objectId: string | null;
  readonly appId: string | null;
  readonly userPrincipalName: string | null;
}

/** One row, read. Whether it is suspicious and which principal it belongs to is decided over all of them. */
export interface LoggedEvent {
  /** The same event in two rows or tables has the same key. */
  readonly key: string;
  /** Of two rows with one key the higher says more: an end over a start. */
  readonly weight: number;
  readonly actor: Actor;
  readonly activity: Omit<Activity, "principalKey" | "suspicious">;
  /** Ids by which another log names the same request. */
  readonly links: readonly string[];
  readonly row: LogRow;
}

/** One table: what is asked of it, and how its rows read. Queries only filter and project; joining is done here. */
export interface LogSource {
  readonly source: ActivitySource;
  readonly table: string;
  /** Null where the table has nothing to say about these. */
  kql(who: Who): string | null;
  /** What was usual before the window, summarised; null where there is nothing to compare. */
  usual?(who: Who): string | null;
  /** Null for a row that is not what the table documents: counted, and named as a gap. */
  read(row: LogRow): LoggedEvent | null;
}

/** More rows than this of one table are cut off, newest kept, and the cut is named. */
export const MOST_ROWS = 20_000;

export const NEWEST = `| order by TimeGenerated desc
| take ${MOST_ROWS}`;

/** Log Analytics writes seven decimals; everything here has milliseconds. */
export function momentOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

/** A column's text; null for an empty one, which is how these tables write "not there". */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

/** An address without its port: storage logs write one. IPv6 with a port stands in brackets. */
export function addressOf(value: unknown): string | null {
  const text = textOf(value);
  if (text === null) return null;
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  if (bracketed !== null) return bracketed[1] ?? null;
  return /^\d{1,3}(?:\.\d{1,3}){3}:\d+$/.test(text) ? text.slice(0, text.lastIndexOf(":")) : text;
}

/** Those that are addresses: some logs hold what a client claimed, and only an address goes into a query. */
export function onlyAddresses(texts: Iterable<string>): readonly string[] {
  return [...texts].filter((text) => isIP(text) !== 0).toSorted(byText);
}
