import { createHash } from "node:crypto";
import type { TokenCredential } from "@azure/core-auth";
import {
  CryptographyClient,
  KeyClient,
  type KeyClientOptions,
  type KeyVaultKey,
  parseKeyVaultKeyIdentifier,
} from "@azure/keyvault-keys";
import type { CheckpointKey, CheckpointSigner, SigningKey } from "./checkpoint-signer.ts";
import { RecordError } from "./record-error.ts";

/**
 * Signs checkpoints with a P-256 key in Key Vault, whose URL may name a version; otherwise the current one is taken and
 * kept until signing fails. Limits: needs the key's get and sign rights; one request reads the key, then each signature one.
 */
export function keyVaultSigner(
  keyUrl: string,
  credential: TokenCredential,
  options: Pick<KeyClientOptions, "additionalPolicies"> = {},
): CheckpointSigner {
  const { vaultUrl, name, version } = parseKeyVaultKeyIdentifier(keyUrl);
  const keys = new KeyClient(vaultUrl, credential, options);
  let opened: Promise<SigningKey> | undefined;

  const open = async (): Promise<SigningKey> => {
    const key = await keys.getKey(name, version === undefined || version === "" ? {} : { version });
    const { id: keyId } = key;
    const publicKey = publicKeyOf(key);
    if (keyId === undefined || publicKey === undefined) {
      throw new RecordError({ code: "CHECKPOINT_KEY_UNUSABLE", message: `${keyUrl} is not a P-256 key` });
    }
    const client = new CryptographyClient(key, credential, options);
    return {
      keyId,
      publicKey,
      async sign(bytes) {
        try {
          // The vault signs a digest, so that only 32 bytes are sent.
          return (await client.sign("ES256", createHash("sha256").update(bytes).digest())).result;
        } catch (error) {
          // The version may have been disabled after a rotation: the next checkpoint looks for the current one.
          opened = undefined;
          throw error;
        }
      },
    };
  };

  return {
    key() {
      opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
  };
}

function publicKeyOf({ key }: KeyVaultKey): CheckpointKey | undefined {
  if (key?.crv !== "P-256" || key.x?.length !== 32 || key.y?.length !== 32) return undefined;
  const text = (coordinate: Uint8Array) => Buffer.from(coordinate).toString("base64url");
  return { kty: "EC", crv: "P-256", x: text(key.x), y: text(key.y) };
}
