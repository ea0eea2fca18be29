import { setTimeout as wait } from "node:timers/promises";
import type { Answer, AzureFailure } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import type { StageWork } from "./at-hand.ts";
import { addSecret, readHolder, removeSecret, type SecretHolder, setLock } from "./directory-secrets.ts";
import { propertiesFrom, publishVersion, validityInDays } from "./publish-version.ts";
import { failedWith, type FoundProvider, goOn, type RotationState, type StageResult } from "./rotation.ts";
import { trySignIn } from "./sign-in.ts";
import { failure, MARK_TAG, markOf, type RotationWork } from "./work.ts";

const DEFAULT_VALIDITY_IN_DAYS = 90;
const LONGEST_VALIDITY_IN_DAYS = 365;
const A_DAY_IN_MS = 86_400_000;
/** Entra's token endpoint learns of a new secret within a minute or so. */
const PAUSES_IN_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000] as const;

/**
 * Creates, proves and publishes a client secret, in one go: Entra shows it once. It carries the rotation's mark before it
 * exists anywhere else, so that one left behind by a crash is found and removed by the next try.
 */
export async function createClientSecret(
  work: StageWork,
  state: RotationState,
  found: FoundProvider,
): Promise<StageResult> {
  return unlocked(work, state, async () => {
    const { azure, rotation, journal } = work;
    const holder = await readHolder(azure, found.resourceId);
    if (holder.kind === "failed") return failedWith(state, holder.failure);
    const current = await work.atHand.newest();
    if (current.kind === "failed") return failedWith(state, current.failure);
    const { is } = current.value;
    const mark = markOf(rotation);
    const ours = holder.value.passwords.filter(({ displayName }) => displayName === mark);
    const adopted =
      is.tags[MARK_TAG] === rotation.id
        ? ours.find(({ keyId }) => keyId === is.tags["CredentialId"])
        : undefined;
    for (const orphan of ours.filter((it) => it !== adopted)) {
      const removed = await remove(work, found.resourceId, orphan.keyId, "remove-orphan");
      if (removed !== null) return failedWith(state, removed);
    }
    if (adopted !== undefined && is.version !== null) {
      const proofOfNew = "Entra lists it, and the vault has it";
      return goOn({ ...state, newVersion: is.version, newCredential: adopted.keyId, proofOfNew }, "tell");
    }
    // The leaked value dies first, whoever still uses it.
    if (rotation.mode === "incident") {
      const removed = await removeOld(work, found, holder.value);
      if (removed !== null) return failedWith(state, removed);
    }
    const days = Math.min(validityInDays(is.tags) ?? DEFAULT_VALIDITY_IN_DAYS, LONGEST_VALIDITY_IN_DAYS);
    const endDateTime = new Date(azure.now().getTime() + days * A_DAY_IN_MS).toISOString();
    await journal.intend("add-client-secret", { mark, endDateTime });
    const added = await addSecret(azure, found.resourceId, mark, endDateTime);
    if (added.kind === "failed") return failedWith(state, passing(state, added.failure));
    const { keyId } = added.value;
    using secret = added.value.secretText;
    journal.note("added-client-secret", { keyId, requestId: added.requestId });

    const proof = await proveNew(work.tenantId, holder.value.appId, secret);
    if (proof === null) {
      // Not published before it is proved; what was made must not be left behind.
      const removed = await remove(work, found.resourceId, keyId, "remove-unproved");
      return failedWith(state, removed ?? failure("UNAVAILABLE", true));
    }
    journal.note("proved-new", { by: proof, keyId });
    const made = { ...state, regenerated: [keyId] };
    const published = await publishVersion(
      work,
      made,
      secret,
      propertiesFrom(is, rotation, azure.now(), { credential: keyId, expiresOn: endDateTime }),
    );
    if (published.kind === "stopped") {
      await remove(work, found.resourceId, keyId, "remove-unpublished");
      return published.result;
    }
    return goOn({ ...made, newVersion: published.version, newCredential: keyId, proofOfNew: proof }, "tell");
  });
}

async function proveNew(tenantId: string, appId: string, secret: Secret): Promise<string | null> {
  for (const pause of PAUSES_IN_MS) {
    const seen = await trySignIn(tenantId, appId, secret);
    if (seen === "accepted") return "a token was issued for it";
    if (seen === "principal-disabled") return "Entra knows it; sign-in of its principal is disabled";
    await wait(pause);
  }
  return null;
}

/** Removes exactly the old secret. Null when it is gone. */
export async function removeOld(
  work: RotationWork,
  found: FoundProvider,
  holder: SecretHolder,
): Promise<AzureFailure | null> {
  const keyId = found.credential;
  if (keyId === null || !holder.passwords.some((it) => it.keyId === keyId)) return null;
  return remove(work, found.resourceId, keyId, "remove-old");
}

async function remove(
  { azure, journal }: RotationWork,
  path: string,
  keyId: string,
  why: string,
): Promise<AzureFailure | null> {
  await journal.intend(why, { keyId });
  const answer: Answer<unknown> = await removeSecret(azure, path, keyId);
  if (answer.kind === "failed" && answer.failure.code !== "NOT_FOUND") return answer.failure;
  journal.note("removed", { keyId });
  return null;
}

/** Just unlocked, and not every replica knows it yet: the next try may find it so. */
function passing(state: RotationState, refused: AzureFailure): AzureFailure {
  return state.lock !== null && refused.code === "PROPERTY_LOCKED"
    ? { ...refused, retryable: true }
    : refused;
}

/**
 * Does something with the application's property lock off, and puts the lock back whatever came of it. Run again after a
 * crash it does the same, so the lock is back in the end: how it was stands in the state from before it was touched.
 */
export async function unlocked(
  { azure, journal }: RotationWork,
  state: RotationState,
  act: () => Promise<StageResult>,
): Promise<StageResult> {
  const { lock } = state;
  if (lock === null) return act();
  await journal.intend("unlock", { applicationId: lock.applicationId });
  const off = await setLock(azure, lock, false);
  if (off.kind === "failed") return failedWith(state, off.failure);
  let result: StageResult;
  try {
    result = await act();
  } finally {
    await journal.intend("lock-again", { applicationId: lock.applicationId });
    const on = await setLock(azure, lock, true);
    if (on.kind === "ok") journal.note("locked-again", { applicationId: lock.applicationId });
    else result = failedWith(state, { ...on.failure, retryable: true });
  }
  return result;
}
