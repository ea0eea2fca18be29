import type { Azure } from "../azure/azure.ts";
import type { Answer } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import type { Need } from "../steps/step.ts";

interface Common {
  readonly kind: string;
  /** What plans call it: `a key of a storage account`. */
  readonly about: string;
  readonly needs: readonly Need[];
  /** What a rotation costs whoever uses the credential, by mode. */
  readonly cost: { readonly incident: string; readonly hygiene: string };
  /** What would make its keys useless for good, where the service offers it. */
  readonly strongerCut: string | null;
}

export interface NamedKey {
  readonly name: string;
  readonly value: Secret;
}

/** A service that lists its keys and makes new ones: nothing is ever lost, because it can be listed again. */
export interface KeyedProvider extends Common {
  readonly model: "keyed";
  /** ARM ids of resources it has keys of. */
  readonly resource: RegExp;
  list(azure: Azure, resourceId: string): Promise<Answer<readonly NamedKey[]>>;
  regenerate(azure: Azure, resourceId: string, key: string): Promise<Answer<unknown>>;
  /** The key that works beside this one; null where there is none, and then every rotation is a hard cut. */
  alternate(key: string): string | null;
  /** Its keys' names, as it spells them. */
  readonly names: readonly string[];
  /** Keys that whoever could read this one has to be taken to have read too. */
  leakedWith(key: string): readonly string[];
}

/** A resource with one administrator's password, which is set and can never be read again. */
export interface PasswordProvider extends Common {
  readonly model: "password";
  readonly resource: RegExp;
  set(azure: Azure, resourceId: string, password: Secret): Promise<Answer<unknown>>;
}

/** A directory object's client secrets: any number beside each other, each shown once. */
export interface ClientSecretProvider extends Common {
  readonly model: "client-secret";
}

/** A value nobody issued: whoever uses it reads it from the vault. */
export interface RandomProvider extends Common {
  readonly model: "random";
}

export type Provider = KeyedProvider | PasswordProvider | ClientSecretProvider | RandomProvider;

/** Closes a provider's type, so that its file says everything about it in one literal. */
export function defineProvider<P extends Provider>(provider: P): P {
  return provider;
}

/** The two words a keyed service has for its pair: each is the other's alternate. */
export function pairs(
  ...names: readonly (readonly [string, string])[]
): Pick<KeyedProvider, "names" | "alternate" | "leakedWith"> {
  const flat = names.flat();
  return {
    names: flat,
    leakedWith: () => flat,
    alternate: (key) => {
      for (const [one, other] of names) {
        if (key === one) return other;
        if (key === other) return one;
      }
      return null;
    },
  };
}

export const KEY_COST = {
  incident:
    "Every key of the resource is regenerated: whoever uses one, and signatures made with one, stop at once.",
  hygiene:
    "Whoever uses the alternate key stops at once; whoever uses this one has until the end of the overlap.",
} as const;
