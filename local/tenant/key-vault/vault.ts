import { BlockList, isIPv6 } from "node:net";
import { z } from "zod";
import { resourcesOfType, type Resource } from "../state/azure.ts";
import type { Tenant } from "../tenant.ts";

const VAULT_TYPE = "Microsoft.KeyVault/vaults";

const Permissions = z.object({
  secrets: z.array(z.string()).nullish(),
  keys: z.array(z.string()).nullish(),
});

/** What of the ARM resource decides about its data plane. */
const VaultProperties = z.object({
  tenantId: z.string().optional(),
  enableRbacAuthorization: z.boolean().nullish(),
  enablePurgeProtection: z.boolean().nullish(),
  softDeleteRetentionInDays: z.number().nullish(),
  publicNetworkAccess: z.string().nullish(),
  accessPolicies: z
    .array(
      z.object({
        objectId: z.string(),
        applicationId: z.string().nullish(),
        permissions: Permissions,
      }),
    )
    .nullish(),
  networkAcls: z
    .object({
      defaultAction: z.string().nullish(),
      ipRules: z.array(z.object({ value: z.string() })).nullish(),
    })
    .nullish(),
});

interface AccessPolicy {
  readonly objectId: string;
  readonly applicationId: string | undefined;
  readonly secrets: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
}

export interface Vault {
  readonly name: string;
  readonly resourceId: string;
  readonly location: string;
  readonly subscription: string;
  readonly isRbac: boolean;
  readonly policies: readonly AccessPolicy[];
  readonly isPurgeProtected: boolean;
  readonly retentionInDays: number;
  readonly recoveryLevel: string;
  readonly isPublic: boolean;
  admits(address: string): boolean;
}

/** Resources are never changed in place, so what was read from one stays true of it. */
const known = new WeakMap<Resource, Vault>();

/** The vault of this name, which is unique in all of Azure. */
export function findVault(tenant: Tenant, name: string): Vault | undefined {
  for (const resource of resourcesOfType(tenant.state.azure, VAULT_TYPE)) {
    if (resource.name.toLowerCase() === name.toLowerCase()) {
      const read = known.get(resource) ?? readVault(resource);
      known.set(resource, read);
      return read;
    }
  }
  return undefined;
}

function readVault(resource: Resource): Vault {
  const properties = VaultProperties.parse(resource.properties);
  const isPurgeProtected = properties.enablePurgeProtection === true;
  const retentionInDays = properties.softDeleteRetentionInDays ?? 90;
  const level = isPurgeProtected ? "Recoverable" : "Recoverable+Purgeable";
  return {
    name: resource.name,
    resourceId: resource.id,
    location: resource.location ?? "westeurope",
    subscription: /^\/subscriptions\/([^/]+)/i.exec(resource.id)?.[1]?.toLowerCase() ?? "",
    isRbac: properties.enableRbacAuthorization === true,
    policies: (properties.accessPolicies ?? []).map(({ objectId, applicationId, permissions }) => ({
      objectId: objectId.toLowerCase(),
      applicationId: applicationId?.toLowerCase() ?? undefined,
      secrets: lowerCased(permissions.secrets),
      keys: lowerCased(permissions.keys),
    })),
    isPurgeProtected,
    retentionInDays,
    recoveryLevel: retentionInDays < 90 ? `Customized${level}` : level,
    isPublic: properties.publicNetworkAccess?.toLowerCase() !== "disabled",
    admits: admission(properties.networkAcls ?? undefined),
  };
}

function lowerCased(names: readonly string[] | null | undefined): ReadonlySet<string> {
  return new Set((names ?? []).map((name) => name.toLowerCase()));
}

function admission(acls: z.output<typeof VaultProperties>["networkAcls"]): (address: string) => boolean {
  if (acls?.defaultAction?.toLowerCase() !== "deny") {
    return () => true;
  }
  const allowed = new BlockList();
  for (const { value } of acls.ipRules ?? []) {
    const [network = "", prefix] = value.split("/");
    const family = isIPv6(network) ? "ipv6" : "ipv4";
    allowed.addSubnet(
      network,
      prefix === undefined ? (family === "ipv6" ? 128 : 32) : Number(prefix),
      family,
    );
  }
  return (address) => allowed.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
