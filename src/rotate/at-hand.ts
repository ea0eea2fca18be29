import type { Attempted } from "../azure/attempt.ts";
import type { Answer } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import type { SecretVersion } from "../azure/vault.ts";
import type { KeyedProvider, NamedKey } from "./provider.ts";
import { type RotationWork, vaultOf } from "./work.ts";

export interface VersionRead {
  readonly secret: Secret;
  readonly is: SecretVersion;
}

/**
 * What one activity has read of a secret and of its provider's keys, so that no stage asks again for what an earlier one
 * has just seen. The values are its own: it disposes of them when the activity ends, and callers leave them alone.
 */
export interface AtHand extends Disposable {
  /** The secret's newest version: read once, and anew after a version was published. */
  newest(): Promise<Attempted<VersionRead>>;
  /** A version by its id, which may be the one that was the newest. */
  version(version: string): Promise<Attempted<VersionRead>>;
  /** A provider's keys: listed once, and anew after one was regenerated. */
  keys(provider: KeyedProvider, resourceId: string): Promise<Answer<readonly NamedKey[]>>;
  forgetNewest(): void;
  forgetKeys(): void;
}

/** Stages work with what their activity has at hand. */
export interface StageWork extends RotationWork {
  readonly atHand: AtHand;
}

export function openAtHand(work: RotationWork): AtHand {
  const { azure, rotation } = work;
  const versions: VersionRead[] = [];
  let newest: VersionRead | null = null;
  let listed: Extract<Answer<readonly NamedKey[]>, { readonly kind: "ok" }> | null = null;
  const read = async (version?: string): Promise<Attempted<VersionRead>> => {
    const answer = await vaultOf(work).read(rotation.secretName, version);
    if (answer.kind === "ok") versions.push(answer.value);
    return answer;
  };
  const forgetKeys = () => {
    for (const { value } of listed?.value ?? []) value.dispose();
    listed = null;
  };
  return {
    async newest() {
      if (newest !== null) return { kind: "ok", value: newest };
      const answer = await read();
      if (answer.kind === "ok") newest = answer.value;
      return answer;
    },
    version(version) {
      const known = versions.find(({ is }) => is.version === version);
      return known === undefined ? read(version) : Promise.resolve({ kind: "ok", value: known });
    },
    // A rotation has to do with one resource only.
    async keys(provider, resourceId) {
      if (listed !== null) return listed;
      const answer = await provider.list(azure, resourceId);
      if (answer.kind === "ok") listed = answer;
      return answer;
    },
    forgetNewest() {
      newest = null;
    },
    forgetKeys,
    [Symbol.dispose]() {
      forgetKeys();
      for (const { secret } of versions) secret.dispose();
    },
  };
}
