import { z } from "zod";
import { objectKey, type SecretVersion, type VaultSecret } from "../state/vaults.ts";
import { currentOf, present, secretBundle, secretId, secretItem } from "./bundles.ts";
import {
  badParameter,
  deletedButRecoverable,
  existsAlready,
  managedByCertificate,
  notFound,
  objectDisabled,
  VaultRefusal,
} from "./errors.ts";
import { SECRET_VALUE_LIMIT } from "./limits.ts";
import type { Operation, VaultCall } from "./operation.ts";
import { page } from "./paging.ts";
import { parseBody, Restore, SetSecret, UpdateSecret } from "./parameters.ts";

export const listSecrets: Operation = ({ vault, data, request }) => ({
  status: 200,
  body: page(vault, request.url, data.secrets.keys(), (key) => {
    const secret = present(data.secrets.get(key));
    return secretItem(vault, secret, currentOf(secret), false);
  }),
});

/** Versions come in order of their ids, which says nothing about their age. guess: the order is not documented. */
export const listSecretVersions: Operation = ({ vault, data, request, name }) => {
  const secret = data.secrets.get(objectKey(name));
  const versions = new Map(secret?.versions.map((version) => [version.version, version]));
  return {
    status: 200,
    body: page(vault, request.url, versions.keys(), (version) =>
      secretItem(vault, present(secret), present(versions.get(version)), true),
    ),
  };
};

/** A disabled version refuses; one that has expired, or is not valid yet, is still read. */
export const getSecret: Operation = (call) => {
  const { secret, version } = find(call);
  if (!version.enabled) {
    throw new VaultRefusal(objectDisabled("Secret", "get"));
  }
  return answer(call, secret, version, true);
};

/** Makes a new version, which has nothing of the old one: content type, tags and dates not passed are gone. */
export const setSecret: Operation = (call) => {
  const { tenant, data, name, request } = call;
  const given = parseBody(SetSecret, request.body);
  if (given.value.length > SECRET_VALUE_LIMIT) {
    throw new VaultRefusal(badParameter("The secret value is too long."));
  }
  const key = objectKey(name);
  if (data.deletedSecrets.has(key)) {
    throw new VaultRefusal(deletedButRecoverable("Secret", name));
  }
  const now = tenant.clock.now();
  const known = data.secrets.get(key);
  if (known?.managed === true) {
    throw new VaultRefusal(managedByCertificate("Secret", name));
  }
  const secret: VaultSecret = known ?? { name, managed: false, versions: [] };
  const version: SecretVersion = {
    version: tenant.random.hex(32),
    value: given.value,
    contentType: given.contentType,
    tags: given.tags,
    enabled: given.attributes.enabled ?? true,
    notBefore: given.attributes.notBefore,
    expires: given.attributes.expires,
    created: now,
    updated: now,
  };
  secret.versions.push(version);
  data.secrets.set(key, secret);
  return answer(call, secret, version, true);
};

/** Changes only what is passed. Tags are replaced as a whole. */
export const updateSecret: Operation = (call) => {
  const given = parseBody(UpdateSecret, call.request.body);
  const { secret, version } = find(call);
  if (secret.managed && given.attributes.enabled === undefined && given.contentType !== undefined) {
    throw new VaultRefusal(managedByCertificate("Secret", secret.name));
  }
  version.contentType = given.contentType ?? version.contentType;
  version.tags = given.tags ?? version.tags;
  version.enabled = given.attributes.enabled ?? version.enabled;
  version.notBefore = given.attributes.notBefore ?? version.notBefore;
  version.expires = given.attributes.expires ?? version.expires;
  version.updated = call.tenant.clock.now();
  return answer(call, secret, version, false);
};

const BACKUP_PREFIX = "stand-in-backup:";
const Backup = z.object({
  name: z.string(),
  managed: z.boolean(),
  versions: z.array(
    z.object({
      version: z.string(),
      value: z.string(),
      contentType: z.string().optional(),
      tags: z.record(z.string(), z.string()).optional(),
      enabled: z.boolean(),
      notBefore: z.number().optional(),
      expires: z.number().optional(),
      created: z.number(),
      updated: z.number(),
    }),
  ),
});

/** All versions in one opaque text, good for `restore` only. In Azure it is encrypted; here it is only encoded. */
export const backupSecret: Operation = (call) => {
  const { secret } = find(call);
  const text = Buffer.from(`${BACKUP_PREFIX}${JSON.stringify(secret)}`, "utf8").toString("base64url");
  return { status: 200, body: { value: text }, objectId: secretId(call.vault, secret.name) };
};

export const restoreSecret: Operation = (call) => {
  const { vault, data, request } = call;
  const text = Buffer.from(parseBody(Restore, request.body).value, "base64url").toString("utf8");
  const parsed = text.startsWith(BACKUP_PREFIX)
    ? Backup.safeParse(JSON.parse(text.slice(BACKUP_PREFIX.length)))
    : undefined;
  if (parsed?.success !== true) {
    throw new VaultRefusal(badParameter("Backup blob contains invalid or corrupt data."));
  }
  const secret = parsed.data;
  const key = objectKey(secret.name);
  if (data.secrets.has(key)) {
    throw new VaultRefusal({ ...existsAlready("Secret", secret.name), status: 409, code: "Conflict" });
  }
  if (data.deletedSecrets.has(key)) {
    throw new VaultRefusal(deletedButRecoverable("Secret", secret.name));
  }
  data.secrets.set(key, secret);
  return {
    status: 200,
    body: secretBundle(vault, secret, currentOf(secret), false),
    objectId: secretId(vault, secret.name),
  };
};

function find({ data, name, version }: VaultCall): {
  readonly secret: VaultSecret;
  readonly version: SecretVersion;
} {
  const secret = data.secrets.get(objectKey(name));
  const found =
    version === undefined
      ? secret?.versions.at(-1)
      : secret?.versions.find((each) => each.version === version);
  if (secret === undefined || found === undefined) {
    throw new VaultRefusal(notFound("Secret", name, version));
  }
  return { secret, version: found };
}

function answer({ vault }: VaultCall, secret: VaultSecret, version: SecretVersion, withValue: boolean) {
  return {
    status: 200,
    body: secretBundle(vault, secret, version, withValue),
    objectId: secretId(vault, secret.name, version.version),
  };
}
