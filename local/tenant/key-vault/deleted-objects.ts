import {
  objectKey,
  type DeletedObject,
  type VaultData,
  type VaultKey,
  type VaultSecret,
} from "../state/vaults.ts";
import {
  currentOf,
  deletedKeyBundle,
  deletedSecretBundle,
  keyBundle,
  keyId,
  present,
  secretBundle,
  secretId,
} from "./bundles.ts";
import {
  deletedButRecoverable,
  deletedNotFound,
  existsAlready,
  managedByCertificate,
  notFound,
  purgeProtected,
  VaultRefusal,
  type ObjectWord,
} from "./errors.ts";
import type { Operation, VaultCall } from "./operation.ts";
import { page } from "./paging.ts";
import type { Vault } from "./vault.ts";

const DAY_IN_MS = 86_400_000;

/** Everything deleted whose retention has passed is gone for good. */
export function purgeWhatIsDue(data: VaultData, now: number): void {
  for (const deleted of [data.deletedSecrets, data.deletedKeys]) {
    for (const [key, { purgeAt }] of deleted) {
      if (purgeAt <= now) deleted.delete(key);
    }
  }
}

/** What secrets and keys do alike in their deleted state. */
interface Shelf<T extends VaultSecret | VaultKey> {
  readonly word: ObjectWord;
  readonly live: (data: VaultData) => Map<string, T>;
  readonly deleted: (data: VaultData) => Map<string, DeletedObject<T>>;
  readonly deletedBundle: (vault: Vault, deleted: DeletedObject<T>, asItem: boolean) => unknown;
  readonly bundle: (vault: Vault, object: T) => unknown;
  readonly id: (vault: Vault, name: string) => string;
}

function operationsOf<T extends VaultSecret | VaultKey>(shelf: Shelf<T>) {
  const findDeleted = ({ data, name }: VaultCall): DeletedObject<T> => {
    const found = shelf.deleted(data).get(objectKey(name));
    if (found === undefined) throw new VaultRefusal(deletedNotFound(shelf.word, name));
    return found;
  };
  const remove: Operation = ({ tenant, vault, data, name }) => {
    const key = objectKey(name);
    const object = shelf.live(data).get(key);
    if (object === undefined) {
      throw new VaultRefusal(
        shelf.deleted(data).has(key)
          ? deletedButRecoverable(shelf.word, name)
          : notFound(shelf.word, name, undefined),
      );
    }
    if ("managed" in object && object.managed) {
      throw new VaultRefusal(managedByCertificate(shelf.word, name));
    }
    const deletedAt = tenant.clock.now();
    const deleted: DeletedObject<T> = {
      object,
      deletedAt,
      purgeAt: deletedAt + vault.retentionInDays * DAY_IN_MS,
    };
    shelf.live(data).delete(key);
    shelf.deleted(data).set(key, deleted);
    return {
      status: 200,
      body: shelf.deletedBundle(vault, deleted, false),
      objectId: shelf.id(vault, object.name),
    };
  };
  const list: Operation = ({ vault, data, request }) => ({
    status: 200,
    body: page(vault, request.url, shelf.deleted(data).keys(), (key) =>
      shelf.deletedBundle(vault, present(shelf.deleted(data).get(key)), true),
    ),
  });
  const get: Operation = (call) => {
    const deleted = findDeleted(call);
    return {
      status: 200,
      body: shelf.deletedBundle(call.vault, deleted, false),
      objectId: shelf.id(call.vault, deleted.object.name),
    };
  };
  const recover: Operation = (call) => {
    const { vault, data, name } = call;
    const key = objectKey(name);
    if (shelf.live(data).has(key)) {
      throw new VaultRefusal(existsAlready(shelf.word, name));
    }
    const { object } = findDeleted(call);
    shelf.deleted(data).delete(key);
    shelf.live(data).set(key, object);
    return { status: 200, body: shelf.bundle(vault, object), objectId: shelf.id(vault, object.name) };
  };
  const purge: Operation = (call) => {
    const { object } = findDeleted(call);
    if (call.vault.isPurgeProtected) {
      throw new VaultRefusal(purgeProtected(call.vault.name, call.vault.location));
    }
    shelf.deleted(call.data).delete(objectKey(call.name));
    return { status: 204, objectId: shelf.id(call.vault, object.name) };
  };
  return { remove, list, get, recover, purge };
}

export const deletedSecrets = operationsOf<VaultSecret>({
  word: "Secret",
  live: (data) => data.secrets,
  deleted: (data) => data.deletedSecrets,
  deletedBundle: deletedSecretBundle,
  bundle: (vault, secret) => secretBundle(vault, secret, currentOf(secret), false),
  id: (vault, name) => secretId(vault, name),
});

export const deletedKeys = operationsOf<VaultKey>({
  word: "Key",
  live: (data) => data.keys,
  deleted: (data) => data.deletedKeys,
  deletedBundle: deletedKeyBundle,
  bundle: (vault, key) => keyBundle(vault, key, currentOf(key)),
  id: (vault, name) => keyId(vault, name),
});
