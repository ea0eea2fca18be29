/** The levels of the real host, from most to least talkative. */
export const logLevels = ["trace", "debug", "information", "warning", "error", "critical"] as const;

export type LogLevel = (typeof logLevels)[number];

/** One thing the host or an app says. What a person sees of it is decided where it is printed. */
export interface HostLogEntry {
  readonly level: LogLevel;
  /** The real host's categories, which host.json filters by: `Host.Startup`, `Host.Triggers.DurableTask`, `Function.NAME`, `Function.NAME.User`. */
  readonly category: string;
  readonly message: string;
  readonly functionName?: string;
  /** The orchestration the entry belongs to. */
  readonly instanceId?: string;
  readonly durationInMs?: number;
  readonly outcome?: "succeeded" | "failed";
  readonly error?: Error;
}

/** Where entries go. */
export type HostLog = (entry: HostLogEntry) => void;
