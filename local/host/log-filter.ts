import { type HostLog, type HostLogEntry, logLevels, type LogLevel } from "./log.ts";

/** Least level to pass, or nothing at all. */
export type Threshold = LogLevel | "none";

/** Says whether an entry passes host.json's `logging.logLevel`: the longest category that the entry's starts with decides. */
export function logFilter(levels: Readonly<Record<string, Threshold>>): (entry: HostLogEntry) => boolean {
  const rules = Object.entries(levels)
    .filter(([category]) => category.toLowerCase() !== "default")
    .toSorted(([a], [b]) => b.length - a.length);
  const byDefault =
    Object.entries(levels).find(([category]) => category.toLowerCase() === "default")?.[1] ?? "information";

  return ({ category, level }) => {
    const rule = rules.find(([prefix]) => category.toLowerCase().startsWith(prefix.toLowerCase()));
    const threshold = rule?.[1] ?? byDefault;
    return threshold !== "none" && logLevels.indexOf(level) >= logLevels.indexOf(threshold);
  };
}

/** Hands on what passes the filter. */
export function filteredLog(log: HostLog, levels: Readonly<Record<string, Threshold>>): HostLog {
  const passes = logFilter(levels);
  return (entry) => {
    if (passes(entry)) log(entry);
  };
}
