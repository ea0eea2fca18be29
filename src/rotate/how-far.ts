import type { StageWork } from "./at-hand.ts";
import { removeOrphans } from "./create-client-secret.ts";
import { readHolder } from "./directory-secrets.ts";
import { askAboutOld } from "./old-value.ts";
import { providerNamed } from "./providers.ts";
import type { RotationState } from "./rotation.ts";
import { isOurs, newestFirst } from "./versions.ts";
import { type RotationWork, vaultOf } from "./work.ts";

/** How far a rotation came that does not come further: what a person has to know to go on by hand. */
export interface HowFar extends Readonly<Record<string, string | null>> {
  /** Names of keys, or a client secret's key id: what this rotation made at the provider. */
  readonly renewedAtProvider: string | null;
  /** What was asked for and never answered. */
  readonly perhaps: string | null;
  readonly published: string | null;
  readonly oldValue: string;
  readonly oldVersions: "disabled" | "enabled" | "not known";
}

/**
 * Looks, once and with fresh reads, at what is there; what cannot be read is said to be unknown. A client secret that
 * was made and not published is removed: nobody would ever use it.
 */
export async function howFar(work: StageWork, state: RotationState): Promise<HowFar> {
  const published = await publishedVersion(work, state);
  const renewed = await renewedAtProvider(work, state, published);
  const pending = state.pending === null ? null : `regenerate ${state.pending.key}`;
  return {
    renewedAtProvider: renewed,
    perhaps: state.unanswered ?? pending,
    published: published.version,
    oldValue: await oldValue(work, { ...state, newVersion: published.version }, published.oldVersions),
    oldVersions: published.oldVersions,
  };
}

interface Published {
  readonly version: string | null;
  /** The client secret in it. */
  readonly credential: string | null;
  readonly isKnown: boolean;
  readonly oldVersions: HowFar["oldVersions"];
}

async function publishedVersion(work: RotationWork, state: RotationState): Promise<Published> {
  const versions = await vaultOf(work).listVersions(work.rotation.secretName);
  if (versions.kind === "failed" || versions.value.length === 0) {
    const isGone = versions.kind === "ok" || versions.failure.code === "NOT_FOUND";
    const isKnown = isGone && state.newVersion === null && state.unanswered !== "publish";
    return { version: state.newVersion, credential: state.newCredential, isKnown, oldVersions: "not known" };
  }
  const [ours] = newestFirst(versions.value.filter((it) => isOurs(work, it)));
  return {
    version: ours?.version ?? state.newVersion,
    credential: ours?.tags["CredentialId"] ?? null,
    isKnown: true,
    oldVersions: versions.value.some((it) => it.enabled && !isOurs(work, it)) ? "enabled" : "disabled",
  };
}

async function renewedAtProvider(
  work: RotationWork,
  { found, regenerated }: RotationState,
  published: Published,
): Promise<string | null> {
  if (found?.provider === "client-secret" && published.isKnown) {
    const holder = await readHolder(work.azure, found.resourceId);
    if (holder.kind === "ok" && (await removeOrphans(work, holder.value, published.credential)) === null)
      return holder.value.passwords.find(({ keyId }) => keyId === published.credential)?.keyId ?? null;
  }
  return regenerated.join(", ") || null;
}

async function oldValue(
  work: StageWork,
  state: RotationState,
  oldVersions: HowFar["oldVersions"],
): Promise<string> {
  if (state.found === null) return "as it was";
  // Nobody but the vault decides by it, so it lives as long as it can be read.
  if (providerNamed(state.found.provider).model === "random" && oldVersions !== "disabled")
    return oldVersions === "enabled" ? "still taken" : "not known: nobody answered";
  const old = await askAboutOld(work, state, state.found);
  switch (old.is) {
    case "refused":
      return `refused: ${old.proof}`;
    case "taken":
      return "still taken";
    case "unknown":
      return old.nearest === null ? "not known: nobody answered" : `refused, as far as known: ${old.nearest}`;
    default:
      return old satisfies never;
  }
}
