import type { Severity, TimeWindow } from "../case/case.ts";
import type { Reading } from "./reading.ts";

const DAY_IN_MS = 86_400_000;
/** Logs are seldom kept longer; an alert that says it began with the calendar must not have us read all of them. */
const LONGEST_IN_DAYS = 90;

/** ISO 8601 as senders write it: with or without a zone (then it is UTC), with any number of digits after the second. */
const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A moment that a sender wrote, in milliseconds; null for none, for no date, and for the year 1 of empty .NET dates. */
export function momentOf(text: string | null): number | null {
  const match = ISO.exec(text ?? "");
  if (text === null || match === null) return null;
  const hasTime = text.length > "2026-01-01".length;
  const time = Date.parse(hasTime && match.groups?.["zone"] === undefined ? `${text}Z` : text);
  return Number.isNaN(time) || time < Date.UTC(2000, 0, 1) ? null : time;
}

/**
 * From the first to the last activity; what is not said is taken as around the creation, or as the day before now. Never
 * after now, and never longer than logs are kept.
 */
export function windowOf(first: Reading, last: Reading, created: Reading, now: Date): TimeWindow {
  const moments = [first, last].flatMap((it) => momentOf(it.text()) ?? []);
  const said = momentOf(last.text()) ?? momentOf(created.text()) ?? Math.max(...moments, -Infinity);
  const end = Math.min(Number.isFinite(said) ? said : now.getTime(), now.getTime());
  const start = Math.min(momentOf(first.text()) ?? end - DAY_IN_MS, end);
  // Ends that senders swapped still span the same time.
  const to = Math.min(Math.max(end, ...moments), now.getTime());
  return spanOf(Math.min(start, ...moments), to);
}

/** A window from a moment till another, cut to what logs hold. */
export function spanOf(from: number, to: number): TimeWindow {
  const earliest = to - LONGEST_IN_DAYS * DAY_IN_MS;
  return {
    from: new Date(Math.min(Math.max(from, earliest), to)).toISOString(),
    to: new Date(to).toISOString(),
  };
}

const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ["informational", "informational"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["critical", "high"],
  ["sev0", "high"],
  ["sev1", "high"],
  ["sev2", "medium"],
  ["sev3", "low"],
  ["sev4", "informational"],
]);

/** A severity we do not know counts as low: rules that act ask for more. */
export function severityOf(reading: Reading): Severity {
  return SEVERITIES.get(reading.text()?.toLowerCase() ?? "") ?? "low";
}
