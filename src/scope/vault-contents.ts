import { sideBySide } from "../azure/side-by-side.ts";
import type { SecretVersion } from "../azure/vault.ts";
import type { ArmResource } from "./arm-resources.ts";
import { patiently } from "./patience.ts";
import type { Reading } from "./reading.ts";
import { VaultSettings } from "./vault-policies.ts";

const VAULTS_AT_ONCE = 16;
const VAULT_HOST = /^https:\/\/[\w-]+\.vault\.azure\.net\/?$/i;

/**
 * Which secrets there are in some vaults, names and tags without values; null for a vault that would not say, with a gap
 * that tells a firewall from a missing permission. By lower-case vault id.
 */
export async function listVaultContents(
  { azure, gaps }: Reading,
  vaults: readonly ArmResource[],
): Promise<ReadonlyMap<string, readonly SecretVersion[] | null>> {
  const contents = new Map<string, readonly SecretVersion[] | null>();
  await sideBySide(vaults, VAULTS_AT_ONCE, async (vault) => {
    const key = vault.id.toLowerCase();
    const uri =
      VaultSettings.safeParse(vault.properties).data?.vaultUri ?? `https://${vault.name}.vault.azure.net/`;
    // The reader's token goes to this address: it must be a vault's.
    if (!VAULT_HOST.test(uri)) {
      gaps.note(
        `secrets in ${vault.id}`,
        "NOT_UNDERSTOOD",
        "the vault's address is not one of Azure Key Vault's",
      );
      contents.set(key, null);
      return;
    }
    const read = await patiently(() => azure.vault(uri).listSecrets());
    if (read.kind === "failed") gaps.failed(`secrets in ${vault.id}`, read.failure);
    contents.set(
      key,
      read.kind === "ok"
        ? read.value.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
        : null,
    );
  });
  return contents;
}
