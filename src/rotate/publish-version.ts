import type { AzureFailure } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import type { NewVersion, SecretVersion } from "../azure/vault.ts";
import type { StageWork } from "./at-hand.ts";
import type { Rotation, RotationState, StageResult } from "./rotation.ts";
import { failedAt, failedWith, needsPerson } from "./rotation.ts";
import { sameSecret } from "./secret-text.ts";
import { alreadyRenewed } from "./versions.ts";
import { failure, MARK_TAG, vaultOf } from "./work.ts";

const A_DAY_IN_MS = 86_400_000;
/** Key Vault's own limit. */
const MOST_TAGS = 15;

/** What the new version carries: everything the old one did, with a lifetime of its own and our mark. Pure. */
export function propertiesFrom(
  old: SecretVersion,
  rotation: Pick<Rotation, "id" | "mode">,
  now: Date,
  changes: {
    readonly credential?: string | null;
    readonly provider?: string;
    readonly expiresOn?: string;
  } = {},
): NewVersion {
  const tags: Record<string, string> = { ...old.tags };
  const { credential, provider } = changes;
  // Found by its value once, it is found by its tag from then on.
  if (
    provider !== undefined &&
    tags["ProviderAddress"] === undefined &&
    Object.keys(tags).length < MOST_TAGS - 2
  )
    tags["ProviderAddress"] = provider;
  if (credential != null && (tags["CredentialId"] !== undefined || Object.keys(tags).length < MOST_TAGS - 1))
    tags["CredentialId"] = credential;
  // A secret with all its tags taken keeps them; the mark is for retries, and those then compare values.
  if (tags[MARK_TAG] !== undefined || Object.keys(tags).length < MOST_TAGS) tags[MARK_TAG] = rotation.id;
  return {
    contentType: old.contentType,
    tags,
    expiresOn: expiryOf(old, rotation.mode, now, changes.expiresOn),
    notBefore: old.notBefore,
    // A disabled one is only rotated in an incident, and then its users need the new one.
    enabled: true,
  };
}

/** An expiry that is still ahead stays in an incident; else the new version lives as long as the old one did. */
function expiryOf(
  { expiresOn, createdOn, tags }: SecretVersion,
  mode: Rotation["mode"],
  now: Date,
  given: string | undefined,
): string | null {
  const days = validityInDays(tags);
  // What ends at its issuer has to say so: an expiry is what brings about its next rotation.
  if (given !== undefined) return given;
  if (days !== null) return new Date(now.getTime() + days * A_DAY_IN_MS).toISOString();
  if (expiresOn === null) return null;
  const end = Date.parse(expiresOn);
  if (mode === "incident" && end > now.getTime() + A_DAY_IN_MS) return expiresOn;
  const livedInMs = createdOn === null ? 90 * A_DAY_IN_MS : end - Date.parse(createdOn);
  return new Date(now.getTime() + Math.max(livedInMs, A_DAY_IN_MS)).toISOString();
}

/** The tag of the published rotation samples; null when absent or not a number of days. */
export function validityInDays(tags: Readonly<Record<string, string>>): number | null {
  const days = Number(tags["ValidityPeriodDays"] ?? "");
  return Number.isFinite(days) && days > 0 ? days : null;
}

export type Published =
  | { readonly kind: "published"; readonly version: string }
  | { readonly kind: "stopped"; readonly result: StageResult };

/** Publishes a value as the current version and reads it back: what was stored is what was meant. */
export async function publishVersion(
  work: StageWork,
  state: RotationState,
  value: Secret,
  properties: NewVersion,
): Promise<Published> {
  const { rotation, journal } = work;
  const vault = vaultOf(work);
  await journal.intend("publish", { credential: properties.tags["CredentialId"] ?? null });
  const published = await vault.publish(rotation.secretName, value, properties);
  work.atHand.forgetNewest();
  if (published.kind === "failed")
    return { kind: "stopped", result: refusedByVault(state, published.failure) };
  const version = published.value.version;
  if (version === null)
    return { kind: "stopped", result: failedWith(state, failure("NOT_UNDERSTOOD", false)) };
  journal.note("published", { version });
  const back = await vault.read(rotation.secretName, version);
  if (back.kind === "failed")
    return { kind: "stopped", result: failedWith({ ...state, newVersion: version }, back.failure) };
  using stored = back.value.secret;
  if (!sameSecret(stored, value))
    return { kind: "stopped", result: failedWith(state, failure("UNEXPECTED", false)) };
  journal.note("read-back", { version });
  return { kind: "published", version };
}

/** A name that a deleted secret still holds is for a person: recovering or purging it is not ours to decide. */
function refusedByVault(state: RotationState, refused: AzureFailure): StageResult {
  if (refused.code !== "CONFLICT") return failedAt("publish", state, refused);
  return needsPerson(
    state,
    `the vault refuses a new version (${refused.azureCode ?? "conflict"}): a deleted secret of this name is in the way${alreadyRenewed(state)}`,
    "Recover or purge the deleted secret, then rotate it again",
  );
}
