import { z } from "zod";
import type { ConsumerKind } from "../../case/secret-consumer.ts";
import { addressesIn, type Consumer } from "./consumer.ts";

/**
 * Resources whose own properties have a secret's address in them: container apps, machines and their extensions, gateways'
 * certificates, whatever else. One query for all of them; settings of sites are not among properties.
 */
export const NAMING_RESOURCES = `resources
| where tostring(properties) contains '.vault.azure.net/secrets/' or tostring(properties) contains '.vault.azure.net/certificates/'
| project id, type, properties
| order by id asc`;

export const NamingResource = z.object({
  id: z.string(),
  type: z.string(),
  properties: z.unknown(),
});

/** Every address in a resource's properties, and where it stands there. Pure. */
export function consumersNamedIn({
  id,
  type,
  properties,
}: z.infer<typeof NamingResource>): readonly Consumer[] {
  const kind = kindOf(type.toLowerCase());
  const found: Consumer[] = [];
  const look = (value: unknown, path: readonly string[], owner: string | null): void => {
    if (typeof value === "string") {
      for (const address of addressesIn(value))
        found.push({ kind, resourceId: id, setting: owner ?? path.join("."), ...address });
    } else if (Array.isArray(value)) {
      value.forEach((item) => look(item, path, owner));
    } else if (typeof value === "object" && value !== null) {
      const named =
        z.object({ name: z.string(), keyVaultUrl: z.string() }).safeParse(value).data?.name ?? owner;
      for (const [key, item] of Object.entries(value)) look(item, [...path, key], named);
    }
  };
  look(properties, [], null);
  // The same secret may stand in several places of one resource, which breaks once.
  return [
    ...new Map(
      found.map((it) => [`${it.vaultName}/${it.secretName}/${it.setting}/${it.version}`.toLowerCase(), it]),
    ).values(),
  ];
}

function kindOf(type: string): ConsumerKind {
  if (type === "microsoft.app/containerapps" || type === "microsoft.app/jobs") return "container-app";
  return type.startsWith("microsoft.compute/") ? "machine" : "resource";
}
