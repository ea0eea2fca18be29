import type { Severity, TimeWindow } from "../case/case.ts";
import type { Reading } from "./reading.ts";

const DAY_IN_MS = 86_400_000;

function timeOf(reading: Reading): number | null {
  const time = Date.parse(reading.text() ?? "");
  return Number.isNaN(time) ? null : time;
}

/** From the first to the last activity; what is not said is taken as around the creation, or as the day before now. */
export function windowOf(first: Reading, last: Reading, created: Reading, now: Date): TimeWindow {
  const end = timeOf(last) ?? timeOf(created) ?? now.getTime();
  const start = timeOf(first) ?? end - DAY_IN_MS;
  return {
    from: new Date(Math.min(start, end)).toISOString(),
    to: new Date(Math.max(start, end)).toISOString(),
  };
}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  informational: "informational",
  low: "low",
  medium: "medium",
  high: "high",
  critical: "high",
  sev0: "high",
  sev1: "high",
  sev2: "medium",
  sev3: "low",
  sev4: "informational",
};

/** A severity we do not know counts as low: rules that act ask for more. */
export function severityOf(reading: Reading): Severity {
  return SEVERITIES[reading.text()?.toLowerCase() ?? ""] ?? "low";
}
