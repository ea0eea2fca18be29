import type { TenantHandle } from "../tenant/start.ts";

/** Every credential the tenant holds, values included: only for campaigns that judge what became of them. */
export interface CredentialsHeld {
  readonly versions: readonly {
    readonly vault: string;
    readonly secret: string;
    readonly version: string;
    readonly enabled: boolean;
    readonly value: string;
  }[];
  readonly keys: readonly { readonly resourceId: string; readonly name: string; readonly value: string }[];
  readonly passwords: readonly {
    readonly holderId: string;
    readonly keyId: string;
    readonly displayName: string | null;
    readonly value: string;
  }[];
  /** App instance property locks, as they stand. */
  readonly locks: readonly { readonly applicationId: string; readonly lock: string }[];
}

export function credentialsHeld({ state }: Pick<TenantHandle, "state">): CredentialsHeld {
  const { directory, azure, vaults } = state;
  const holders = [...directory.applications.all(), ...directory.servicePrincipals.all()];
  return {
    versions: [...vaults.vaults.values()].flatMap((vault) =>
      [...vault.secrets.values()].flatMap((secret) =>
        secret.versions.map(({ version, enabled, value }) => ({
          vault: vault.name,
          secret: secret.name,
          version,
          enabled,
          value,
        })),
      ),
    ),
    keys: [...azure.keys].flatMap(([resourceId, keys]) =>
      [...keys.values()].map(({ name, value }) => ({ resourceId, name, value })),
    ),
    passwords: holders.flatMap(({ id, passwordCredentials }) =>
      passwordCredentials.map(({ keyId, displayName, secretText }) => ({
        holderId: id,
        keyId,
        displayName,
        value: secretText ?? "",
      })),
    ),
    locks: [...directory.applications.all()].map(({ id, servicePrincipalLockConfiguration: lock }) => ({
      applicationId: id,
      lock: JSON.stringify(lock),
    })),
  };
}
