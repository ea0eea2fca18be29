import type { TokenCredential } from "@azure/core-auth";
import { SecretClient, type SecretProperties } from "@azure/keyvault-secrets";
import { type Attempted, attempt } from "./attempt.ts";
import { Secret } from "./secret.ts";
import { VAULT_CLIENT } from "./vault-challenge.ts";

/** A secret's version without its value. */
export interface SecretVersion {
  readonly vaultUri: string;
  readonly name: string;
  readonly version: string | null;
  readonly enabled: boolean;
  readonly contentType: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdOn: string | null;
  readonly updatedOn: string | null;
  readonly expiresOn: string | null;
  readonly notBefore: string | null;
  /** Key Vault made it for a certificate: it must not be overwritten. */
  readonly managed: boolean;
}

/** What a new version carries besides its value. Key Vault drops every property that is not passed. */
export interface NewVersion {
  readonly contentType: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly expiresOn: string | null;
  readonly notBefore: string | null;
  readonly enabled: boolean;
}

export interface VaultClient {
  readonly uri: string;
  listSecrets(): Promise<Attempted<readonly SecretVersion[]>>;
  listVersions(name: string): Promise<Attempted<readonly SecretVersion[]>>;
  /** The value stays in a `Secret`; whoever asked disposes of it. */
  read(
    name: string,
    version?: string,
  ): Promise<Attempted<{ readonly secret: Secret; readonly is: SecretVersion }>>;
  publish(name: string, value: Secret, properties: NewVersion): Promise<Attempted<SecretVersion>>;
  setEnabled(name: string, version: string, enabled: boolean): Promise<Attempted<SecretVersion>>;
}

/** One vault's secrets, over the SDK. Retries are left to durable timers. */
export function openVault(uri: string, credential: TokenCredential): VaultClient {
  const client = new SecretClient(uri, credential, { ...VAULT_CLIENT, retryOptions: { maxRetries: 0 } });
  return {
    uri,
    listSecrets: () => attempt(() => gather(client.listPropertiesOfSecrets())),
    listVersions: (name) => attempt(() => gather(client.listPropertiesOfSecretVersions(name))),
    read: (name, version) =>
      attempt(async () => {
        const read = await client.getSecret(name, version === undefined ? {} : { version });
        return { secret: new Secret(read.value ?? ""), is: versionOf(read.properties) };
      }),
    publish: (name, value, properties) =>
      attempt(async () => {
        const set = await client.setSecret(name, value.reveal(), {
          enabled: properties.enabled,
          tags: { ...properties.tags },
          ...(properties.contentType === null ? {} : { contentType: properties.contentType }),
          ...(properties.expiresOn === null ? {} : { expiresOn: new Date(properties.expiresOn) }),
          ...(properties.notBefore === null ? {} : { notBefore: new Date(properties.notBefore) }),
        });
        return versionOf(set.properties);
      }),
    setEnabled: (name, version, enabled) =>
      attempt(async () => versionOf(await client.updateSecretProperties(name, version, { enabled }))),
  };
}

async function gather(pages: AsyncIterable<SecretProperties>): Promise<readonly SecretVersion[]> {
  const found: SecretVersion[] = [];
  for await (const properties of pages) found.push(versionOf(properties));
  return found;
}

function versionOf(properties: SecretProperties): SecretVersion {
  return {
    vaultUri: properties.vaultUrl,
    name: properties.name,
    version: properties.version ?? null,
    enabled: properties.enabled ?? true,
    contentType: properties.contentType ?? null,
    tags: properties.tags ?? {},
    createdOn: properties.createdOn?.toISOString() ?? null,
    updatedOn: properties.updatedOn?.toISOString() ?? null,
    expiresOn: properties.expiresOn?.toISOString() ?? null,
    notBefore: properties.notBefore?.toISOString() ?? null,
    managed: properties.managed ?? false,
  };
}
