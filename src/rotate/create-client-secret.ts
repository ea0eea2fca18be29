import { setTimeout as wait } from "node:timers/promises";
import type { Answer, AzureFailure } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import type { StageWork } from "./at-hand.ts";
import type { SecretVersion } from "../azure/vault.ts";
import { addSecret, readHolder, removeSecret, type SecretHolder, setLock } from "./directory-secrets.ts";
import { type Base, seeBase } from "./next-value.ts";
import { propertiesFrom, publishVersion, validityInDays } from "./publish-version.ts";
import {
  failedAt,
  failedWith,
  type FoundProvider,
  goOn,
  type RotationState,
  type StageResult,
} from "./rotation.ts";
import { trySignIn } from "./sign-in.ts";
import { placeOfEntraSecret } from "./value-frame.ts";
import { isOurs } from "./versions.ts";
import { failure, markOf, type RotationWork, triesOf } from "./work.ts";

const DEFAULT_VALIDITY_IN_DAYS = 90;
const LONGEST_VALIDITY_IN_DAYS = 365;
const A_DAY_IN_MS = 86_400_000;
/** Entra's token endpoint learns of a new secret within a minute or so. */
const MOST_UNHEARD = 4;
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
    const { azure, rotation } = work;
    const holder = await readHolder(azure, found.resourceId);
    if (holder.kind === "failed") return failedWith(state, holder.failure);
    const seen = await seeBase(work, state, (value, is) =>
      is.version === state.oldVersion && state.place !== null ? state.place : placeOfEntraSecret(value),
    );
    if (seen.kind === "stopped") return seen.result;
    const { base } = seen;
    const published = publishedBefore(work, holder.value, base.is);
    const orphans = await removeOrphans(work, holder.value, published?.keyId ?? null);
    if (orphans !== null) return failedWith(state, passing(state, orphans));
    if (published !== null) {
      const proofOfNew = "Entra lists it, and the vault has it";
      const { version, keyId } = published;
      return goOn(
        { ...state, regenerated: [keyId], newVersion: version, newCredential: keyId, proofOfNew },
        "tell",
      );
    }
    // The leaked value dies first, whoever still uses it.
    if (rotation.mode === "incident") {
      const removed = await removeOld(work, found, holder.value);
      if (removed !== null) return failedAt("remove old client secret", state, passing(state, removed));
    }
    return await add(work, state, found, { appId: holder.value.appId, base });
  });
}

/** What an earlier try of this rotation published, if Entra still has it. */
function publishedBefore(
  work: RotationWork,
  { passwords }: SecretHolder,
  is: SecretVersion,
): { readonly keyId: string; readonly version: string } | null {
  if (!isOurs(work, is) || !is.enabled || is.version === null) return null;
  const ours = passwords.find(
    ({ keyId, displayName }) => displayName === markOf(work.rotation) && keyId === is.tags["CredentialId"],
  );
  return ours === undefined ? null : { keyId: ours.keyId, version: is.version };
}

/** Removes client secrets that this rotation made and did not publish. Null when there are none left. */
export async function removeOrphans(
  work: RotationWork,
  { path, passwords }: SecretHolder,
  published: string | null,
): Promise<AzureFailure | null> {
  const mark = markOf(work.rotation);
  for (const { keyId, displayName } of passwords) {
    if (displayName !== mark || keyId === published) continue;
    const removed = await remove(work, path, keyId, "remove-orphan");
    if (removed !== null) return removed;
  }
  return null;
}

async function add(
  work: StageWork,
  state: RotationState,
  found: FoundProvider,
  { appId, base }: { readonly appId: string; readonly base: Base },
): Promise<StageResult> {
  const { azure, rotation, journal } = work;
  const mark = markOf(rotation);
  const days = Math.min(validityInDays(base.is.tags) ?? DEFAULT_VALIDITY_IN_DAYS, LONGEST_VALIDITY_IN_DAYS);
  const endDateTime = new Date(azure.now().getTime() + days * A_DAY_IN_MS).toISOString();
  await journal.intend("add-client-secret", { mark, endDateTime });
  const added = await addSecret(azure, found.resourceId, mark, endDateTime);
  if (added.kind === "failed") return failedAt("add client secret", state, passing(state, added.failure));
  const { keyId } = added.value;
  using secret = added.value.secretText;
  journal.note("added-client-secret", { keyId, requestId: added.requestId });

  const made = { ...state, regenerated: [keyId] };
  const proof = work.signIn
    ? await proveNew(work, appId, secret)
    : "Entra issued it; signing in was not tried, as the policy says";
  if (proof === null) {
    // Not published before it is proved; what was made must not be left behind.
    const kept = await remove(work, found.resourceId, keyId, "remove-unproved");
    return kept === null ? failedWith(state, failure("UNAVAILABLE", true)) : failedWith(made, kept);
  }
  journal.note("proved-new", { by: proof, keyId });
  using next = base.with(secret);
  const published = await publishVersion(
    work,
    made,
    next,
    propertiesFrom(base.is, rotation, azure.now(), {
      credential: keyId,
      provider: found.resourceId,
      expiresOn: endDateTime,
    }),
  );
  if (published.kind === "published")
    return goOn({ ...made, newVersion: published.version, newCredential: keyId, proofOfNew: proof }, "tell");
  // It may be in the vault: whether it is to stay is seen at the next try, or when giving up.
  const { state: left } = published.result;
  if (left.unanswered !== null || left.newVersion !== null) return published.result;
  const kept = await remove(work, found.resourceId, keyId, "remove-unpublished");
  return kept === null ? { ...published.result, state: { ...left, regenerated: [] } } : published.result;
}

async function proveNew(work: RotationWork, appId: string, secret: Secret): Promise<string | null> {
  let unheard = 0;
  for (const pause of PAUSES_IN_MS) {
    const { is } = await trySignIn(work.tenantId, appId, secret, triesOf(work));
    if (is === "accepted") return "a token was issued for it";
    if (is === "principal-disabled") return "Entra knows it; sign-in of its principal is disabled";
    // Entra itself is away, which takes longer than an activity should wait.
    unheard = is === "unknown" ? unheard + 1 : 0;
    if (unheard === MOST_UNHEARD) return null;
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
export function passing(state: RotationState, refused: AzureFailure): AzureFailure {
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
  // Written down with it: should all of us be gone for good, a person can put it back.
  const configuration = JSON.stringify(lock.configuration);
  await journal.intend("unlock", { applicationId: lock.applicationId, configuration });
  const off = await setLock(azure, lock, false);
  if (off.kind === "failed") return failedWith(state, off.failure);
  let result: StageResult | null = null;
  try {
    result = await act();
  } finally {
    await journal.intend("lock-again", { applicationId: lock.applicationId });
    const on = await setLock(azure, lock, true);
    if (on.kind === "ok") journal.note("locked-again", { applicationId: lock.applicationId });
    else {
      // The stage is done again, and finds done what is done.
      const { stage, looks } = state;
      const reached = { ...(result?.state ?? state), stage, looks };
      result = failedWith(reached, { ...on.failure, retryable: true });
    }
  }
  return result;
}
