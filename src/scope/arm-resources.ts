import { z } from "zod";
import { byText } from "./identifiers.ts";

/** A resource as Resource Graph rows have it. `properties` is parsed by whoever knows the type. */
export const ArmResource = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string().transform((type) => type.toLowerCase()),
  location: z.string().nullish(),
  kind: z.string().nullish(),
  tags: z.record(z.string(), z.string().nullish()).nullish(),
  identity: z
    .object({
      type: z.string().nullish(),
      principalId: z.string().nullish(),
      userAssignedIdentities: z
        .record(
          z.string(),
          z.object({ principalId: z.string().nullish(), clientId: z.string().nullish() }).nullish(),
        )
        .nullish(),
    })
    .nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
});
export type ArmResource = z.infer<typeof ArmResource>;

export const USER_ASSIGNED_IDENTITY = "microsoft.managedidentity/userassignedidentities";
export const CLUSTER = "microsoft.containerservice/managedclusters";

/** Tags sorted by name, the empty ones left in as empty texts. */
export function tagsOf(
  tags: Readonly<Record<string, string | null | undefined>> | null | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags ?? {})
      .map(([name, value]): [string, string] => [name, value ?? ""])
      .toSorted(([a], [b]) => byText(a, b)),
  );
}

const ClusterIdentities = z.object({
  identityProfile: z
    .record(
      z.string(),
      z.object({ objectId: z.string().nullish(), resourceId: z.string().nullish() }).nullish(),
    )
    .nullish(),
  servicePrincipalProfile: z.object({ clientId: z.string().nullish() }).nullish(),
  oidcIssuerProfile: z.object({ issuerURL: z.string().nullish() }).nullish(),
});

/** An identity of a resource: by its object id, or, for a cluster's own service principal, its app id. */
export interface ResourceIdentity {
  readonly id: string;
  readonly how: string;
}

/** Every identity code on this resource can get tokens for. */
export function identitiesOf(resource: ArmResource): readonly ResourceIdentity[] {
  const found: ResourceIdentity[] = [];
  const { identity } = resource;
  if (identity?.principalId != null) {
    found.push({ id: identity.principalId, how: `system-assigned identity of ${resource.name}` });
  }
  for (const [id, ids] of Object.entries(identity?.userAssignedIdentities ?? {})) {
    const principalId = ids?.principalId;
    if (principalId != null)
      found.push({ id: principalId, how: `${lastSegment(id)}, fastened to ${resource.name}` });
  }
  if (resource.type === USER_ASSIGNED_IDENTITY) {
    const own = z.object({ principalId: z.string() }).safeParse(resource.properties);
    if (own.success) found.push({ id: own.data.principalId, how: `identity ${resource.name}` });
  }
  if (resource.type === CLUSTER) {
    const cluster = ClusterIdentities.safeParse(resource.properties);
    for (const [profile, ids] of Object.entries(cluster.data?.identityProfile ?? {})) {
      const objectId = ids?.objectId;
      if (objectId != null) found.push({ id: objectId, how: `${profile} of cluster ${resource.name}` });
    }
    const appId = cluster.data?.servicePrincipalProfile?.clientId;
    // `msi` is what clusters with a managed identity have in place of an app id.
    if (appId != null && appId !== "msi") {
      found.push({ id: appId, how: `service principal of cluster ${resource.name}` });
    }
  }
  return found;
}

/** The issuer whose tokens a cluster's service accounts carry; null where the cluster has none. */
export function issuerOf(cluster: ArmResource): string | null {
  return ClusterIdentities.safeParse(cluster.properties).data?.oidcIssuerProfile?.issuerURL ?? null;
}

export function lastSegment(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
