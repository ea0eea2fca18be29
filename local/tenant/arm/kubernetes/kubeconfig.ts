import { flagIn, objectIn, textIn } from "../../state/azure/json.ts";
import type { Resource } from "../../state/azure/model.ts";
import { parseResourceId } from "../../state/azure/resource-id.ts";
import type { Tenant } from "../../tenant.ts";
import { issueClusterCertificate } from "./certificates.ts";
import { CLUSTER_KEYS, clusterKey, keyPairOf } from "./cluster-keys.ts";

const YEAR_IN_MS = 365 * 86_400_000;
const AUTHORITY = { commonName: "ca" };
/** Application ids of the AKS API server and of kubelogin, the same in all clouds. */
const AKS_SERVER_APPLICATION = "6dae42f8-4368-4678-94ff-3960e28e3630";
const AKS_CLIENT_APPLICATION = "80faf920-1908-4b52-b5ef-a8e7bedfc67a";

/** The certificate of the authority that a cluster trusts for clients and shows for itself, PEM, from its private scalar. */
export function authorityCertificate(scalar: string, atInMs: number): string {
  const { privateKey, publicKey } = keyPairOf(scalar);
  return issueClusterCertificate({
    subject: AUTHORITY,
    publicKey,
    issuer: { subject: AUTHORITY, privateKey },
    notBefore: new Date(atInMs - 86_400_000),
    notAfter: new Date(atInMs + 30 * YEAR_IN_MS),
    use: "authority",
  });
}

function hasEntra(cluster: Resource): boolean {
  return flagIn(objectIn(cluster.properties, "aadProfile"), "managed");
}

/**
 * A kubeconfig as ARM hands it out. Admin ones, and user ones where there is no Entra integration, carry a certificate of
 * `system:masters` and a static token: nothing in them says who fetched them. With Entra a user's has no secret at all.
 */
export function kubeconfig(tenant: Tenant, cluster: Resource, kind: "clusterAdmin" | "clusterUser"): string {
  const { resourceGroup = "" } = parseResourceId(cluster.id);
  const now = tenant.clock.now();
  const host = textIn(cluster.properties, "fqdn") || fqdnOf(cluster);
  const authority = clusterKey(tenant, cluster, CLUSTER_KEYS.authority);
  const ca = base64(authorityCertificate(authority.value, now));
  const user = `${kind}_${resourceGroup}_${cluster.name}`;
  const context = kind === "clusterAdmin" ? `${cluster.name}-admin` : cluster.name;
  const credentials =
    kind === "clusterUser" && hasEntra(cluster)
      ? entraCredentials(tenant)
      : certificateCredentials(tenant, cluster, authority.value, now);
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${ca}
    server: https://${host}:443
  name: ${cluster.name}
contexts:
- context:
    cluster: ${cluster.name}
    user: ${user}
  name: ${context}
current-context: ${context}
kind: Config
preferences: {}
users:
- name: ${user}
  user:
${credentials}`;
}

/** `aks-shop-1a2b3c4d.hcp.westeurope.azmk8s.io` */
export function fqdnOf(cluster: Resource): string {
  const prefix = textIn(cluster.properties, "dnsPrefix") || cluster.name;
  let hash = 0;
  for (const character of cluster.id.toLowerCase())
    hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return `${prefix}-${hash.toString(16).padStart(8, "0")}.hcp.${cluster.location ?? "westeurope"}.azmk8s.io`;
}

function certificateCredentials(tenant: Tenant, cluster: Resource, authority: string, now: number): string {
  const client = keyPairOf(clusterKey(tenant, cluster, `clientKey.${authority.slice(0, 8)}`).value);
  const certificate = issueClusterCertificate({
    subject: { organisation: "system:masters", commonName: "masterclient" },
    publicKey: client.publicKey,
    issuer: { subject: AUTHORITY, privateKey: keyPairOf(authority).privateKey },
    notBefore: new Date(now - 600_000),
    notAfter: new Date(now + 2 * YEAR_IN_MS),
    use: "client",
  });
  const key = client.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const token = clusterKey(tenant, cluster, CLUSTER_KEYS.adminToken).value;
  return `    client-certificate-data: ${base64(certificate)}
    client-key-data: ${base64(key)}
    token: ${token}
`;
}

function entraCredentials(tenant: Tenant): string {
  const args = [
    "get-token",
    "--environment",
    "AzurePublicCloud",
    "--server-id",
    AKS_SERVER_APPLICATION,
    "--client-id",
    AKS_CLIENT_APPLICATION,
    "--tenant-id",
    tenant.id,
    "--login",
    "devicecode",
  ];
  return `    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
${args.map((argument) => `      - ${argument}`).join("\n")}
      command: kubelogin
      env: null
      interactiveMode: IfAvailable
      provideClusterInfo: false
`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
