import {
  type FailureText,
  nonDeterminismFailure,
  orchestratorFailure,
  orchestratorFault,
} from "../failure-text.ts";
import { EventKind, type EventOf, type HistoryEvent } from "../history-event.ts";
import { customStatusTooBig, serializePayload } from "../json-payload.ts";
import type { OrchestratorAction, OrchestratorRun } from "../orchestrator-state.ts";
import { ActionFlow, type Surroundings, UnsupportedAction } from "./action-flow.ts";
import type { Decision } from "./decision.ts";
import { mismatch } from "./mismatch.ts";
import { Workflow } from "./workflow.ts";

export interface ReplayOptions extends Surroundings {
  readonly executionId: string;
  readonly name: string;
  /** Everything in the history and everything new, in order. */
  readonly events: Iterable<HistoryEvent>;
  readonly run: OrchestratorRun;
}

/** How an episode ends. An instance ends only when no task and no timer of it is open. */
export type EpisodeEnd =
  | { readonly kind: "open" }
  | { readonly kind: "completed"; readonly output: string | null }
  | ({ readonly kind: "failed" } & FailureText)
  | {
      readonly kind: "continued-as-new";
      readonly input: string | null;
      readonly carriedOver: readonly EventOf<typeof EventKind.EventRaised>[];
    };

export interface Replayed {
  readonly decisions: readonly Decision[];
  readonly end: EpisodeEnd;
  readonly isSuspended: boolean;
  /** JSON text of the custom status this run set, if it set one. */
  readonly customStatus: string | null;
  /** Calls that can never come back, for the log. */
  readonly swallowed: readonly string[];
}

class NonDeterminism extends Error {
  readonly code = "NON_DETERMINISTIC";
}

/** Performs what an orchestrator function asked for against its history. Pure: the same run and history, the same result. */
export function replay(options: ReplayOptions): Replayed {
  const checked = checkCustomStatus(options.run);
  const workflow = new Workflow(options.executionId);
  const flow = new ActionFlow(workflow, actionsOf(checked.run), options);
  const base = { customStatus: checked.customStatus, swallowed: flow.swallowed };
  const feed = new Feed(workflow, flow);
  try {
    for (const event of options.events) feed.take(event);
  } catch (error) {
    const failure = failureOf(error, options.name);
    return { ...base, decisions: [], end: { kind: "failed", ...failure }, isSuspended: false };
  }
  return {
    ...base,
    decisions: workflow.decisions,
    end: workflow.hasOpenTasks ? { kind: "open" } : endOf(options, checked.run, flow, feed),
    isSuspended: feed.isSuspended,
  };
}

/** Feeds the history to the workflow, holding it back while the instance is suspended. */
class Feed {
  isSuspended = false;
  readonly afterContinueAsNew: EventOf<typeof EventKind.EventRaised>[] = [];
  readonly #workflow: Workflow;
  readonly #flow: ActionFlow;
  #whileSuspended: HistoryEvent[] = [];

  constructor(workflow: Workflow, flow: ActionFlow) {
    this.#workflow = workflow;
    this.#flow = flow;
  }

  /** Events nobody took, oldest first. */
  get leftOver(): readonly EventOf<typeof EventKind.EventRaised>[] {
    return [...this.#workflow.bufferedEvents, ...this.afterContinueAsNew];
  }

  take(event: HistoryEvent): void {
    if (event.EventType === EventKind.OrchestratorStarted) {
      this.#workflow.now = Date.parse(event.Timestamp);
      return;
    }
    if (this.isSuspended && event.EventType !== EventKind.ExecutionResumed) {
      if (event.EventType !== EventKind.ExecutionSuspended) this.#whileSuspended.push(event);
      return;
    }
    const workflow = this.#workflow;
    switch (event.EventType) {
      case EventKind.ExecutionStarted:
        this.#flow.run();
        return;
      case EventKind.TaskScheduled:
      case EventKind.TimerCreated:
      case EventKind.SubOrchestrationInstanceCreated: {
        const difference = mismatch(event, workflow.decision(event.EventId));
        if (difference !== undefined) throw new NonDeterminism(difference);
        workflow.confirm(event.EventId);
        return;
      }
      case EventKind.TaskCompleted:
      case EventKind.SubOrchestrationInstanceCompleted:
        workflow.settle(event.TaskScheduledId, "complete");
        return;
      case EventKind.TaskFailed:
      case EventKind.SubOrchestrationInstanceFailed:
        workflow.settle(event.TaskScheduledId, "fail");
        return;
      case EventKind.TimerFired:
        workflow.settle(event.TimerId, "complete");
        return;
      case EventKind.EventRaised:
        if (this.#flow.continuedAsNew === undefined) workflow.raise(event);
        else this.afterContinueAsNew.push(event);
        return;
      case EventKind.ExecutionSuspended:
        this.isSuspended = true;
        workflow.suspend();
        return;
      case EventKind.ExecutionResumed:
        this.#resume();
        return;
      case EventKind.ExecutionTerminated:
      case EventKind.ExecutionCompleted:
      case EventKind.OrchestratorCompleted:
        return;
      default:
        event satisfies never;
    }
  }

  #resume(): void {
    this.isSuspended = false;
    this.#workflow.resume();
    const held = this.#whileSuspended;
    this.#whileSuspended = [];
    for (const event of held) this.take(event);
  }
}

function actionsOf(run: OrchestratorRun): readonly OrchestratorAction[] {
  return run.kind === "state" ? run.actions : [];
}

/** The real host refuses a custom status before it looks at the actions, so that a big one leaves it nothing to replay. */
function checkCustomStatus(run: OrchestratorRun): {
  readonly run: OrchestratorRun;
  readonly customStatus: string | null;
} {
  if (run.kind === "fault") return { run, customStatus: null };
  const json = serializePayload(run.customStatus);
  const problem = json === null ? undefined : customStatusTooBig(json);
  if (problem !== undefined) return { run: { kind: "fault", message: problem }, customStatus: null };
  return { run, customStatus: json };
}

function endOf({ name }: ReplayOptions, run: OrchestratorRun, flow: ActionFlow, feed: Feed): EpisodeEnd {
  if (run.kind === "fault") return { kind: "failed", ...orchestratorFault(name, run.message) };
  if (!flow.isAtEnd) return { kind: "open" };
  // An error without a message is no error to the real host: the instance then waits for ever.
  if (run.error !== undefined && run.error !== "")
    return { kind: "failed", ...orchestratorFailure(name, run.error) };
  if (!run.isDone) return { kind: "open" };
  if (flow.continuedAsNew !== undefined)
    return {
      kind: "continued-as-new",
      input: flow.continuedAsNew.input,
      carriedOver: feed.leftOver,
    };
  return { kind: "completed", output: serializePayload(run.output) };
}

function failureOf(error: unknown, name: string): FailureText {
  if (error instanceof NonDeterminism) return nonDeterminismFailure(error.message);
  if (error instanceof UnsupportedAction) return orchestratorFault(name, error.message);
  throw error;
}
