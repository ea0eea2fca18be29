import { setTimeout as wait } from "node:timers/promises";
import type { Answer } from "../azure/failure.ts";
import { operationOf } from "./answer.ts";
import type { StageWork } from "./at-hand.ts";
import type { PasswordProvider } from "./provider.ts";
import { propertiesFrom, publishVersion } from "./publish-version.ts";
import { randomPassword, randomValue } from "./random-value.ts";
import { failedWith, type FoundProvider, goOn, type RotationState, type StageResult } from "./rotation.ts";
import { placeIn, refill } from "./value-frame.ts";
import { failure, MARK_TAG, type RotationWork } from "./work.ts";

const OPERATION_LOOK_IN_MS = 1_000;
const MOST_OPERATION_LOOKS = 120;

/**
 * Sets a new password and publishes it, in one go: between the two only this activity knows it. A crash in between leaves
 * a password nobody knows, and the next try sets another: nothing is orphaned, because there is only ever one.
 */
export async function createPassword(
  work: StageWork,
  state: RotationState,
  found: FoundProvider,
  provider: PasswordProvider,
): Promise<StageResult> {
  const { azure, rotation, journal } = work;
  const current = await work.atHand.newest();
  if (current.kind === "failed") return failedWith(state, current.failure);
  const { secret: value, is } = current.value;
  const proofOfNew = "the server reports the change as done; signing in was not tried";
  if (is.tags[MARK_TAG] === rotation.id && is.version !== null) {
    journal.note("published", { version: is.version, again: true });
    return goOn({ ...state, newVersion: is.version, proofOfNew }, "tell");
  }
  using password = randomPassword();
  await journal.intend("set-password", { login: found.credential });
  const set = await finished(work, await provider.set(azure, found.resourceId, password));
  if (set.kind === "failed") return failedWith(state, set.failure);
  journal.note("password-set", { requestId: set.requestId });
  using next = refill(value, placeIn(value, []), password);
  const regenerated = { ...state, regenerated: ["password"] };
  const published = await publishVersion(work, regenerated, next, propertiesFrom(is, rotation, azure.now()));
  if (published.kind === "stopped") return published.result;
  return goOn(
    {
      ...regenerated,
      newVersion: published.version,
      proofOfNew,
      proofOfOld: "there is one password, and it was replaced",
    },
    "tell",
  );
}

/** The operation's end. Waited for in here, because the value must not outlive the activity. */
async function finished({ azure }: RotationWork, answer: Answer<unknown>): Promise<Answer<unknown>> {
  if (answer.kind === "failed") return answer;
  const operation = operationOf(answer);
  if (operation === null) return answer;
  for (let look = 0; look < MOST_OPERATION_LOOKS; look++) {
    const seen = await azure.arm.operation(operation);
    if (seen.kind === "failed" && !seen.failure.retryable) return seen;
    if (seen.kind === "ok" && seen.value.state === "succeeded") return seen;
    if (seen.kind === "ok" && seen.value.state === "failed")
      return {
        kind: "failed",
        failure: { ...failure("UNAVAILABLE", true), azureCode: seen.value.azureCode },
      };
    await wait(OPERATION_LOOK_IN_MS);
  }
  return { kind: "failed", failure: failure("TIMED_OUT", true) };
}

/** Makes a value up and publishes it: the vault is the only one that has to know it. */
export async function createRandom(work: StageWork, state: RotationState): Promise<StageResult> {
  const { azure, rotation, journal } = work;
  const current = await work.atHand.newest();
  if (current.kind === "failed") return failedWith(state, current.failure);
  const { is } = current.value;
  const proofOfNew = "read back from the vault";
  const proofOfOld = "nobody but readers of the vault decides by it";
  if (is.tags[MARK_TAG] === rotation.id && is.version !== null) {
    journal.note("published", { version: is.version, again: true });
    return goOn({ ...state, newVersion: is.version, proofOfNew, proofOfOld }, "tell");
  }
  using value = randomValue(is.tags);
  const published = await publishVersion(work, state, value, propertiesFrom(is, rotation, azure.now()));
  if (published.kind === "stopped") return published.result;
  return goOn({ ...state, newVersion: published.version, proofOfNew, proofOfOld }, "tell");
}
