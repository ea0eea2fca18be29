import { findResource } from "../../state/azure/resources.ts";
import type { VaultSecret } from "../../state/vaults.ts";
import { type ArmCall, inGroup, type Route } from "../call.ts";
import { resourceNotFound } from "../errors.ts";
import { page } from "../paging.ts";

const VAULT = "Microsoft.KeyVault/vaults";

/**
 * `Secrets_List` of the management plane: names, tags and attributes without values, for whoever may read the vault's
 * sub-resources (`vaults/secrets/read`, which Reader has), whatever the vault's permission model or firewall say.
 */
function listSecrets(call: ArmCall) {
  const id = call.path.split("/").slice(0, -1).join("/");
  const vault = findResource(call.azure, id);
  if (!vault) return resourceNotFound(id);
  const data = call.tenant.state.vaults.vaults.get(vault.name.toLowerCase());
  const secrets = [...(data?.secrets.values() ?? [])];
  return page(
    call,
    secrets.map((secret) => wireSecret(vault.id, vault.name, vault.location, secret)),
  );
}

function wireSecret(vaultId: string, vaultName: string, location: string | undefined, secret: VaultSecret) {
  const current = secret.versions.at(-1);
  const seconds = (at: number | undefined) => (at === undefined ? undefined : Math.floor(at / 1000));
  const uri = `https://${vaultName.toLowerCase()}.vault.azure.net/secrets/${secret.name}`;
  return {
    id: `${vaultId}/secrets/${secret.name}`,
    name: secret.name,
    type: "Microsoft.KeyVault/vaults/secrets",
    location,
    tags: current?.tags ?? {},
    properties: {
      attributes: {
        enabled: current?.enabled ?? false,
        nbf: seconds(current?.notBefore),
        exp: seconds(current?.expires),
        created: seconds(current?.created),
        updated: seconds(current?.updated),
      },
      contentType: current?.contentType,
      secretUri: uri,
      secretUriWithVersion: `${uri}/${current?.version ?? ""}`,
    },
  };
}

export const keyVaultSecretRoutes: readonly Route[] = [
  { method: "GET", template: inGroup(`${VAULT}/{vault}/secrets`), handle: listSecrets },
];
