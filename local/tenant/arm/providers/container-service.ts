import { flagIn, isObject, listIn, objectIn, textIn, textsIn } from "../../state/azure/json.ts";
import type { JsonObject, Resource } from "../../state/azure/model.ts";
import { findResource } from "../../state/azure/resources.ts";
import { namedGuid, seededRandom } from "../../random.ts";
import { type ArmAnswer, type ArmCall, inGroup, ok, param, type Route } from "../call.ts";
import { badRequest, notModelled, resourceNotFound } from "../errors.ts";
import { setKey } from "../keys.ts";
import { CLUSTER_KEYS, clusterKey } from "../kubernetes/cluster-keys.ts";
import { fqdnOf, kubeconfig } from "../kubernetes/kubeconfig.ts";
import { MAX_AUTHORIZED_IP_RANGES } from "../limits.ts";
import { operationInProgress, startOperation } from "../operations.ts";
import { actionRoute, resourceRoutes, type Write } from "../resource-type.ts";

const CLUSTER = "Microsoft.ContainerService/managedClusters";
const DAY_IN_MS = 86_400_000;

/** The container service's errors have no envelope. */
function flatError(status: number, code: string, message: string, more: JsonObject = {}): ArmAnswer {
  return { status, from: "provider", body: { code, message, ...more } };
}

function busy(call: ArmCall, clusterId: string): ArmAnswer | undefined {
  if (!operationInProgress(call.tenant, clusterId)) return undefined;
  if (call.request.headers["if-match"] !== undefined) {
    return flatError(
      409,
      "EtagMismatch",
      "Operation is not allowed: Another operation is in progress. Please refer https://aka.ms/aks/aksoperationpreempted to for more details.",
      {
        details: [
          {
            code: "Unspecified",
            message: "rpc error: code = FailedPrecondition desc = Etag mismatched",
          },
        ],
        subcode: "",
      },
    );
  }
  return flatError(
    409,
    "OperationNotAllowed",
    "Operation is not allowed: Another operation (Updating) is in progress, please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details",
  );
}

function refuseWrite(call: ArmCall, { before, properties, id }: Write): ArmAnswer | undefined {
  const inProgress = busy(call, id);
  if (inProgress) return inProgress;
  if (call.request.method === "PATCH" && Object.keys(objectIn(call.body, "properties")).length > 0) {
    // guess: PATCH knows tags and nothing else; how it refuses more is not captured.
    return badRequest("Only tags can be updated with PATCH.", "InvalidParameter");
  }
  const access = objectIn(properties, "apiServerAccessProfile");
  const ranges = textsIn(access, "authorizedIPRanges");
  if (ranges.length > MAX_AUTHORIZED_IP_RANGES) {
    return badRequest(
      `At most ${MAX_AUTHORIZED_IP_RANGES} authorized IP ranges are allowed.`,
      "InvalidParameter",
    ); // guess: text not captured
  }
  if (ranges.length > 0 && flagIn(access, "enablePrivateCluster")) {
    return badRequest("Authorized IP ranges cannot be used with a private cluster.", "InvalidParameter"); // guess: text not captured
  }
  const had = (path: string, flag: string) => flagIn(objectIn(before?.properties, path), flag);
  if (had("aadProfile", "managed") && !flagIn(objectIn(properties, "aadProfile"), "managed")) {
    return badRequest("Microsoft Entra integration cannot be disabled.", "InvalidParameter"); // guess: text not captured
  }
  if (had("oidcIssuerProfile", "enabled") && objectIn(properties, "oidcIssuerProfile")["enabled"] === false) {
    return badRequest("The OIDC issuer cannot be disabled once it is enabled.", "InvalidParameter"); // guess: text not captured
  }
  return undefined;
}

function serve(tenantId: string, cluster: Resource): JsonObject {
  const issuer = objectIn(cluster.properties, "oidcIssuerProfile");
  const fqdn = textIn(cluster.properties, "fqdn") || fqdnOf(cluster);
  return {
    fqdn,
    azurePortalFQDN: fqdn.replace(".hcp.", ".portal.hcp."),
    powerState: { code: "Running" },
    nodeResourceGroup: `MC_${cluster.id.split("/")[4] ?? ""}_${cluster.name}_${cluster.location ?? ""}`,
    disableLocalAccounts: flagIn(cluster.properties, "disableLocalAccounts"),
    ...cluster.properties,
    ...(flagIn(issuer, "enabled")
      ? {
          oidcIssuerProfile: {
            ...issuer,
            issuerURL: textIn(issuer, "issuerURL") || issuerOf(tenantId, cluster),
          },
        }
      : {}),
  };
}

/** With the slash at its end, which federated credentials must repeat. */
function issuerOf(tenantId: string, cluster: Resource): string {
  return `https://${cluster.location ?? "westeurope"}.oic.prod-aks.azure.com/${tenantId}/${namedGuid("oidc", cluster.id.toLowerCase())}/`;
}

function credentials(call: ArmCall, cluster: Resource, kind: "clusterAdmin" | "clusterUser"): ArmAnswer {
  if (kind === "clusterAdmin" && flagIn(cluster.properties, "disableLocalAccounts")) {
    return badRequest(
      "Getting static credential isn't allowed because this cluster is set to disable local accounts.",
    );
  }
  const value = Buffer.from(kubeconfig(call.tenant, cluster, kind)).toString("base64");
  return ok({ kubeconfigs: [{ name: kind, value }] });
}

function accessProfile(call: ArmCall): ArmAnswer {
  const id = call.path.split("/").slice(0, -3).join("/");
  const cluster = findResource(call.azure, id);
  if (!cluster) return resourceNotFound(id);
  const kind = (["clusterAdmin", "clusterUser"] as const).find(
    (it) => it.toLowerCase() === param(call, "profile").toLowerCase(),
  );
  if (!kind) return resourceNotFound(call.path);
  const refusal = credentials(call, cluster, kind);
  if (refusal.status !== 200) return refusal;
  return ok({
    id: `${cluster.id}/accessProfiles/${kind}`,
    name: kind,
    type: `${CLUSTER}/AccessProfiles`,
    location: cluster.location,
    properties: { kubeConfig: Buffer.from(kubeconfig(call.tenant, cluster, kind)).toString("base64") },
  });
}

function rotate(call: ArmCall, cluster: Resource, what: "certificates" | "signing-keys"): ArmAnswer {
  const inProgress = busy(call, cluster.id);
  if (inProgress) return inProgress;
  const { tenant } = call;
  const renew = (name: string, oldAcceptedForInMs: number) => {
    clusterKey(tenant, cluster, name);
    setKey(call, cluster, name, seededRandom(tenant.random.hex(64)).hex(64), oldAcceptedForInMs);
  };
  if (what === "certificates") {
    // A new authority, and with it every certificate and token; the old ones work until the rotation is done.
    renew(CLUSTER_KEYS.authority, tenant.delays.longRunningOperationInMs);
    renew(CLUSTER_KEYS.adminToken, tenant.delays.longRunningOperationInMs);
    renew(CLUSTER_KEYS.signingKey, tenant.delays.longRunningOperationInMs);
  } else {
    // The old signing key stays good for a day; a second rotation is what ends it at once.
    renew(CLUSTER_KEYS.signingKey, DAY_IN_MS);
  }
  const { headers } = startOperation(call, {
    resourceId: cluster.id,
    location: cluster.location ?? "westeurope",
    namespace: "Microsoft.ContainerService",
  });
  return { status: 202, headers, from: "provider" };
}

function agentPools(call: ArmCall): ArmAnswer {
  const id = call.path.split("/").slice(0, -1).join("/");
  const cluster = findResource(call.azure, id);
  if (!cluster) return resourceNotFound(id);
  return ok({
    value: listIn(cluster.properties, "agentPoolProfiles")
      .filter(isObject)
      .map((pool) => ({
        id: `${cluster.id}/agentPools/${textIn(pool, "name")}`,
        name: textIn(pool, "name"),
        type: `${CLUSTER}/agentPools`,
        properties: pool,
      })),
  });
}

const ONE = `${CLUSTER}/{cluster}`;

export const containerServiceRoutes: readonly Route[] = [
  ...resourceRoutes({
    type: CLUSTER,
    longRunning: true,
    hasEtag: true,
    refuse: refuseWrite,
    readOnly: ["fqdn", "azurePortalFQDN", "nodeResourceGroup", "currentKubernetesVersion"],
    serve: (tenant, cluster) => serve(tenant.id, cluster),
    refuseDelete: (call, cluster) => busy(call, cluster.id),
  }),
  actionRoute(CLUSTER, "listClusterAdminCredential", (call, cluster) =>
    credentials(call, cluster, "clusterAdmin"),
  ),
  actionRoute(CLUSTER, "listClusterUserCredential", (call, cluster) =>
    credentials(call, cluster, "clusterUser"),
  ),
  // The third, old door to the same kubeconfigs.
  {
    method: "POST",
    template: inGroup(`${ONE}/accessProfiles/{profile}/listCredential`),
    handle: accessProfile,
  },
  actionRoute(CLUSTER, "rotateClusterCertificates", (call, cluster) => rotate(call, cluster, "certificates")),
  actionRoute(CLUSTER, "rotateServiceAccountSigningKeys", (call, cluster) =>
    rotate(call, cluster, "signing-keys"),
  ),
  actionRoute(CLUSTER, "runCommand", () => notModelled("the run command of AKS")),
  {
    method: "GET",
    template: inGroup(`${ONE}/commandResults/{command}`),
    handle: () => notModelled("the run command of AKS"),
  },
  actionRoute(CLUSTER, "stop", () => notModelled("stopping a cluster")),
  { method: "GET", template: inGroup(`${ONE}/agentPools`), handle: agentPools },
  ...resourceRoutes({ type: `${CLUSTER}/identityBindings`, methods: ["GET", "LIST", "DELETE"] }),
];
