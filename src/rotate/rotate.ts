import type { FailureCode } from "../case/outcome.ts";
import type { AzureFailure } from "../azure/failure.ts";
import { openAtHand, type StageWork } from "./at-hand.ts";
import { evidenceOf } from "../steps/answers.ts";
import { tellConsumers } from "./consumers.ts";
import { create } from "./create.ts";
import { publishKeyed } from "./create-keyed.ts";
import { setLock } from "./directory-secrets.ts";
import { howFar } from "./how-far.ts";
import { heldByAnother, HOLD_IN_MS, identify, keepIdentified } from "./identify.ts";
import { providerNamed } from "./providers.ts";
import { prove, retire } from "./retire.ts";
import { type Ending, goOn, type RotationState, type StageResult } from "./rotation.ts";
import { holderOf, type RotationWork, secretId } from "./work.ts";

/** Well under a function's ten minutes, whatever the last stage still takes. */
const LONGEST_IN_MS = 120_000;

/**
 * Takes a rotation from stage to stage until it is over, fails or has to wait. Run again with the same state, after a
 * crash anywhere in it, it comes to the same end: every stage looks at what is there before it makes anything, and what
 * was identified before the first change is kept, because it cannot be found out afterwards.
 */
export async function performStages(work: RotationWork, from: RotationState): Promise<StageResult> {
  using atHand = openAtHand(work);
  const began = performance.now();
  let state = from;
  for (;;) {
    work.journal.enter(state);
    const result = await stage({ ...work, atHand }, state);
    if (result.kind !== "go-on" || result.waitInMs > 0) return result;
    if (performance.now() - began > LONGEST_IN_MS) return result;
    if (state.stage === "identify") await keepIdentified(work, result.state);
    ({ state } = result);
  }
}

function stage(work: StageWork, state: RotationState): Promise<StageResult> {
  switch (state.stage) {
    case "identify":
      return identify(work, state);
    case "create":
      return create(work, state);
    case "publish": {
      const { found } = state;
      const provider = found === null ? null : providerNamed(found.provider);
      if (found === null || provider?.model !== "keyed")
        throw new TypeError("only keys are published in a stage of their own");
      return publishKeyed(work, state, found, provider);
    }
    case "tell":
      return tellConsumers(work, state);
    case "overlap":
      return rest(work, state);
    case "retire":
      return afterRest(work, state);
    case "prove":
      return prove(work, state);
    default:
      return state.stage satisfies never;
  }
}

/** The waiting itself is the orchestrator's. Meanwhile an incident may take the secret over. */
async function rest({ ledger, rotation }: StageWork, state: RotationState): Promise<StageResult> {
  await ledger.wait(secretId(rotation), holderOf(rotation));
  return goOn(state, "retire", rotation.overlapInMs);
}

async function afterRest(work: StageWork, state: RotationState): Promise<StageResult> {
  const { ledger, rotation } = work;
  if (rotation.mode === "hygiene") {
    const held = await ledger.hold(secretId(rotation), holderOf(rotation), HOLD_IN_MS);
    if (held.kind === "busy") return heldByAnother(work, state, held.by);
  }
  return retire(work, state);
}

/** Ends a rotation that cannot go on: what it took hold of is let go, and exactly how far it came is said. */
export async function giveUp(work: RotationWork, state: RotationState, why: AzureFailure): Promise<Ending> {
  using atHand = openAtHand(work);
  const left = await howFar({ ...work, atHand }, state);
  const isLockBack = await letGo(work, state);
  return {
    outcome: {
      kind: "failed",
      code: outcomeCode(why.code),
      status: why.status,
      azureCode: why.azureCode,
      // Everything within this plan was tried; rotating again goes on from what is there.
      retryable: false,
      retryAfterInMs: null,
      evidence: evidenceOf(why.requestId, work.azure.now(), {
        stoppedAt: state.stage,
        resource: state.found?.resourceId ?? null,
        ...left,
        ...(isLockBack ? {} : { propertyLock: "could not be put back: the record has how it was" }),
      }),
    },
    proof: null,
  };
}

/**
 * Lets go of what a rotation holds; false when a lock that was taken off could not be put back. Limits: to be called once
 * its end is on record, or a crash in between begins it anew.
 */
export async function letGo(
  { azure, ledger, rotation }: RotationWork,
  state: RotationState,
): Promise<boolean> {
  await ledger.release(secretId(rotation), holderOf(rotation));
  const mayHoldResource = state.stage === "create" || state.stage === "retire";
  if (state.found !== null && mayHoldResource)
    await ledger.release(state.found.resourceId, holderOf(rotation));
  if (state.lock === null) return true;
  // Put back by whoever took it off; this is for an activity that died in between and whose rotation then ended.
  return (await setLock(azure, state.lock, true)).kind === "ok";
}

function outcomeCode(code: AzureFailure["code"]): FailureCode {
  switch (code) {
    case "NOT_FOUND":
    case "ALREADY_EXISTS":
      return "CHANGED_SINCE_PLANNED";
    case "NOT_UNDERSTOOD":
      return "UNEXPECTED";
    default:
      return code;
  }
}
