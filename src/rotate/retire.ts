import type { SecretVersion } from "../azure/vault.ts";
import { evidenceOf } from "../steps/answers.ts";
import type { StageWork } from "./at-hand.ts";
import { passing, removeOld, removeOrphans, unlocked } from "./create-client-secret.ts";
import { regenerateAll } from "./create-keyed.ts";
import { readHolder } from "./directory-secrets.ts";
import { providerNamed } from "./providers.ts";
import { askAboutOld } from "./old-value.ts";
import {
  failedAt,
  failedWith,
  type FoundProvider,
  goOn,
  pauseAfter,
  type RotationState,
  type StageResult,
} from "./rotation.ts";
import { holderOf, type RotationWork, vaultOf } from "./work.ts";

const HOLD_IN_MS = 15 * 60_000;
const MOST_LOOKS = 12;
/** Looks at something that does not answer, when what is known otherwise is nearly as good. */
const LOOKS_WITHOUT_WORD = 4;

/**
 * Makes the old value useless: at the provider, where that has not happened yet; shows that it is refused while it can
 * still be read; then disables its version.
 */
export async function retire(work: StageWork, state: RotationState): Promise<StageResult> {
  const { found } = state;
  if (found === null) throw new TypeError("nothing was identified to retire");
  const invalidated = await invalidate(work, state, found);
  if (invalidated.kind !== "go-on" || invalidated.state.stage !== "prove") return invalidated;
  const at: RotationState = { ...invalidated.state, stage: "retire", looks: state.looks };
  const proof = await proofOfOld(work, at, found);
  if (proof.kind === "stopped") return proof.result;
  const { oldVersion, newVersion } = at;
  const known = oldVersion === null || oldVersion === newVersion ? [] : [oldVersion];
  const disabled = await disable(work, at, known);
  return disabled ?? goOn({ ...at, proofOfOld: proof.proof }, "prove");
}

async function invalidate(work: StageWork, state: RotationState, found: FoundProvider): Promise<StageResult> {
  const { azure, rotation, ledger } = work;
  const provider = providerNamed(found.provider);
  if (provider.model === "client-secret") {
    return unlocked(work, state, async () => {
      const holder = await readHolder(azure, found.resourceId);
      // The application is gone, and its secrets with it.
      if (holder.kind === "failed" && holder.failure.code === "NOT_FOUND") return goOn(state, "prove");
      if (holder.kind === "failed") return failedWith(state, holder.failure);
      // One whose making was never answered may only be listed by now.
      const removed =
        (await removeOld(work, found, holder.value)) ??
        (await removeOrphans(work, holder.value, state.newCredential));
      return removed === null
        ? goOn(state, "prove")
        : failedAt("remove old client secret", state, passing(state, removed));
    });
  }
  const isOverlapping =
    provider.model === "keyed" && rotation.mode === "hygiene" && state.newCredential !== found.credential;
  if (!isOverlapping || found.credential === null) return goOn(state, "prove");
  const held = await ledger.hold(found.resourceId, holderOf(rotation), HOLD_IN_MS);
  if (held.kind === "busy") return goOn(state, "retire", pauseAfter(state.looks));
  const done = await ledger.regenerated(found.resourceId, rotation.campaign);
  const result = await regenerateAll(work, state, provider, { due: [found.credential], done });
  if (result.kind === "stopped") return result.result;
  await ledger.release(found.resourceId, holderOf(rotation));
  return goOn(result.state, "prove");
}

type OldProof =
  | { readonly kind: "proof"; readonly proof: string | null }
  | { readonly kind: "stopped"; readonly result: StageResult };

/** The old value against the provider, while it can be read. After a crash it may not be; then what was done has to do. */
async function proofOfOld(work: StageWork, state: RotationState, found: FoundProvider): Promise<OldProof> {
  const old = await askAboutOld(work, state, found);
  switch (old.is) {
    case "refused":
      return { kind: "proof", proof: old.proof };
    case "taken":
      return later(state, null);
    case "unknown": {
      const { failure, nearest } = old;
      if (failure === null) return later(state, nearest);
      return failure.retryable || nearest === null
        ? { kind: "stopped", result: failedWith(state, failure) }
        : { kind: "proof", proof: nearest };
    }
    default:
      return old satisfies never;
  }
}

/** Looks again for a while, and then has to do with the nearest there is to a proof. */
function later(state: RotationState, nearest: string | null): OldProof {
  if (state.looks >= (nearest === null ? MOST_LOOKS : LOOKS_WITHOUT_WORD))
    return { kind: "proof", proof: nearest };
  return { kind: "stopped", result: goOn(state, "retire", pauseAfter(state.looks)) };
}

/** Null when they are disabled. */
async function disable(
  work: RotationWork,
  state: RotationState,
  versions: readonly string[],
): Promise<StageResult | null> {
  const { rotation, journal } = work;
  for (const version of versions) {
    await journal.intend("disable-version", { version });
    const disabled = await vaultOf(work).setEnabled(rotation.secretName, version, false);
    if (disabled.kind === "failed") return failedWith(state, disabled.failure);
    journal.note("disabled-version", { version });
  }
  return null;
}

/** A version that somebody published after ours is not old: what is in it is theirs. */
function othersEnabled(versions: readonly SecretVersion[], { newVersion }: RotationState): readonly string[] {
  const ours = versions.find(({ version }) => version === newVersion);
  return versions.flatMap(({ version, enabled, createdOn }) =>
    enabled && version !== null && version !== newVersion && !isAfter(createdOn, ours) ? [version] : [],
  );
}

/** To the second, as Key Vault tells it: of two in one second neither is after the other. */
function isAfter(createdOn: string | null, ours: SecretVersion | undefined): boolean {
  return ours?.createdOn != null && createdOn !== null && createdOn > ours.createdOn;
}

/** Disables what other versions are still enabled, looks with fresh reads whether all of it holds, and ends the rotation. */
export async function prove(work: RotationWork, state: RotationState): Promise<StageResult> {
  const { azure, rotation } = work;
  const list = () => vaultOf(work).listVersions(rotation.secretName);
  let versions = await list();
  if (versions.kind === "failed") return failedWith(state, versions.failure);
  const others = othersEnabled(versions.value, state);
  if (others.length > 0) {
    const stopped = await disable(work, state, others);
    if (stopped !== null) return stopped;
    versions = await list();
    if (versions.kind === "failed") return failedWith(state, versions.failure);
  }
  const open = othersEnabled(versions.value, state);
  const ours = versions.value.find(({ version }) => version === state.newVersion);
  const isPublished = state.newVersion === null || ours?.enabled === true;
  const newer =
    ours === undefined ? undefined : versions.value.find(({ createdOn }) => isAfter(createdOn, ours));
  const saw = [
    ...(open.length === 0 ? [] : [`${open.length} old versions are enabled`]),
    ...(isPublished ? [] : ["the new version is gone or disabled"]),
    ...(newer === undefined ? [] : [`somebody published ${newer.version ?? "a version"} after it`]),
    ...(state.proofOfOld === null ? ["the old value is still taken"] : []),
  ];
  return {
    kind: "over",
    state,
    ending: {
      outcome: {
        kind: "applied",
        evidence: evidenceOf(null, azure.now(), {
          provider: state.found?.provider ?? null,
          resource: state.found?.resourceId ?? null,
          published: state.newVersion ?? "nothing: its principal is cut off",
          newWorks: state.proofOfNew,
          oldRefused: state.proofOfOld,
          consumersRefreshed: state.consumers.filter((it) => it.state === "refreshed").length,
          consumersAtRisk: atRisk(state),
        }),
      },
      proof: {
        holds: saw.length === 0,
        saw:
          saw.length === 0
            ? `new: ${state.proofOfNew ?? "none is needed"}; old: ${state.proofOfOld ?? ""}`
            : saw.join("; "),
      },
    },
  };
}

/** Who may break, for a person. */
export function atRisk({ consumers }: RotationState): string | null {
  const open = consumers.filter((it) => it.state !== "refreshed");
  if (open.length === 0) return null;
  return open
    .slice(0, 20)
    .map(({ resourceId, kind, setting, state }) => `${resourceId} (${kind} ${setting}: ${state})`)
    .join(", ");
}
