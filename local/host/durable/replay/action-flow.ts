import { serializePayload } from "../json-payload.ts";
import {
  type OrchestratorAction,
  type RetryOptions,
  type SubOrchestrationCall,
  unsupportedActionName,
} from "../orchestrator-state.ts";
import { Awaitable, whenAll, whenAny } from "./awaitable.ts";
import { sameName } from "./mismatch.ts";
import type { Workflow } from "./workflow.ts";

const DAY_IN_MS = 24 * 60 * 60 * 1000;

/** Timers longer than this are waited out in parts. The trigger tells the SDK the same two durations. */
export const LONGEST_SHORT_TIMER_IN_MS = 6 * DAY_IN_MS;
export const LONG_TIMER_PART_IN_MS = 3 * DAY_IN_MS;

/** What an orchestration may call and how much of it. */
export interface Surroundings {
  readonly instanceId: string;
  readonly parentInstanceId: string | null;
  readonly maxActions: number;
  /** The version of sub-orchestrations that name none. */
  readonly defaultVersion: string | null;
  isActivity(name: string): boolean;
  isOrchestrator(name: string): boolean;
}

/** An action that this host does not serve: the instance fails and says so. */
export class UnsupportedAction extends Error {
  readonly code = "UNSUPPORTED_ACTION";
}

/**
 * Performs the SDK's list of actions one after the other, as the real extension does: each is awaited before the next
 * begins, and what an action throws is swallowed, because handling errors is the SDK's part.
 */
export class ActionFlow {
  /** The input of the next generation, once continueAsNew has been reached. */
  continuedAsNew: { readonly input: string | null } | undefined;
  /** Calls that were swallowed: the instance will wait for them for ever. */
  readonly swallowed: string[] = [];
  isAtEnd = false;
  readonly #workflow: Workflow;
  readonly #actions: readonly OrchestratorAction[];
  readonly #surroundings: Surroundings;
  #next = 0;
  #performed = 0;

  constructor(workflow: Workflow, actions: readonly OrchestratorAction[], surroundings: Surroundings) {
    this.#workflow = workflow;
    this.#actions = actions;
    this.#surroundings = surroundings;
  }

  /** Goes on until an action has to wait, and again whenever it is settled. */
  run(): void {
    for (;;) {
      const action = this.#actions[this.#next];
      if (action === undefined) {
        this.isAtEnd = true;
        return;
      }
      this.#next += 1;
      const task = this.#perform(action);
      if (!task.isSettled) {
        task.whenSettled(() => this.run());
        return;
      }
    }
  }

  #perform(action: OrchestratorAction): Awaitable {
    switch (action.actionType) {
      case 0:
        return this.#callActivity(action.functionName, action.input);
      case 1:
        return this.#withRetry(action.retryOptions, () =>
          this.#callActivity(action.functionName, action.input),
        );
      case 2:
        return this.#callSubOrchestrator(action);
      case 3:
        return this.#withRetry(action.retryOptions, () => this.#callSubOrchestrator(action));
      case 4:
        this.continuedAsNew = { input: serializePayload(action.input) };
        return Awaitable.done();
      case 5:
        return this.#createTimer(Date.parse(action.fireAt), action.isCanceled === true);
      case 6:
        return this.#workflow.waitForEvent(action.externalEventName);
      case 11:
        return whenAny(action.compoundActions.map((it) => this.#perform(it)));
      case 12:
        return whenAll(action.compoundActions.map((it) => this.#perform(it)));
      case 7:
      case 8:
      case 9:
      case 10:
      case 13:
      case 14:
        throw new UnsupportedAction(
          `${unsupportedActionName(action.actionType)} is not supported by the embedded host`,
        );
      default:
        return action satisfies never;
    }
  }

  #callActivity(name: string, input: unknown): Awaitable {
    if (!this.#surroundings.isActivity(name))
      return this.#swallow(
        `The function '${name}' doesn't exist, is disabled, or is not an activity function.`,
      );
    if (!this.#mayAct()) return this.#swallowTooMany();
    return this.#workflow.schedule({ kind: "task", name, input: JSON.stringify([input ?? null]) }).settled;
  }

  #callSubOrchestrator(call: SubOrchestrationCall): Awaitable {
    const { instanceId: self, parentInstanceId, defaultVersion } = this.#surroundings;
    const name = call.functionName;
    if (!this.#surroundings.isOrchestrator(name))
      return this.#swallow(
        `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function.`,
      );
    const instanceId = call.instanceId?.trim() ? call.instanceId : undefined;
    if (instanceId !== undefined) {
      if (sameName(instanceId, self) || (parentInstanceId !== null && sameName(instanceId, parentInstanceId)))
        return this.#swallow(
          "The instance ID of a sub-orchestration must be different than the instance ID of a parent orchestration.",
        );
      if (instanceId.startsWith("@"))
        return this.#swallow("Orchestration instance ids must not start with @");
    }
    if (!this.#mayAct()) return this.#swallowTooMany();
    return this.#workflow.schedule({
      kind: "sub-orchestration",
      name,
      instanceId,
      version: call.version ?? defaultVersion,
      input: serializePayload(call.input),
    }).settled;
  }

  #createTimer(fireAt: number, isCancelled: boolean): Awaitable {
    const workflow = this.#workflow;
    const settled = new Awaitable();
    const isLong = fireAt - workflow.now > LONGEST_SHORT_TIMER_IN_MS;
    const part = (at: number): void => {
      if (!this.#mayAct()) {
        this.#swallowTooMany().whenSettled(() => settled.fail());
        return;
      }
      const timer = workflow.schedule({ kind: "timer", fireAt: at });
      timer.settled.whenSettled(() => {
        const remaining = fireAt - workflow.now;
        if (timer.settled.hasFailed) settled.fail();
        else if (!isLong || remaining <= 0) settled.complete();
        else part(workflow.now + Math.min(remaining, LONG_TIMER_PART_IN_MS));
      });
      if (isCancelled) workflow.cancel(timer.id);
    };
    part(isLong ? workflow.now + LONG_TIMER_PART_IN_MS : fireAt);
    return settled;
  }

  /** The retry loop is the host's: the SDK only reserves the ids of the timers it expects in between. */
  #withRetry(options: RetryOptions, call: () => Awaitable): Awaitable {
    const workflow = this.#workflow;
    const settled = new Awaitable();
    const firstAttemptAt = workflow.now;
    let attempt = 0;
    const afterFailure = (): void => {
      attempt += 1;
      if (attempt >= options.maxNumberOfAttempts) {
        // The framework sets one timer too many, of no length, to stay compatible with old histories; the SDK waits for it.
        this.#createTimer(workflow.now, false).whenSettled(() => settled.fail());
        return;
      }
      const delayInMs = retryDelay(options, attempt, workflow.now - firstAttemptAt);
      // No timer here, although the SDK waits for one: an expired retryTimeout leaves the instance hanging on the real host too.
      if (delayInMs === 0) settled.fail();
      else this.#createTimer(workflow.now + delayInMs, false).whenSettled(tryOnce);
    };
    const tryOnce = (): void => {
      const called = call();
      called.whenSettled(() => (called.hasFailed ? afterFailure() : settled.complete()));
    };
    tryOnce();
    return settled;
  }

  #mayAct(): boolean {
    this.#performed += 1;
    return this.#performed <= this.#surroundings.maxActions;
  }

  #swallowTooMany(): Awaitable {
    return this.#swallow(
      `Maximum amount of orchestration actions (${this.#surroundings.maxActions}) has been reached. This value can be configured in host.json file as MaxOrchestrationActions.`,
    );
  }

  #swallow(why: string): Awaitable {
    if (!this.swallowed.includes(why)) this.swallowed.push(why);
    return Awaitable.failed();
  }
}

function retryDelay(options: RetryOptions, attempt: number, elapsedInMs: number): number {
  const { retryTimeoutInMilliseconds: timeoutInMs } = options;
  if (typeof timeoutInMs === "number" && elapsedInMs >= timeoutInMs) return 0;
  const delayInMs =
    options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** (attempt - 1);
  const longestInMs = options.maxRetryIntervalInMilliseconds ?? LONGEST_SHORT_TIMER_IN_MS;
  return Math.ceil(Math.min(delayInMs, longestInMs));
}
