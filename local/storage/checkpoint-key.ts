import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { isCheckpointKey } from "../../src/record/checkpoint.ts";
import type { CheckpointKey, CheckpointSigner, SigningKey } from "../../src/record/checkpoint-signer.ts";

export interface LocalKey {
  readonly signer: CheckpointSigner;
  readonly signing: SigningKey;
  readonly publicKey: CheckpointKey;
}

/** A checkpoint key held in this process, where no vault is at hand. A PKCS #8 PEM makes it the same key again. */
export function localCheckpointKey(
  options: { readonly pem?: string; readonly keyId?: string } = {},
): LocalKey {
  const { pem, keyId = "local-checkpoint-key" } = options;
  const privateKey: KeyObject =
    pem === undefined ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey : createPrivateKey(pem);
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey: unknown = { kty, crv, x, y };
  if (!isCheckpointKey(publicKey)) throw new TypeError("a checkpoint key is a P-256 key");
  const signing: SigningKey = {
    keyId,
    publicKey,
    sign: (bytes) => Promise.resolve(sign("sha256", bytes, { key: privateKey, dsaEncoding: "ieee-p1363" })),
  };
  return { publicKey, signing, signer: { key: () => Promise.resolve(signing) } };
}
