import type { OrchestrationContext, Task } from "durable-functions";
import { BEGINNING, type RotationState } from "../rotate/rotation.ts";
import { call, type Flow, type Payload, sleep } from "./flow.ts";
import { ended, type EndedBeside } from "./proof-flow.ts";
import {
  type BatchInput,
  giveUpRotation,
  prepareRotations,
  readRotationBatch,
  type RotationRef,
  type RotationsRef,
  rotateStage,
  type StageDone,
  type StageFailure,
} from "./rotation-activities.ts";

/** Names the orchestrations are registered under. */
export const ROTATION_BATCH_FLOW = "rotation-batch";
export const ROTATION_FLOW = "rotation";

/** Bounds a rotation's history: about a kilobyte a call. */
const MOST_CALLS = 250;
const MOST_TRIES = 8;
const SHORTEST_RETRY_IN_MS = 1_000;
const LONGEST_RETRY_IN_MS = 300_000;

/** All rotations of a selection, as an orchestration beside the case's own. */
export function* rotationsFlow(context: OrchestrationContext): Flow<EndedBeside> {
  return yield* ended(rotateAll(context, context.df.getInput()));
}

/** Batches of at most a hundred, strongest evidence first, no faster than Azure allows. */
function* rotateAll(context: OrchestrationContext, rotations: RotationsRef): Flow<void> {
  const { leastInMs, sideBySide } = yield* call(context, prepareRotations, rotations);
  const start = (batch: number, afterInMs: number) =>
    subOrchestration(
      context,
      ROTATION_BATCH_FLOW,
      { ...rotations, batch, afterInMs } satisfies BatchInput,
      `${rotations.caseId}:rotations:${rotations.planDigest.slice(0, 16)}:${rotations.selection}:${batch}`,
    );
  if (sideBySide) {
    let afterInMs = 0;
    const tasks = leastInMs.map((least, batch) => {
      const task = start(batch, afterInMs);
      afterInMs += least;
      return task;
    });
    if (tasks.length > 0) yield context.df.Task.all(tasks);
    return;
  }
  for (const [batch, least] of leastInMs.entries()) {
    const began = context.df.currentUtcDateTime.getTime();
    yield start(batch, 0);
    const leftInMs = began + least - context.df.currentUtcDateTime.getTime();
    if (batch < leastInMs.length - 1 && leftInMs > 0) yield* sleep(context, leftInMs);
  }
}

export function* rotationBatchFlow(context: OrchestrationContext): Flow<object> {
  const input: BatchInput = context.df.getInput();
  if (input.afterInMs > 0) yield* sleep(context, input.afterInMs);
  const { stepIds } = yield* call(context, readRotationBatch, input);
  const { caseId, planDigest, selection } = input;
  const tasks = stepIds.map((stepId) =>
    subOrchestration(
      context,
      ROTATION_FLOW,
      { caseId, planDigest, selection, stepId } satisfies RotationRef,
      `${caseId}:rotation:${planDigest.slice(0, 16)}:${stepId}`,
    ),
  );
  if (tasks.length > 0) yield context.df.Task.all(tasks);
  return { rotations: stepIds.length };
}

/** One secret, stage by stage, waiting out what has to be waited for. Its outcome is in the record. */
export function* rotationFlow(context: OrchestrationContext): Flow<object> {
  const rotation: RotationRef = context.df.getInput();
  let state: RotationState = BEGINNING;
  let failure: StageFailure = UNEXPECTED;
  let tries = 0;
  let calls = 0;
  while (calls < MOST_CALLS && tries < MOST_TRIES) {
    calls += 1;
    let done: StageDone;
    try {
      done = yield* call(context, rotateStage, { ...rotation, state, call: calls });
    } catch {
      // An activity that throws met something it has no value for; a few more tries, then a person has to look.
      done = { kind: "failed", state, failure: UNEXPECTED };
    }
    if (done.kind === "over") return { calls };
    state = done.state;
    if (done.kind === "go-on") {
      tries = 0;
      if (done.waitInMs > 0) yield* sleep(context, done.waitInMs);
      continue;
    }
    tries += 1;
    ({ failure } = done);
    if (!failure.retryable) break;
    const backOffInMs = SHORTEST_RETRY_IN_MS * 2 ** (tries - 1);
    yield* sleep(context, Math.min(Math.max(failure.retryAfterInMs ?? 0, backOffInMs), LONGEST_RETRY_IN_MS));
  }
  yield* call(context, giveUpRotation, { ...rotation, state, call: calls + 1, failure });
  return { calls };
}

const UNEXPECTED: StageFailure = {
  code: "UNEXPECTED",
  status: null,
  azureCode: null,
  retryable: true,
  retryAfterInMs: null,
  requestId: null,
};

function subOrchestration(
  context: OrchestrationContext,
  name: string,
  input: Payload,
  instanceId: string,
): Task {
  return context.df.callSubOrchestrator(name, input, instanceId);
}
