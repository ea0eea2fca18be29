import type { AzureFailure } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import type { SecretVersion } from "../azure/vault.ts";
import type { StageWork } from "./at-hand.ts";
import { failedWith, needsPerson, type RotationState, type StageResult } from "./rotation.ts";
import { MARK_TAG, type RotationWork, vaultOf } from "./work.ts";

/**
 * A version, and its value unless it is disabled: then nobody can read it, and it is not enabled to be read. Values are
 * the activity's, which disposes of them.
 */
export interface SeenVersion {
  readonly is: SecretVersion;
  readonly value: Secret | null;
}

type Stopped = { readonly kind: "stopped"; readonly result: StageResult };
export type Seen = ({ readonly kind: "seen" } & SeenVersion) | Stopped;
/** `published`: what an earlier try of this rotation made of it. */
export type Doomed =
  | ({ readonly kind: "seen"; readonly published: SecretVersion | null } & SeenVersion)
  | Stopped;

/** The version whose value is to die: the newest one that this rotation has not published itself, at an earlier try. */
export async function readDoomed(work: StageWork, state: RotationState): Promise<Doomed> {
  const current = await readCurrent(work, state);
  if (current.kind === "stopped") return current;
  if (!isOurs(work, current.is)) return { ...current, published: null };
  const versions = await vaultOf(work).listVersions(work.rotation.secretName);
  if (versions.kind === "failed") return stopped(failedWith(state, versions.failure));
  const [before] = newestFirst(versions.value.filter((it) => !isOurs(work, it)));
  if (before?.version == null) return { ...current, published: null };
  const published = current.is;
  const read = await work.atHand.version(before.version);
  if (read.kind === "ok") return { kind: "seen", is: read.value.is, value: read.value.secret, published };
  return isDisabled(read.failure)
    ? { kind: "seen", is: before, value: null, published }
    : stopped(failedWith(state, read.failure));
}

/** The current version. A secret that is gone is for a person. */
export async function readCurrent(work: StageWork, state: RotationState): Promise<Seen> {
  const { secretName } = work.rotation;
  const read = await work.atHand.newest();
  if (read.kind === "ok") return { kind: "seen", is: read.value.is, value: read.value.secret };
  if (read.failure.code === "NOT_FOUND") return stopped(gone(state));
  if (!isDisabled(read.failure)) return stopped(failedWith(state, read.failure));
  const versions = await vaultOf(work).listVersions(secretName);
  if (versions.kind === "failed") return stopped(failedWith(state, versions.failure));
  const [newest] = newestFirst(versions.value);
  return newest === undefined ? stopped(gone(state)) : { kind: "seen", is: newest, value: null };
}

/** The newest enabled version's value besides this one, to see how values of the secret are built; null when there is none. */
export async function readAnother(
  work: StageWork,
  state: RotationState,
  besides: SecretVersion,
): Promise<{ readonly kind: "another"; readonly value: Secret | null } | Stopped> {
  const { secretName } = work.rotation;
  const versions = await vaultOf(work).listVersions(secretName);
  if (versions.kind === "failed") return stopped(failedWith(state, versions.failure));
  const [other] = newestFirst(
    versions.value.filter(({ enabled, version }) => enabled && version !== besides.version),
  );
  if (other?.version == null) return { kind: "another", value: null };
  const read = await work.atHand.version(other.version);
  if (read.kind === "ok") return { kind: "another", value: read.value.secret };
  return isDisabled(read.failure)
    ? { kind: "another", value: null }
    : stopped(failedWith(state, read.failure));
}

export function isOurs({ rotation }: RotationWork, { tags }: SecretVersion): boolean {
  return tags[MARK_TAG] === rotation.id;
}

/** Key Vault's own code, because a 403 can also mean that we may not. */
export function isDisabled({ azureCode }: AzureFailure): boolean {
  return azureCode === "SecretDisabled";
}

/** Key Vault lists versions in no order, and tells their time to the second. */
export function newestFirst(versions: readonly SecretVersion[]): readonly SecretVersion[] {
  return versions.toSorted((a, b) => ((a.createdOn ?? "") < (b.createdOn ?? "") ? 1 : -1));
}

/** Recovering or purging a deleted secret is not ours to decide. */
export function gone(state: RotationState): StageResult {
  return needsPerson(
    state,
    `the vault has no such secret any more; it may be deleted and recoverable${alreadyRenewed(state)}`,
    "Recover or purge the deleted secret, and rotate it again, or rotate what it held by hand",
  );
}

/** What a person has to know who goes on by hand. */
export function alreadyRenewed({ regenerated }: RotationState): string {
  return regenerated.length === 0 ? "" : `; already renewed at the provider: ${regenerated.join(", ")}`;
}

function stopped<T>(result: T): { readonly kind: "stopped"; readonly result: T } {
  return { kind: "stopped", result };
}
