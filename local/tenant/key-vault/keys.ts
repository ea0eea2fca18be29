import { ecJwkFrom, objectKey, type EcJwk, type KeyVersion, type VaultKey } from "../state/vaults.ts";
import { currentOf, keyBundle, keyId, keyItem, present } from "./bundles.ts";
import {
  badParameter,
  deletedButRecoverable,
  keyOutsideItsDates,
  notFound,
  notModelled,
  objectDisabled,
  operationNotPermitted,
  VaultRefusal,
} from "./errors.ts";
import type { Operation, VaultCall } from "./operation.ts";
import { page } from "./paging.ts";
import { publicJwkOf, signDigest, verifyDigest } from "./p256.ts";
import { CreateKey, ImportKey, parseBody, Sign, UpdateKey, Verify } from "./parameters.ts";

export const listKeys: Operation = ({ vault, data, request }) => ({
  status: 200,
  body: page(vault, request.url, data.keys.keys(), (id) => {
    const key = present(data.keys.get(id));
    return keyItem(vault, key, currentOf(key), false);
  }),
});

export const listKeyVersions: Operation = ({ vault, data, request, name }) => {
  const key = data.keys.get(objectKey(name));
  const versions = new Map(key?.versions.map((version) => [version.version, version]));
  return {
    status: 200,
    body: page(vault, request.url, versions.keys(), (version) =>
      keyItem(vault, present(key), present(versions.get(version)), true),
    ),
  };
};

/** Unlike a secret, a disabled key can still be read: only its public half is in the answer. */
export const getKey: Operation = (call) => {
  const { key, version } = find(call);
  return answer(call, key, version);
};

export const createKey: Operation = (call) => {
  const given = parseBody(CreateKey, call.request.body);
  requireP256(given.kty, given.crv);
  return addVersion(call, newPair(call), given.key_ops, given);
};

export const importKey: Operation = (call) => {
  const given = parseBody(ImportKey, call.request.body);
  requireP256(given.key.kty, given.key.crv);
  if (given.key.d === undefined) {
    throw new VaultRefusal(badParameter("The key to import has no private part."));
  }
  const d = Buffer.from(given.key.d, "base64url").toString("base64url");
  return addVersion(call, { ...publicJwkOf(d), d }, given.key.key_ops, given);
};

export const rotateKey: Operation = (call) => {
  const { version } = find(call);
  return addVersion(call, newPair(call), version.operations, {
    attributes: { enabled: true, notBefore: undefined, expires: undefined },
    tags: version.tags,
  });
};

export const updateKey: Operation = (call) => {
  const given = parseBody(UpdateKey, call.request.body);
  const { key, version } = find(call);
  version.operations = given.key_ops ?? version.operations;
  version.tags = given.tags ?? version.tags;
  version.enabled = given.attributes.enabled ?? version.enabled;
  version.notBefore = given.attributes.notBefore ?? version.notBefore;
  version.expires = given.attributes.expires ?? version.expires;
  version.updated = call.tenant.clock.now();
  return answer(call, key, version);
};

/** Signs a digest of 32 bytes with ES256; what was hashed Key Vault never sees. */
export const sign: Operation = (call) => {
  const given = parseBody(Sign, call.request.body);
  const { key, version } = usable(call, "sign");
  const digest = digestOf(given.alg, given.value);
  return {
    status: 200,
    body: {
      kid: keyId(call.vault, key.name, version.version),
      value: signDigest(version.jwk, digest).toString("base64url"),
    },
    objectId: keyId(call.vault, key.name, version.version),
  };
};

export const verify: Operation = (call) => {
  const given = parseBody(Verify, call.request.body);
  const { key, version } = usable(call, "verify");
  const digest = digestOf(given.alg, given.digest);
  return {
    status: 200,
    body: { value: verifyDigest(version.jwk, digest, Buffer.from(given.value, "base64url")) },
    objectId: keyId(call.vault, key.name, version.version),
  };
};

function requireP256(type: string, curve: string | undefined): void {
  if (type !== "EC" || (curve ?? "P-256") !== "P-256") {
    throw new VaultRefusal(notModelled(`keys of type ${type} ${curve ?? ""}; it has P-256 keys only`));
  }
}

function digestOf(algorithm: string, text: string): Buffer {
  if (algorithm !== "ES256") {
    throw new VaultRefusal(notModelled(`the algorithm ${algorithm}; its P-256 keys sign with ES256`));
  }
  const digest = Buffer.from(text, "base64url");
  if (digest.length !== 32) {
    // guess: the text was not found as served.
    throw new VaultRefusal(
      badParameter(`Invalid length of 'value': ${digest.length} bytes. ES256 requires 32 bytes.`),
    );
  }
  return digest;
}

function usable(call: VaultCall, operation: "sign" | "verify") {
  const found = find(call);
  const now = call.tenant.clock.now();
  if (!found.version.enabled) {
    throw new VaultRefusal(objectDisabled("Key", operation));
  }
  if (now < (found.version.notBefore ?? now) || now > (found.version.expires ?? now)) {
    throw new VaultRefusal(keyOutsideItsDates(operation));
  }
  if (!found.version.operations.includes(operation)) {
    throw new VaultRefusal(operationNotPermitted(operation));
  }
  return found;
}

function newPair(call: VaultCall): EcJwk {
  return ecJwkFrom(call.tenant.random.hex(64));
}

interface GivenProperties {
  readonly attributes: {
    readonly enabled: boolean | undefined;
    readonly notBefore: number | undefined;
    readonly expires: number | undefined;
  };
  readonly tags: Readonly<Record<string, string>> | undefined;
}

function addVersion(
  call: VaultCall,
  jwk: EcJwk,
  operations: readonly string[] | undefined,
  given: GivenProperties,
) {
  const { tenant, data, name } = call;
  const id = objectKey(name);
  if (data.deletedKeys.has(id)) {
    throw new VaultRefusal(deletedButRecoverable("Key", name));
  }
  const now = tenant.clock.now();
  const key: VaultKey = data.keys.get(id) ?? { name, versions: [] };
  const version: KeyVersion = {
    version: tenant.random.hex(32),
    jwk,
    operations: operations ?? ["sign", "verify"],
    tags: given.tags,
    enabled: given.attributes.enabled ?? true,
    notBefore: given.attributes.notBefore,
    expires: given.attributes.expires,
    created: now,
    updated: now,
  };
  key.versions.push(version);
  data.keys.set(id, key);
  return answer(call, key, version);
}

function find({ data, name, version }: VaultCall): { readonly key: VaultKey; readonly version: KeyVersion } {
  const key = data.keys.get(objectKey(name));
  const found =
    version === undefined ? key?.versions.at(-1) : key?.versions.find((each) => each.version === version);
  if (key === undefined || found === undefined) {
    throw new VaultRefusal(notFound("Key", name, version));
  }
  return { key, version: found };
}

function answer({ vault }: VaultCall, key: VaultKey, version: KeyVersion) {
  return {
    status: 200,
    body: keyBundle(vault, key, version),
    objectId: keyId(vault, key.name, version.version),
  };
}
