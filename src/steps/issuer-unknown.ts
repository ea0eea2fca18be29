import type { IssuerUnknown, Scope } from "../case/scope.ts";
import { providerByTags } from "../rotate/tagged-provider.ts";

/**
 * What a rotation of this case looked at in vain, when it looked for the issuer of this secret; null when it was not
 * looked for, was found, or tags name it by now.
 */
export function soughtInVain(
  { issuerUnknown = [] }: Pick<Scope, "issuerUnknown">,
  secret: {
    readonly vaultId: string;
    readonly name: string;
    readonly tags: Readonly<Record<string, string>>;
  },
): IssuerUnknown | null {
  if (providerByTags(secret.tags) !== null) return null;
  const vaultName = secret.vaultId.split("/").at(-1)?.toLowerCase();
  const secretName = secret.name.toLowerCase();
  return issuerUnknown.find((it) => it.vaultName === vaultName && it.secretName === secretName) ?? null;
}
