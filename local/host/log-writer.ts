import { stripVTControlCharacters } from "node:util";
import type { Clock } from "./clock.ts";
import type { HostLog, HostLogEntry, LogLevel } from "./log.ts";

const labels: Readonly<Record<LogLevel, string>> = {
  trace: "trace",
  debug: "debug",
  information: "info ",
  warning: "warn ",
  error: "error",
  critical: "fatal",
};

/** Writes entries as lines for a person. What an app or a caller put into a message cannot forge a line or steer the terminal. */
export function logWriter(clock: Clock, write: (text: string) => void): HostLog {
  return (entry) => write(`${formatEntry(entry, clock.now())}\n`);
}

/** One line, and indented lines below it for the rest of a message and for an error's stack. */
export function formatEntry(entry: HostLogEntry, now: number): string {
  const { level, category, message, functionName, instanceId, durationInMs, error } = entry;
  const isUserLog = functionName !== undefined && category.endsWith(".User");
  const parts = [new Date(now).toISOString(), labels[level]];
  if (isUserLog) parts.push(`${functionName}:`);
  const [first = "", ...rest] = printable(message);
  parts.push(first);
  if (durationInMs !== undefined) parts.push(`in ${durationInMs} ms`);
  if (instanceId !== undefined) parts.push(`[${printable(instanceId).join(" ")}]`);
  // The message of an error often stands in the entry's message already; its stack says it again with the place.
  const details = error === undefined ? [] : printable(error.stack || error.message);
  return [parts.join(" "), ...[...rest, ...details].map((it) => `    ${it}`)].join("\n");
}

function printable(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/\r?\n/)
    .map((line) =>
      line.replaceAll(
        /\p{Cc}|\p{Zl}|\p{Zp}|[\u202A-\u202E\u2066-\u2069]/gu,
        (it) => String.raw`\u${(it.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
      ),
    );
}
