import type {
  DeletedObject,
  KeyVersion,
  ObjectAttributes,
  SecretVersion,
  VaultKey,
  VaultSecret,
} from "../state/vaults.ts";
import type { Vault } from "./vault.ts";

/** Times go out in whole seconds. */
function secondsOf(atInMs: number): number {
  return Math.floor(atInMs / 1000);
}

function attributesOf(vault: Vault, of: ObjectAttributes) {
  return {
    enabled: of.enabled,
    ...(of.notBefore === undefined ? {} : { nbf: secondsOf(of.notBefore) }),
    ...(of.expires === undefined ? {} : { exp: secondsOf(of.expires) }),
    created: secondsOf(of.created),
    updated: secondsOf(of.updated),
    recoveryLevel: vault.recoveryLevel,
    recoverableDays: vault.retentionInDays,
  };
}

function urlOf(vault: Vault, ...path: readonly string[]): string {
  return `https://${vault.name}.vault.azure.net/${path.join("/")}`;
}

export function secretId(vault: Vault, name: string, version?: string): string {
  return version === undefined ? urlOf(vault, "secrets", name) : urlOf(vault, "secrets", name, version);
}

export function keyId(vault: Vault, name: string, version?: string): string {
  return version === undefined ? urlOf(vault, "keys", name) : urlOf(vault, "keys", name, version);
}

/** A secret as `get` and `set` answer it; without its value as everything else does. */
export function secretBundle(vault: Vault, secret: VaultSecret, version: SecretVersion, withValue: boolean) {
  return {
    ...(withValue ? { value: version.value } : {}),
    ...(version.contentType === undefined ? {} : { contentType: version.contentType }),
    id: secretId(vault, secret.name, version.version),
    ...managedMembers(vault, secret, version),
    attributes: attributesOf(vault, version),
    ...(version.tags === undefined && !withValue ? {} : { tags: version.tags ?? {} }),
  };
}

/** An item of a list: no value, and an id with a version only among versions. */
export function secretItem(vault: Vault, secret: VaultSecret, version: SecretVersion, ofVersion: boolean) {
  return {
    ...(version.contentType === undefined ? {} : { contentType: version.contentType }),
    id: secretId(vault, secret.name, ofVersion ? version.version : undefined),
    ...(secret.managed ? { managed: true } : {}),
    attributes: attributesOf(vault, version),
    tags: version.tags ?? {},
  };
}

/** A certificate's secret says so, and names the key that belongs to it. */
function managedMembers(vault: Vault, secret: VaultSecret, version: SecretVersion) {
  return secret.managed ? { managed: true, kid: keyId(vault, secret.name, version.version) } : {};
}

export function deletedSecretBundle(vault: Vault, deleted: DeletedObject<VaultSecret>, asItem: boolean) {
  const { object } = deleted;
  const current = currentOf(object);
  return {
    recoveryId: urlOf(vault, "deletedsecrets", object.name),
    deletedDate: secondsOf(deleted.deletedAt),
    scheduledPurgeDate: secondsOf(deleted.purgeAt),
    ...(asItem ? secretItem(vault, object, current, false) : secretBundle(vault, object, current, false)),
  };
}

export function keyBundle(vault: Vault, key: VaultKey, version: KeyVersion) {
  return {
    key: {
      kid: keyId(vault, key.name, version.version),
      kty: "EC",
      key_ops: version.operations,
      crv: "P-256",
      x: version.jwk.x,
      y: version.jwk.y,
    },
    attributes: { ...attributesOf(vault, version), exportable: false },
    tags: version.tags ?? {},
  };
}

export function keyItem(vault: Vault, key: VaultKey, version: KeyVersion, ofVersion: boolean) {
  return {
    kid: keyId(vault, key.name, ofVersion ? version.version : undefined),
    attributes: { ...attributesOf(vault, version), exportable: false },
    tags: version.tags ?? {},
  };
}

export function deletedKeyBundle(vault: Vault, deleted: DeletedObject<VaultKey>, asItem: boolean) {
  const { object } = deleted;
  const current = currentOf(object);
  return {
    recoveryId: urlOf(vault, "deletedkeys", object.name),
    deletedDate: secondsOf(deleted.deletedAt),
    scheduledPurgeDate: secondsOf(deleted.purgeAt),
    ...(asItem ? keyItem(vault, object, current, false) : keyBundle(vault, object, current)),
  };
}

/** The current version: the one created last, enabled or not. */
export function currentOf<T>(object: { readonly versions: readonly T[] }): T {
  return present(object.versions.at(-1));
}

/** What was just listed is still there, and everything has a version: no operation leaves it otherwise. */
export function present<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("a vault object vanished while it was read, or has no version");
  return found;
}
