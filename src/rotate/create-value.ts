import { setTimeout as wait } from "node:timers/promises";
import type { Answer } from "../azure/failure.ts";
import { operationOf } from "./answer.ts";
import type { StageWork } from "./at-hand.ts";
import type { PasswordProvider } from "./provider.ts";
import { seeBase } from "./next-value.ts";
import { propertiesFrom, publishVersion } from "./publish-version.ts";
import { randomPassword, randomValue } from "./random-value.ts";
import {
  failedAt,
  failedWith,
  type FoundProvider,
  goOn,
  type RotationState,
  type StageResult,
} from "./rotation.ts";
import { placeIn } from "./value-frame.ts";
import { isOurs, readCurrent } from "./versions.ts";
import { failure, type RotationWork } from "./work.ts";

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
  // Seen before the password is set: one that cannot be published must not be set.
  const seen = await seeBase(work, state, (value, is) =>
    is.version === state.oldVersion && state.place !== null ? state.place : placeIn(value, []),
  );
  if (seen.kind === "stopped") return seen.result;
  const { base } = seen;
  const done = { ...state, regenerated: ["password"], proofOfNew: NOT_PROVED };
  if (isOurs(work, base.is) && base.is.enabled && base.is.version !== null) {
    journal.note("published", { version: base.is.version, again: true });
    return goOn({ ...done, newVersion: base.is.version }, "tell");
  }
  using password = randomPassword();
  await journal.intend("set-password", { login: found.credential });
  const asked = await provider.set(azure, found.resourceId, password);
  if (asked.kind === "failed") return failedAt("set password", state, asked.failure);
  const set = await finished(work, asked);
  // Begun, and not seen to end: it may end yet.
  if (set.kind === "failed") return failedWith({ ...state, unanswered: "set password" }, set.failure);
  journal.note("password-set", { requestId: set.requestId });
  using next = base.with(password);
  const properties = propertiesFrom(base.is, rotation, azure.now(), { provider: found.resourceId });
  const published = await publishVersion(work, done, next, properties);
  if (published.kind === "stopped") return published.result;
  return goOn({ ...done, newVersion: published.version }, "tell");
}

/** Azure has no read that would show it, and signing in to a database is not ours to try. */
export const NOT_PROVED = "not proved, taken from the operation: the server reports the change as done";

/** The operation's end. Waited for in here, because the value must not outlive the activity. */
async function finished(
  { azure }: RotationWork,
  answer: Extract<Answer<unknown>, { readonly kind: "ok" }>,
): Promise<Answer<unknown>> {
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
  const current = await readCurrent(work, state);
  if (current.kind === "stopped") return current.result;
  const { is } = current;
  const known = { ...state, proofOfNew: "read back from the vault" };
  if (isOurs(work, is) && is.enabled && is.version !== null) {
    journal.note("published", { version: is.version, again: true });
    return goOn({ ...known, newVersion: is.version }, "tell");
  }
  using value = randomValue(is.tags);
  const published = await publishVersion(work, state, value, propertiesFrom(is, rotation, azure.now()));
  if (published.kind === "stopped") return published.result;
  return goOn({ ...known, newVersion: published.version }, "tell");
}
