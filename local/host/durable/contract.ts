import type { Clock } from "../clock.ts";
import type { HostRequest, HostResponse } from "../http-message.ts";
import type { HostLogEntry } from "../log.ts";

/** What one run of a function came to. `json` is the returned value as JSON text; `undefined` when it returned nothing. */
export type Ran =
  | { readonly kind: "returned"; readonly json: string | undefined }
  | { readonly kind: "threw"; readonly error: Error };

/** The functions of the loaded app, as Durable needs them. Names compare without regard to case, as in the real host. */
export interface DurableFunctionRunner {
  orchestrators(): readonly string[];
  activities(): readonly string[];
  entities(): readonly string[];
  /** Runs one episode. `triggerJson` goes to the worker as RpcTypedData `string` or `json`. */
  runOrchestrator(name: string, triggerJson: string, instanceId: string): Promise<Ran>;
  /**
   * Runs one activity. `input` goes to the worker as RpcTypedData `string`, `undefined` as RpcTypedData without data:
   * that is how a bare `null` becomes `undefined` and a bare boolean the text `True` on the real host.
   */
  runActivity(name: string, input: string | undefined, instanceId: string): Promise<Ran>;
}

export interface DurableSettings {
  /** `extensions.durableTask.maxConcurrentActivityFunctions` */
  readonly maxConcurrentActivityFunctions: number;
  /** `extensions.durableTask.maxConcurrentOrchestratorFunctions` */
  readonly maxConcurrentOrchestratorFunctions: number;
  /** `extensions.durableTask.maxOrchestrationActions` */
  readonly maxOrchestrationActions: number;
  /** `extensions.durableTask.defaultVersion`: the version of an instance started without one. */
  readonly defaultVersion: string | undefined;
  /** How often an activity that takes the whole host down is started before it counts as failed. */
  readonly maxActivityStarts: number;
}

export const defaultDurableSettings: DurableSettings = {
  maxConcurrentActivityFunctions: 10,
  maxConcurrentOrchestratorFunctions: 10,
  maxOrchestrationActions: 100_000,
  defaultVersion: undefined,
  maxActivityStarts: 10,
};

export interface DurableOptions {
  readonly runner: DurableFunctionRunner;
  /** Path of the database file, or `:memory:`. */
  readonly storeFile: string;
  readonly hubName: string;
  readonly clock: Clock;
  readonly settings: DurableSettings;
  /** Where the host listens, without a trailing slash. Asked only when a binding or a link is made. */
  baseUrl(): string;
  log(entry: HostLogEntry): void;
}

export interface Durable {
  /** The text that a `durableClient` input binding carries. */
  clientBinding(): string;
  /** Answers the client API and the management webhooks; `undefined` for any other path. */
  handle(request: HostRequest): Promise<HostResponse | undefined>;
  /** Starts nothing new, waits for what runs, and gives the store free. */
  close(): Promise<void>;
}
