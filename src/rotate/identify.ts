import { Secret } from "../azure/secret.ts";
import type { SecretVersion } from "../azure/vault.ts";
import { evidenceOf } from "../steps/answers.ts";
import type { StageWork } from "./at-hand.ts";
import { readHolder, readLock } from "./directory-secrets.ts";
import { findByValue } from "./find-by-value.ts";
import { findByContentType, findBySuspects, findByTags } from "./find-provider.ts";
import { providerNamed, providerOf } from "./providers.ts";
import {
  failedWith,
  type FoundProvider,
  goOn,
  needsPerson,
  type Place,
  type Rotation,
  type RotationState,
  type StageResult,
} from "./rotation.ts";
import { holds } from "./secret-text.ts";
import type { Search } from "./search.ts";
import { spelled } from "./spelling.ts";
import { unclear } from "./next-value.ts";
import { placeIn, placeOfEntraSecret, standingAt } from "./value-frame.ts";
import { type Doomed, readDoomed } from "./versions.ts";
import { holderOf, type RotationWork, secretId } from "./work.ts";

/** Longer than any rotation takes besides its overlap: a hold outlives its holder only after a disaster. */
export const HOLD_IN_MS = 6 * 3_600_000;
/** Stands for a value that cannot be read, where only tags are looked at. */
const NOTHING = new Secret("");

/**
 * Finds out who issued the value: by tags, then by content type, then by the value itself, which stays in here. Holds the
 * secret for this rotation: of two at once, one goes on and the other says which.
 */
export async function identify(work: StageWork, state: RotationState): Promise<StageResult> {
  const { rotation, ledger } = work;
  const held = await ledger.hold(
    secretId(rotation),
    holderOf(rotation),
    HOLD_IN_MS + rotation.overlapInMs,
    // A leaked value does not live on because somebody's overlap is not over yet.
    rotation.mode === "incident",
  );
  if (held.kind === "busy") return heldByAnother(work, state, held.by);
  const identified = held.kept === null ? null : identifiedIn(held.kept, rotation);
  if (identified !== null) return { kind: "go-on", state: identified, waitInMs: 0 };
  const doomed = await readDoomed(work, state);
  return doomed.kind === "stopped" ? doomed.result : identifyDoomed(work, state, doomed);
}

async function identifyDoomed(
  work: StageWork,
  state: RotationState,
  { is, value, published }: Extract<Doomed, { readonly kind: "seen" }>,
): Promise<StageResult> {
  const { rotation, journal } = work;
  if (is.managed) {
    return needsPerson(
      state,
      "a certificate keeps its key in this secret: it is never overwritten",
      "Rotate the certificate of the same name in Key Vault (a new version), and revoke the old one at its issuer",
    );
  }
  if (value === null && published === null && rotation.mode === "hygiene") {
    return needsPerson(
      state,
      "its current version is disabled: nobody uses it, or somebody took it out of use",
      "Enable the version and rotate it again, or rotate it by hand at whoever issued it",
    );
  }
  // What was published says whose it is where the old version, which nobody can read, does not.
  const tagged =
    value === null ? { ...is, tags: { ...providerTags(published, rotation.mode), ...is.tags } } : is;
  const search = await findProvider(work, tagged, value);
  if (search.kind === "failed") return failedWith(state, search.failure);
  if (search.kind === "unknown") {
    const tried = search.tried.join("; ");
    journal.note("issuer-unknown", { tried });
    return needsPerson(
      state,
      `nobody is known who issued it: ${tried}`,
      `Rotate ${rotation.secretName} where it was issued and publish it as a new version, or tag it with ProviderAddress and CredentialId and have it rotated again, or disable its version ${is.version ?? ""}`,
    );
  }
  const { found } = search;
  const located = await locate(work, { ...state, oldVersion: is.version }, found, value);
  if (located.kind !== "go-on") return located;
  const refused = work.guard([found.resourceId, ...search.ids]);
  if (refused !== null) {
    return {
      kind: "over",
      state: located.state,
      ending: { outcome: { kind: "refused", ...refused }, proof: null },
    };
  }
  journal.note("identified", {
    by: found.foundBy,
    resource: found.resourceId,
    credential: located.state.found?.credential ?? null,
  });
  return located;
}

/** Kept with the hold of the secret: once keys are regenerated, nobody can tell any more which one was in it. */
export async function keepIdentified(
  { ledger, rotation }: RotationWork,
  state: RotationState,
): Promise<void> {
  const note: Identified = { campaign: rotation.campaign, state };
  await ledger.keep(secretId(rotation), holderOf(rotation), JSON.stringify(note));
}

interface Identified {
  readonly campaign: string;
  readonly state: RotationState;
}

/** Another case looks anew. */
function identifiedIn(note: string, { campaign }: Rotation): RotationState | null {
  const identified: Identified = JSON.parse(note);
  return identified.campaign === campaign ? identified.state : null;
}

/** Whose the old value was, from what the rotation wrote on the new version. */
function providerTags(
  published: SecretVersion | null,
  mode: Rotation["mode"],
): Readonly<Record<string, string>> {
  const address = published?.tags["ProviderAddress"];
  const made = published?.tags["CredentialId"];
  if (address === undefined) return {};
  const provider = providerOf(address);
  if (made === undefined || provider?.model !== "keyed") return { ProviderAddress: address };
  const before = mode === "hygiene" ? (provider.alternate(made) ?? made) : made;
  return { ProviderAddress: address, CredentialId: before };
}

/** A leaked value that somebody disabled in a hurry still works at its provider: tags and content type say whose it is. */
async function findProvider(work: RotationWork, is: SecretVersion, value: Secret | null): Promise<Search> {
  const tried: string[] =
    value === null ? ["its current version is disabled, so its value cannot be read"] : [];
  const finders =
    value === null
      ? [findByTags, findByContentType]
      : [findByTags, findByContentType, findBySuspects, findByValue];
  for (const find of finders) {
    const search = await find(work, is, value ?? NOTHING);
    if (search.kind !== "unknown") return search;
    tried.push(...search.tried);
  }
  return { kind: "unknown", tried };
}

/** Which of the issuer's credentials it is, and where in the value it stands: known before anything is changed. */
async function locate(
  work: StageWork,
  state: RotationState,
  found: FoundProvider,
  value: Secret | null,
): Promise<StageResult> {
  const provider = providerNamed(found.provider);
  const known: RotationState = { ...state, found };
  switch (provider.model) {
    case "keyed": {
      const listed = await work.atHand.keys(provider, found.resourceId);
      if (listed.kind === "failed") return failedWith(state, listed.failure);
      const same = value === null ? undefined : listed.value.find((key) => holds(value, key.value));
      const tagged = found.credential === null ? null : spelled(provider, found.credential);
      const [only] = provider.names.length === 1 ? provider.names : [];
      const credential = same?.name ?? tagged ?? only ?? null;
      const place = value === null ? null : placeIn(value, same === undefined ? [] : [same.value]);
      if (credential === null) {
        return needsPerson(
          known,
          `${found.resourceId} lists no key that is in the secret, and no tag names one`,
          "Set the tag CredentialId to the name of the key, or rotate by hand",
        );
      }
      if (value !== null && place === null) return unclear(work, known);
      return goOn({ ...known, found: { ...found, credential }, place }, "create");
    }
    case "client-secret":
      return locateClientSecret(work, known, found, value);
    case "password": {
      const place = value === null ? null : placeIn(value, []);
      return value !== null && place === null ? unclear(work, known) : goOn({ ...known, place }, "create");
    }
    case "random":
      return goOn(known, "create");
    default:
      return provider satisfies never;
  }
}

async function locateClientSecret(
  work: RotationWork,
  state: RotationState,
  found: FoundProvider,
  value: Secret | null,
): Promise<StageResult> {
  const { azure } = work;
  const holder = await readHolder(azure, found.resourceId);
  if (holder.kind === "failed") return failedWith(state, holder.failure);
  const place = value === null ? null : placeOfEntraSecret(value);
  if (value !== null && place === null) return unclear(work, state);
  const hint = value === null || place === null ? null : hintOf(value, place);
  const { passwords } = holder.value;
  const sameHint = passwords.filter((it) => it.hint !== null && it.hint === hint);
  const named = passwords.find(({ keyId }) => keyId === found.credential);
  const [only] = value === null && passwords.length === 1 ? passwords : [];
  const credential = ((sameHint.length === 1 ? sameHint[0] : named) ?? only)?.keyId ?? null;
  const isUnclear = sameHint.length > 1 || (value === null && passwords.length > 1);
  if (credential === null && found.credential === null && isUnclear) {
    return needsPerson(
      state,
      value === null
        ? `its current version is disabled, and no tag says which client secret of ${found.resourceId} it held`
        : `several client secrets of ${found.resourceId} begin with the same characters`,
      "Set the tag CredentialId to the key id of the client secret, or rotate by hand",
    );
  }
  // Locks are about service principals; an application's own secrets know none.
  const lock = found.resourceId.startsWith("/servicePrincipals/")
    ? await readLock(azure, holder.value)
    : null;
  if (lock?.kind === "failed") return failedWith(state, lock.failure);
  return goOn(
    {
      ...state,
      found: { ...found, credential: credential ?? found.credential },
      place,
      lock: lock?.value ?? null,
    },
    "create",
  );
}

/** The first three characters, as Entra shows them. */
function hintOf(value: Secret, place: Place): string {
  using secret = standingAt(value, place);
  return secret.reveal().slice(0, 3);
}

export function heldByAnother({ azure }: RotationWork, state: RotationState, by: string): StageResult {
  return {
    kind: "over",
    state,
    ending: {
      outcome: {
        kind: "failed",
        code: "CONFLICT",
        status: null,
        azureCode: null,
        retryable: false,
        retryAfterInMs: null,
        evidence: evidenceOf(null, azure.now(), { rotatedBy: by }),
      },
      proof: null,
    },
  };
}
