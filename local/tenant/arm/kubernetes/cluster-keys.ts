import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { seededRandom } from "../../random.ts";
import type { AzureState, HeldKey, Resource } from "../../state/azure/model.ts";
import type { Tenant } from "../../tenant.ts";

/** What a cluster's own keys are called among its held keys. */
export const CLUSTER_KEYS = {
  /** Private scalar of the certificate authority, in hexadecimal. Replaced by a certificate rotation. */
  authority: "certificateAuthority",
  /** The static token of the admin kubeconfig. */
  adminToken: "adminToken",
  /** Private scalar of the key that signs service-account tokens. */
  signingKey: "serviceAccountSigningKey",
} as const;

/** A cluster's key, made from its id when it is first asked for. */
export function clusterKey(tenant: Tenant, cluster: Pick<Resource, "id">, name: string): HeldKey {
  const { azure } = tenant.state;
  const held = keysOf(azure, cluster).get(name.toLowerCase());
  if (held) return held;
  const value = seededRandom(`${tenant.id} ${cluster.id.toLowerCase()} ${name}`).hex(64);
  const key: HeldKey = { name, value, createdAt: 0 };
  keysOf(azure, cluster).set(name.toLowerCase(), key);
  return key;
}

/** Values accepted now: the current one, and the one before it while its replacement is not done. */
export function acceptedClusterKeys(
  tenant: Tenant,
  cluster: Pick<Resource, "id">,
  name: string,
): readonly string[] {
  const key = clusterKey(tenant, cluster, name);
  const { previous } = key;
  return previous && previous.acceptedUntil > tenant.clock.now() ? [key.value, previous.value] : [key.value];
}

/** The P-256 key pair of a private scalar in hexadecimal. */
export function keyPairOf(scalar: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const curve = createECDH("prime256v1");
  // The top bit is cleared, so that the scalar is below the curve's order.
  const bytes = Buffer.from(scalar, "hex");
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  curve.setPrivateKey(bytes);
  const point = curve.getPublicKey();
  const privateKey = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      d: bytes.toString("base64url"),
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    },
  });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function keysOf(azure: AzureState, cluster: Pick<Resource, "id">): Map<string, HeldKey> {
  const id = cluster.id.toLowerCase();
  const keys = azure.keys.get(id) ?? new Map<string, HeldKey>();
  azure.keys.set(id, keys);
  return keys;
}
