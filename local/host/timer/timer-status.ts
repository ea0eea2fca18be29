import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { HostError } from "../host-error.ts";

/** What is remembered of a timer between starts of the host. All in epoch milliseconds. */
export interface TimerStatus {
  /** The last run; undefined when it never ran. */
  readonly last: number | undefined;
  readonly next: number | undefined;
  readonly lastUpdated: number;
}

export interface TimerStatuses {
  get(name: string): TimerStatus | undefined;
  set(name: string, status: TimerStatus): void;
}

const StatusFile = z.object({
  version: z.literal(1),
  timers: z.record(
    z.string(),
    z.object({
      last: z.number().optional(),
      next: z.number().optional(),
      lastUpdated: z.number(),
    }),
  ),
});

/** Keeps statuses in memory, for hosts whose store is in memory too. */
export function timerStatusesInMemory(): TimerStatuses {
  const statuses = new Map<string, TimerStatus>();
  return {
    get: (name) => statuses.get(name.toLowerCase()),
    set: (name, status) => void statuses.set(name.toLowerCase(), status),
  };
}

/** Keeps statuses in a JSON file that is replaced as a whole at each change. A damaged file is refused, not overwritten. */
export function timerStatusesInFile(file: string): TimerStatuses {
  const statuses = new Map(Object.entries(read(file)));
  return {
    get: (name) => statuses.get(name.toLowerCase()),
    set(name, status) {
      statuses.set(name.toLowerCase(), status);
      mkdirSync(dirname(file), { recursive: true });
      const text = JSON.stringify({ version: 1, timers: Object.fromEntries(statuses) }, null, 1);
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
  };
}

function read(file: string): Record<string, TimerStatus> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
  try {
    const { timers } = StatusFile.parse(JSON.parse(text));
    return Object.fromEntries(
      Object.entries(timers).map(([name, it]) => [
        name,
        { last: it.last, next: it.next, lastUpdated: it.lastUpdated },
      ]),
    );
  } catch (cause) {
    throw new HostError(
      "TIMER_STATE_DAMAGED",
      `${file} holds no timer state that this host understands; move it away to start without`,
      { cause },
    );
  }
}
