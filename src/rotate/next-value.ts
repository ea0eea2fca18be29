import { Secret } from "../azure/secret.ts";
import type { SecretVersion } from "../azure/vault.ts";
import type { StageWork } from "./at-hand.ts";
import { needsPerson, type Place, type RotationState, type StageResult } from "./rotation.ts";
import { holds } from "./secret-text.ts";
import { refill } from "./value-frame.ts";
import { alreadyRenewed, readAnother, readCurrent } from "./versions.ts";
import type { RotationWork } from "./work.ts";

/** What the next version is built on: its properties come from the current one, its form from whichever can be read. */
export interface Base {
  readonly is: SecretVersion;
  /** Whether the current version's own value has this credential in it. */
  holds(credential: Secret): boolean;
  /** The value with another credential in it. */
  with(credential: Secret): Secret;
}

export type BaseSeen =
  | { readonly kind: "base"; readonly base: Base }
  | { readonly kind: "stopped"; readonly result: StageResult };

/** A content type that says that a value is more than a credential. */
const COMPOSED = /json|xml|connection|url/i;

/**
 * Sees what the next version is built on. Where the current version is disabled, an older one shows the form; where none
 * can be read, the value is the credential alone, as the published rotation samples write it, unless the content type
 * says otherwise. `find` says where in a value the credential stands.
 */
export async function seeBase(
  work: StageWork,
  state: RotationState,
  find: (value: Secret, is: SecretVersion) => Place | null,
): Promise<BaseSeen> {
  const current = await readCurrent(work, state);
  if (current.kind === "stopped") return current;
  const { is } = current;
  let form = current.value;
  if (form === null) {
    const another = await readAnother(work, state, is);
    if (another.kind === "stopped") return another;
    form = another.value;
  }
  const place = form === null ? null : find(form, is);
  if (form === null ? COMPOSED.test(is.contentType ?? "") : place === null) {
    return { kind: "stopped", result: unclear(work, state) };
  }
  return {
    kind: "base",
    base: {
      is,
      holds: (credential) => current.value !== null && holds(current.value, credential),
      with: (credential) =>
        form === null || place === null
          ? new Secret(credential.revealBytes())
          : refill(form, place, credential),
    },
  };
}

/** Writing a credential over a value that holds more than one would lose the rest. */
export function unclear({ rotation }: RotationWork, state: RotationState): StageResult {
  return needsPerson(
    state,
    `its value holds more than a credential, and where the credential stands in it is not to be seen${alreadyRenewed(state)}`,
    `Write a new version of ${rotation.secretName} by hand with a new credential of its provider`,
  );
}
