import { badRequest, invalidUri, notModelled } from "../errors.ts";
import { parseFilter } from "./filter.ts";
import type { Filter } from "./filter.ts";

/** The system query options of one request. */
export interface Query {
  readonly select: readonly string[] | undefined;
  readonly filter: Filter | undefined;
  readonly expand: readonly Expand[];
  readonly orderBy: readonly { readonly property: string; readonly descending: boolean }[];
  readonly search: string | undefined;
  readonly count: boolean;
  readonly top: number | undefined;
  readonly skipToken: string | undefined;
  readonly deltaToken: string | undefined;
  /** `ConsistencyLevel: eventual` was sent. */
  readonly eventual: boolean;
}

interface Expand {
  readonly link: string;
  readonly select: readonly string[] | undefined;
}

const OPTIONS = new Set([
  "select",
  "filter",
  "expand",
  "orderby",
  "search",
  "count",
  "top",
  "skiptoken",
  "deltatoken",
  // Sent by clients to say how JSON is wanted; the default is served.
  "format",
]);

export function parseQuery(url: URL, consistencyLevel: string | undefined): Query {
  const options = new Map<string, string>();
  for (const [key, value] of url.searchParams) {
    const name = key.replace(/^\$/, "").toLowerCase();
    if (!OPTIONS.has(name)) throw notModelled(`the query option '${key}'`);
    if (options.has(name))
      throw invalidUri(
        `Query option '$${name}' was specified more than once, but it must be specified at most once.`,
      );
    options.set(name, value);
  }
  const top = options.get("top");
  const count = options.get("count");
  if (count !== undefined && !/^(?:true|false)$/i.test(count))
    throw invalidUri(
      `Invalid value '${count}' for $count query option found. Valid values are 'true', 'false'.`,
    );
  const filter = options.get("filter");
  return {
    select: names(options.get("select")),
    filter: filter === undefined ? undefined : parseFilter(filter),
    expand: parseExpand(options.get("expand")),
    orderBy: parseOrderBy(options.get("orderby")),
    search: options.get("search"),
    count: count?.toLowerCase() === "true",
    top: top === undefined ? undefined : parseTop(top),
    skipToken: options.get("skiptoken"),
    deltaToken: options.get("deltatoken"),
    eventual: consistencyLevel?.toLowerCase() === "eventual",
  };
}

function names(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return parts.length === 0 || parts.includes("*") ? undefined : parts;
}

function parseTop(text: string): number {
  const top = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(top >= 1))
    throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and 999 inclusive.`);
  return top;
}

function parseOrderBy(text: string | undefined) {
  return (names(text) ?? []).map((part) => {
    const match = /^([\w/]+)(?:\s+(asc|desc))?$/i.exec(part);
    if (match?.[1] === undefined) throw invalidUri(`Syntax error in '$orderby=${text ?? ""}'.`);
    return { property: match[1], descending: match[2]?.toLowerCase() === "desc" };
  });
}

function parseExpand(text: string | undefined): Expand[] {
  if (text === undefined) return [];
  const parts = text.match(/[^,(]+(?:\([^)]*\))?/g) ?? [];
  return parts.map((part) => {
    const match = /^\s*([\w.]+)(?:\(\s*\$select=([^;)]*)\))?\s*$/.exec(part);
    if (match?.[1] === undefined) throw notModelled(`$expand written as '${part.trim()}'`);
    return { link: match[1], select: names(match[2]) };
  });
}
