import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { sideBySide } from "../azure/side-by-side.ts";
import type { ArmResource } from "./arm-resources.ts";
import { tagsOf } from "./arm-resources.ts";
import type { Read } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import type { Reading } from "./reading.ts";
import { VaultSettings } from "./vault-policies.ts";

/** A secret by name, never by value. */
export interface ListedSecret {
  readonly name: string;
  /** Key Vault made it for a certificate. False where the list does not say, which the management plane's does not. */
  readonly managed: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** Every vault counts calls for itself, so many can be asked side by side. */
const VAULTS_AT_ONCE = 100;
const VAULT_HOST = /^https:\/\/[\w-]+\.vault\.azure\.net\/?$/i;
const API = "2023-07-01";

const ArmSecret = z.object({
  name: z.string(),
  tags: z.record(z.string(), z.string().nullish()).nullish(),
});

/**
 * Which secrets there are in some vaults, names and tags without values; null for a vault that would not say, with a gap
 * that tells a firewall from a missing permission. By lower-case vault id.
 */
export async function listVaultContents(
  { azure, gaps }: Reading,
  vaults: readonly ArmResource[],
): Promise<ReadonlyMap<string, readonly ListedSecret[] | null>> {
  const contents = new Map<string, readonly ListedSecret[] | null>();
  await sideBySide(vaults, VAULTS_AT_ONCE, async (vault) => {
    const read = await listOne(azure, vault);
    if (read.kind === "failed") gaps.failed(`secrets in ${vault.id}`, read.failure);
    contents.set(
      vault.id.toLowerCase(),
      read.kind === "ok" ? read.value.toSorted((a, b) => byText(a.name, b.name)) : null,
    );
  });
  return contents;
}

/**
 * The vault's own list knows most, but in policy mode it is only for who has a policy, and a firewall may shut it; the
 * management plane lists names for any reader. Each is asked where the other cannot be expected to answer, or did not.
 */
async function listOne(azure: Azure, vault: ArmResource): Promise<Read<readonly ListedSecret[]>> {
  const settings = VaultSettings.safeParse(vault.properties).data;
  const uri = settings?.vaultUri ?? `https://${vault.name}.vault.azure.net/`;
  const ways = [
    ...(VAULT_HOST.test(uri) ? [() => fromVault(azure, uri)] : []),
    () => fromArm(azure, vault.id),
  ];
  const [first, second] = settings?.enableRbacAuthorization === true ? ways : ways.toReversed();
  const read = first === undefined ? await fromArm(azure, vault.id) : await first();
  if (read.kind === "ok" || second === undefined) return read;
  const other = await second();
  return other.kind === "ok" ? other : read;
}

async function fromVault(azure: Azure, uri: string): Promise<Read<readonly ListedSecret[]>> {
  const read = await patiently(() => azure.vault(uri).listSecrets());
  if (read.kind === "failed") return read;
  return { kind: "ok", value: read.value.map(({ name, managed, tags }) => ({ name, managed, tags })) };
}

async function fromArm(azure: Azure, vaultId: string): Promise<Read<readonly ListedSecret[]>> {
  const read = await patiently(() => azure.arm.list(`${vaultId}/secrets`, API, ArmSecret));
  if (read.kind === "failed") return read;
  return {
    kind: "ok",
    value: read.value.map(({ name, tags }) => ({ name, managed: false, tags: tagsOf(tags) })),
  };
}
