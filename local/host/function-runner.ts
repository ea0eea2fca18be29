import { systemClock } from "./clock.ts";
import type { HostLog } from "./log.ts";
import { readableError } from "./orchestrator-error.ts";
import type { AppRegistry, RegisteredFunction } from "./worker/functions-core.ts";
import { invoke, type Invocation, type Invoked } from "./worker/invoke.ts";
import type { TypedData } from "./worker/rpc.ts";

/** A registered function that passed all checks and may run. */
export interface LoadedFunction extends RegisteredFunction {
  readonly kind: TriggerKind;
}

export type TriggerKind =
  | "http"
  | "timer"
  | "event-grid"
  | "orchestrator"
  | "activity"
  | "entity"
  /** A trigger whose source this host does not have: it can be run by the admin call only. */
  | "other";

export interface FunctionRunnerOptions {
  readonly registry: AppRegistry;
  readonly log: HostLog;
  readonly timeoutInMs: number | undefined;
  /** Data of the durable client binding. */
  clientBinding(): TypedData | undefined;
}

type RunDetails = Pick<Invocation, "triggerMetadata" | "instanceId" | "invocationId" | "retry">;

/** Runs functions, gives them their inputs and writes the one line about each run. */
export class FunctionRunner {
  readonly #options: FunctionRunnerOptions;
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: FunctionRunnerOptions) {
    this.#options = options;
  }

  /** Never rejects: a failing function is a result. */
  async run(target: LoadedFunction, trigger: TypedData | undefined, more: RunDetails = {}): Promise<Invoked> {
    const running = this.#run(target, trigger, more);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #run(target: LoadedFunction, trigger: TypedData | undefined, more: RunDetails): Promise<Invoked> {
    const { registry, log } = this.#options;
    const startedAt = performance.now();
    const client = this.#options.clientBinding();
    const inputs = client === undefined ? {} : { durableClient: client, orchestrationClient: client };
    const invoked = await this.#withTimeout(
      target,
      invoke(registry, log, { target, trigger, inputs, ...more }),
    );
    const durationInMs = Math.round(performance.now() - startedAt);
    const outcome = invoked.kind === "returned" ? "succeeded" : "failed";
    log({
      level: invoked.kind === "returned" ? "information" : "error",
      category: `Function.${target.name}`,
      message: `${target.name} ${outcome}`,
      functionName: target.name,
      ...(more.instanceId === undefined ? {} : { instanceId: more.instanceId }),
      durationInMs,
      outcome,
      ...(invoked.kind === "threw" ? { error: readableError(invoked.error) } : {}),
    });
    return invoked;
  }

  /**
   * The real host ends the worker process when a function runs too long; here the run is only given up on. Counted in
   * real time whatever the host's clock says: functions do real work while a test moves that clock by days.
   */
  async #withTimeout(target: LoadedFunction, running: Promise<Invoked>): Promise<Invoked> {
    const { timeoutInMs } = this.#options;
    if (timeoutInMs === undefined) return running;
    const { promise: expired, resolve } = Promise.withResolvers<Invoked>();
    const wallClock = systemClock();
    const timer = wallClock.setTimer(wallClock.now() + timeoutInMs, () =>
      resolve({
        kind: "threw",
        error: new Error(`Timeout value of ${timeoutInMs} ms was exceeded by function: ${target.name}`),
      }),
    );
    try {
      return await Promise.race([running, expired]);
    } finally {
      timer.cancel();
    }
  }
}
