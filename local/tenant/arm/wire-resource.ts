import type { AzureState, JsonObject, Resource, ResourceIdentity } from "../state/azure/model.ts";
import { findResource } from "../state/azure/resources.ts";
import { operationInProgress } from "./operations.ts";
import type { Tenant } from "../tenant.ts";

/** A resource as ARM serves it, with the identities it has now and the state of an operation under way. */
export function wireResource(tenant: Tenant, resource: Resource, extra: JsonObject = {}): JsonObject {
  const azure = tenant.state.azure;
  const busy = operationInProgress(tenant, resource.id);
  return {
    id: resource.id,
    name: wireName(resource),
    type: resource.type,
    ...(resource.kind === undefined ? {} : { kind: resource.kind }),
    ...(resource.location === undefined ? {} : { location: resource.location }),
    ...(resource.tags === undefined ? {} : { tags: resource.tags }),
    ...(resource.sku === undefined ? {} : { sku: resource.sku }),
    ...(resource.zones === undefined ? {} : { zones: resource.zones }),
    ...(resource.identity === undefined ? {} : { identity: wireIdentity(tenant, azure, resource.identity) }),
    ...(resource.etag === undefined ? {} : { etag: resource.etag }),
    properties: {
      ...(isTopLevel(resource) ? { provisioningState: "Succeeded" } : {}),
      ...resource.properties,
      ...extra,
      // Last: what a type serves of its own may hold the state that was written.
      ...(busy ? { provisioningState: "Updating" } : {}),
    },
  };
}

/** Slots and their like carry their parent's name in front. */
export function wireName(resource: Resource): string {
  if (resource.type.toLowerCase() !== "microsoft.web/sites/slots") return resource.name;
  return `${resource.id.split("/").at(-3) ?? ""}/${resource.name}`;
}

export function wireIdentity(tenant: Tenant, azure: AzureState, identity: ResourceIdentity): JsonObject {
  const { systemAssigned, userAssigned } = identity;
  const attached = Object.fromEntries(
    userAssigned.map((id): [string, JsonObject] => {
      const properties = findResource(azure, id)?.properties;
      // The reference outlives a deleted identity; Azure then serves it without ids.
      return [
        id,
        properties
          ? { principalId: properties["principalId"] ?? null, clientId: properties["clientId"] ?? null }
          : {},
      ];
    }),
  );
  return {
    type: identityTypeOf(identity),
    ...(systemAssigned ? { principalId: systemAssigned.principalId, tenantId: tenant.id } : {}),
    ...(userAssigned.length > 0 ? { userAssignedIdentities: attached } : {}),
  };
}

function identityTypeOf({ systemAssigned, userAssigned }: ResourceIdentity): string {
  const kinds = [systemAssigned && "SystemAssigned", userAssigned.length > 0 && "UserAssigned"].filter(
    Boolean,
  );
  return kinds.length === 0 ? "None" : kinds.join(", ");
}

function isTopLevel(resource: Resource): boolean {
  return resource.type.split("/").length === 2;
}
