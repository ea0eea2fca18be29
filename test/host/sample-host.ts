import { fileURLToPath } from "node:url";
import { type HostOptions, type RunningHost, startHost } from "../../local/host/host.ts";
import type { HostLogEntry } from "../../local/host/log.ts";

export interface ObservedHost extends RunningHost, AsyncDisposable {
  readonly logged: HostLogEntry[];
  /** The messages logged so far. */
  messages(): string[];
}

/** The app in `test/host/app`. */
export const sampleApp = fileURLToPath(new URL("./app", import.meta.url));

/** Starts a host on the sample app, or on what the options say, and keeps what it logs. */
export async function startObserved(options: Partial<HostOptions> = {}): Promise<ObservedHost> {
  const logged: HostLogEntry[] = [];
  const host = await startHost({
    app: sampleApp,
    store: ":memory:",
    environment: {},
    log: (entry) => void logged.push(entry),
    ...options,
  });
  return {
    ...host,
    logged,
    messages: () => logged.map((it) => it.message),
    [Symbol.asyncDispose]: () => host.stop(),
  };
}
