import type { SecretVersion } from "../azure/vault.ts";
import { evidenceOf } from "../steps/answers.ts";
import type { StageWork } from "./at-hand.ts";
import { removeOld, unlocked } from "./create-client-secret.ts";
import { regenerateAll } from "./create-keyed.ts";
import { readHolder } from "./directory-secrets.ts";
import { providerNamed } from "./providers.ts";
import {
  failedWith,
  type FoundProvider,
  goOn,
  pauseAfter,
  type RotationState,
  type StageResult,
} from "./rotation.ts";
import { sameSecret } from "./secret-text.ts";
import { trySignIn } from "./sign-in.ts";
import { standingAt } from "./value-frame.ts";
import { type RotationWork, vaultOf } from "./work.ts";

const HOLD_IN_MS = 15 * 60_000;
const MOST_LOOKS = 12;

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
      const removed = await removeOld(work, found, holder.value);
      return removed === null ? goOn(state, "prove") : failedWith(state, removed);
    });
  }
  const isOverlapping =
    provider.model === "keyed" && rotation.mode === "hygiene" && state.newCredential !== found.credential;
  if (!isOverlapping || found.credential === null) return goOn(state, "prove");
  const held = await ledger.hold(found.resourceId, rotation.id, HOLD_IN_MS);
  if (held.kind === "busy") return goOn(state, "retire", pauseAfter(state.looks));
  const done = await ledger.regenerated(found.resourceId, rotation.campaign);
  const result = await regenerateAll(work, state, provider, { due: [found.credential], done });
  if (result.kind === "stopped") return result.result;
  await ledger.release(found.resourceId, rotation.id);
  return goOn(result.state, "prove");
}

type OldProof =
  | { readonly kind: "proof"; readonly proof: string | null }
  | { readonly kind: "stopped"; readonly result: StageResult };

/** The old value against the provider, while it can be read. After a crash it may not be; then what was done has to do. */
async function proofOfOld(work: StageWork, state: RotationState, found: FoundProvider): Promise<OldProof> {
  const { azure, atHand, journal } = work;
  if (state.proofOfOld !== null) return { kind: "proof", proof: state.proofOfOld };
  const provider = providerNamed(found.provider);
  if (provider.model === "random" || provider.model === "password")
    return { kind: "proof", proof: "it was replaced by the new one" };
  const old = state.oldVersion === null ? null : await atHand.version(state.oldVersion);
  if (old?.kind === "failed" && old.failure.retryable) {
    return { kind: "stopped", result: failedWith(state, old.failure) };
  }
  if (old?.kind !== "ok") {
    return {
      kind: "proof",
      proof:
        provider.model === "keyed"
          ? `${found.credential ?? "it"} was regenerated`
          : "Entra does not list it any more",
    };
  }
  const value = old.value.secret;
  if (provider.model === "keyed") {
    const listed = await atHand.keys(provider, found.resourceId);
    if (listed.kind === "failed") {
      return { kind: "stopped", result: failedWith(state, listed.failure) };
    }
    using credential = standingAt(value, state.place ?? { from: 0, to: value.reveal().length });
    const isListed = listed.value.some((key) => sameSecret(key.value, credential));
    journal.note("proved-old", { listed: isListed });
    return { kind: "proof", proof: isListed ? null : "the provider lists it no more" };
  }
  const holder = await readHolder(azure, found.resourceId);
  if (holder.kind === "failed") return { kind: "proof", proof: "its application is gone" };
  if (holder.value.passwords.some(({ keyId }) => keyId === found.credential)) {
    return later(state);
  }
  const seen = await trySignIn(work.tenantId, holder.value.appId, value);
  journal.note("proved-old", { signIn: seen });
  // Entra's token endpoint takes a removed secret for a minute or so.
  if (seen === "accepted") return later(state);
  return {
    kind: "proof",
    proof:
      seen === "refused"
        ? "Entra refuses it"
        : seen === "principal-disabled"
          ? "Entra lists it no more; sign-in of its principal is disabled"
          : "Entra lists it no more",
  };
}

function later(state: RotationState): OldProof {
  if (state.looks >= MOST_LOOKS) return { kind: "proof", proof: null };
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

function othersEnabled(versions: readonly SecretVersion[], { newVersion }: RotationState): readonly string[] {
  return versions.flatMap(({ version, enabled }) =>
    enabled && version !== null && version !== newVersion ? [version] : [],
  );
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
  const published =
    state.newVersion === null || versions.value.some(({ version }) => version === state.newVersion);
  const holds = open.length === 0 && published && state.proofOfOld !== null;
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
        holds,
        saw: holds
          ? "the new one works and the old one is refused"
          : `${open.length} old versions are enabled; the old value is ${state.proofOfOld === null ? "still taken" : "refused"}`,
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
