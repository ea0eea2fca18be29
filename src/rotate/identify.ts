import type { Secret } from "../azure/secret.ts";
import type { SecretVersion } from "../azure/vault.ts";
import { evidenceOf } from "../steps/answers.ts";
import type { StageWork } from "./at-hand.ts";
import { readHolder, readLock } from "./directory-secrets.ts";
import { findByValue } from "./find-by-value.ts";
import { findByContentType, findBySuspects, findByTags } from "./find-provider.ts";
import { providerNamed } from "./providers.ts";
import {
  failedWith,
  type FoundProvider,
  goOn,
  needsPerson,
  type Rotation,
  type RotationState,
  type StageResult,
} from "./rotation.ts";
import { holds } from "./secret-text.ts";
import { type Search } from "./search.ts";
import { spelled } from "./spelling.ts";
import { placeIn } from "./value-frame.ts";
import { type RotationWork, secretId } from "./work.ts";

/** Longer than any rotation takes besides its overlap: a hold outlives its holder only after a disaster. */
const HOLD_IN_MS = 6 * 3_600_000;

/**
 * Finds out who issued the value: by tags, then by content type, then by the value itself, which stays in here. Holds the
 * secret for this rotation: of two at once, one goes on and the other says which.
 */
export async function identify(work: StageWork, state: RotationState): Promise<StageResult> {
  const { rotation, ledger, journal } = work;
  const held = await ledger.hold(secretId(rotation), rotation.id, HOLD_IN_MS + rotation.overlapInMs);
  if (held.kind === "busy") return heldByAnother(work, state, held.by);
  const identified = held.kept === null ? null : identifiedIn(held.kept, rotation);
  if (identified !== null) return { kind: "go-on", state: identified, waitInMs: 0 };
  const current = await work.atHand.newest();
  if (current.kind === "failed") {
    switch (current.failure.azureCode) {
      case "SecretDisabled":
        return needsPerson(
          state,
          "its current version is disabled, so what it is cannot be read",
          "Rotate it by hand at whoever issued it, or enable the version and rotate it again",
        );
      default:
        return current.failure.code === "NOT_FOUND"
          ? needsPerson(
              state,
              "the vault has no such secret any more; it may be deleted and recoverable",
              "Recover or purge the deleted secret, and rotate what it held by hand",
            )
          : failedWith(state, current.failure);
    }
  }
  const { secret: value, is } = current.value;
  if (is.managed) {
    return needsPerson(
      state,
      "a certificate keeps its key in this secret: it is never overwritten",
      "Rotate the certificate of the same name in Key Vault (a new version), and revoke the old one at its issuer",
    );
  }
  const search = await findProvider(work, is, value);
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
  await ledger.keep(secretId(rotation), rotation.id, JSON.stringify(note));
}

interface Identified {
  readonly campaign: string;
  readonly state: RotationState;
}

/** A later plan of the case looks anew. */
function identifiedIn(note: string, { campaign }: Rotation): RotationState | null {
  const identified: Identified = JSON.parse(note);
  return identified.campaign === campaign ? identified.state : null;
}

async function findProvider(work: RotationWork, is: SecretVersion, value: Secret): Promise<Search> {
  const tried: string[] = [];
  for (const find of [findByTags, findByContentType, findBySuspects, findByValue]) {
    const search = await find(work, is, value);
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
  value: Secret,
): Promise<StageResult> {
  const { azure } = work;
  const provider = providerNamed(found.provider);
  const known: RotationState = { ...state, found };
  switch (provider.model) {
    case "keyed": {
      const listed = await work.atHand.keys(provider, found.resourceId);
      if (listed.kind === "failed") return failedWith(state, listed.failure);
      const same = listed.value.find((key) => holds(value, key.value));
      const tagged = found.credential === null ? null : spelled(provider, found.credential);
      const [only] = provider.names.length === 1 ? provider.names : [];
      const credential = same?.name ?? tagged ?? only ?? null;
      const place = placeIn(value, same === undefined ? [] : [same.value]);
      return credential === null
        ? needsPerson(
            known,
            `${found.resourceId} lists no key that is in the secret, and no tag names one`,
            "Set the tag CredentialId to the name of the key, or rotate by hand",
          )
        : goOn({ ...known, found: { ...found, credential }, place }, "create");
    }
    case "client-secret": {
      const holder = await readHolder(azure, found.resourceId);
      if (holder.kind === "failed") return failedWith(state, holder.failure);
      const hint = value.reveal().slice(0, 3);
      const sameHint = holder.value.passwords.filter((it) => it.hint === hint);
      const named = holder.value.passwords.find(({ keyId }) => keyId === found.credential);
      const credential = (sameHint.length === 1 ? sameHint[0] : named)?.keyId ?? null;
      if (credential === null && sameHint.length > 1) {
        return needsPerson(
          known,
          `several client secrets of ${found.resourceId} begin with the same characters`,
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
          ...known,
          found: { ...found, credential: credential ?? found.credential },
          lock: lock?.value ?? null,
        },
        "create",
      );
    }
    case "password":
    case "random":
      return goOn(known, "create");
    default:
      return provider satisfies never;
  }
}

function heldByAnother({ azure }: RotationWork, state: RotationState, by: string): StageResult {
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
