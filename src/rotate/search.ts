import type { AzureFailure } from "../azure/failure.ts";
import type { Secret } from "../azure/secret.ts";
import type { SecretVersion } from "../azure/vault.ts";
import type { SecretHolder } from "./directory-secrets.ts";
import type { FoundProvider } from "./rotation.ts";
import type { RotationWork } from "./work.ts";

/** What looking for the issuer came to; `ids` are what guardrails are asked about besides the resource. */
export type Search =
  | { readonly kind: "found"; readonly found: FoundProvider; readonly ids: readonly string[] }
  /** What was looked at and did not help, for the person who has to go on. */
  | { readonly kind: "unknown"; readonly tried: readonly string[] }
  | { readonly kind: "failed"; readonly failure: AzureFailure };

export type Find = (work: RotationWork, is: SecretVersion, value: Secret) => Promise<Search>;

export function foundAt(
  provider: string,
  resourceId: string,
  credential: string | null,
  foundBy: FoundProvider["foundBy"],
): Search {
  return {
    kind: "found",
    found: { provider, resourceId, credential, foundBy, suspect: false },
    ids: [],
  };
}

export function foundSecretOf(
  { suspects }: RotationWork,
  holder: SecretHolder,
  credential: string | null,
  foundBy: FoundProvider["foundBy"],
): Search {
  const [id = ""] = holder.ids;
  const path = holder.path.startsWith("/servicePrincipals")
    ? `/servicePrincipals/${id}`
    : `/applications/${id}`;
  return {
    kind: "found",
    found: {
      provider: "client-secret",
      resourceId: path,
      credential,
      foundBy,
      suspect: suspects.some((it) => it.holder === path),
    },
    ids: holder.ids,
  };
}

export function unknown(...tried: readonly string[]): Search {
  return { kind: "unknown", tried };
}

/** The first that finds it, or that could not look; else all that was tried. */
export async function firstOf(searches: readonly (() => Promise<Search>)[]): Promise<Search> {
  const tried: string[] = [];
  for (const search of searches) {
    const result = await search();
    if (result.kind !== "unknown") return result;
    tried.push(...result.tried);
  }
  return unknown(...tried);
}
