import { decide } from "../../authorization/decide.ts";
import { managementGroupOf } from "../../authorization/scopes.ts";
import { forget, latest, record } from "../../state/azure/history.ts";
import { isObject, textIn } from "../../state/azure/json.ts";
import type { JsonObject, ManagementGroup, ResourceGroup, Subscription } from "../../state/azure/model.ts";
import { allResources, removeResource } from "../../state/azure/resources.ts";
import { isAtOrBelow } from "../../state/azure/resource-id.ts";
import type { Tenant } from "../../tenant.ts";
import { groupIdsInToken } from "../access.ts";
import { type ArmAnswer, type ArmCall, ok, param, type Route } from "../call.ts";
import { gatewayError, notModelled, resourceGroupNotFound } from "../errors.ts";
import { dropOwnIdentity } from "../identity-change.ts";
import { page, parameter } from "../paging.ts";
import { wireResource } from "../wire-resource.ts";

/** Whether the caller may do this here; lists of containers are cut down to what the caller may read. */
function mayRead(call: ArmCall, action: string, scope: string): boolean {
  const groupIds = groupIdsInToken(call.caller);
  return decide(call.tenant, {
    objectId: call.caller.objectId,
    action,
    scope,
    ...(groupIds === undefined ? {} : { groupIds }),
  }).allowed;
}

/** A subscription shows to whoever holds a role on it or anywhere inside it. */
function showsSubscription(call: ArmCall, subscription: Subscription): boolean {
  const scope = `/subscriptions/${subscription.id}`;
  if (mayRead(call, "Microsoft.Resources/subscriptions/read", scope)) return true;
  return [...call.azure.resourceGroups.current.values()].some(
    ({ id }) =>
      isAtOrBelow(id, scope) && mayRead(call, "Microsoft.Resources/subscriptions/resourceGroups/read", id),
  );
}

function wireSubscription(tenant: Tenant, { id, displayName, state }: Subscription): JsonObject {
  return {
    id: `/subscriptions/${id}`,
    authorizationSource: "RoleBased",
    managedByTenants: [],
    subscriptionId: id,
    tenantId: tenant.id,
    displayName,
    state,
    subscriptionPolicies: {
      locationPlacementId: "Public_2014-09-01",
      quotaId: "PayAsYouGo_2014-09-01",
      spendingLimit: "Off",
    },
  };
}

function wireGroup({ id, name, location, tags, managedBy }: ResourceGroup): JsonObject {
  return {
    id,
    name,
    type: "Microsoft.Resources/resourceGroups",
    location,
    tags,
    ...(managedBy === undefined ? {} : { managedBy }),
    properties: { provisioningState: "Succeeded" },
  };
}

function wireManagementGroup(tenant: Tenant, { name, displayName, parent }: ManagementGroup): JsonObject {
  const parentId = `/providers/Microsoft.Management/managementGroups/${parent ?? tenant.id}`;
  return {
    id: `/providers/Microsoft.Management/managementGroups/${name}`,
    type: "Microsoft.Management/managementGroups",
    name,
    properties: {
      tenantId: tenant.id,
      displayName,
      details: { parent: { id: parentId, name: parent ?? tenant.id } },
    },
  };
}

function writeGroup(call: ArmCall): ArmAnswer {
  const name = param(call, "group");
  const before = latest(call.azure.resourceGroups, call.path);
  if (call.request.method === "PATCH" && !before) return resourceGroupNotFound(name);
  const location = textIn(call.body, "location") || before?.location;
  if (location === undefined) {
    return gatewayError(400, "LocationRequired", "The location property is required for this definition.");
  }
  const tags = isObject(call.body["tags"]) ? call.body["tags"] : undefined;
  const group: ResourceGroup = {
    id: before?.id ?? call.path,
    name: before?.name ?? name,
    location,
    tags: tags
      ? Object.fromEntries(
          Object.entries(tags).map(([key, value]) => [key, typeof value === "string" ? value : ""]),
        )
      : (before?.tags ?? {}),
  };
  record(call.azure.resourceGroups, group.id, group, call.nowInMs);
  return { status: before ? 200 : 201, body: wireGroup(group), from: "provider" };
}

function deleteGroup(call: ArmCall): ArmAnswer {
  const group = latest(call.azure.resourceGroups, call.path);
  if (!group) return resourceGroupNotFound(param(call, "group"));
  for (const gone of removeResource(call.azure, group.id, call.nowInMs)) dropOwnIdentity(call, gone);
  forget(call.azure.resourceGroups, group.id, call.nowInMs);
  // The real answer is 202 with a Location to poll; without a delay there is nothing left to wait for.
  return { status: 200, from: "provider" };
}

function listResources(call: ArmCall, within: string): ArmAnswer {
  const filter = parameter(call, "$filter");
  const type = filter === undefined ? undefined : /^resourceType eq '([^']+)'$/i.exec(filter.trim())?.[1];
  if (filter !== undefined && type === undefined) {
    return notModelled(`the filter "${filter}" on resources`);
  }
  const found = [...allResources(call.azure)].filter(
    (resource) =>
      isAtOrBelow(resource.id, within) &&
      resource.type.split("/").length === 2 &&
      (type === undefined || resource.type.toLowerCase() === type.toLowerCase()) &&
      mayRead(call, `${resource.type}/read`, resource.id),
  );
  return page(
    call,
    found.map((resource) => {
      const { properties: _, ...rest } = wireResource(call.tenant, resource);
      return rest;
    }),
  );
}

export const containerRoutes: readonly Route[] = [
  {
    method: "GET",
    template: "/tenants",
    action: "anyone",
    handle: ({ tenant }) =>
      ok({
        value: [
          {
            id: `/tenants/${tenant.id}`,
            tenantId: tenant.id,
            countryCode: "DE",
            displayName: tenant.displayName,
            domains: [tenant.domain],
            tenantCategory: "Home",
            defaultDomain: tenant.domain,
            tenantType: "AAD",
          },
        ],
      }),
  },
  {
    method: "GET",
    template: "/subscriptions",
    action: "anyone",
    handle: (call) =>
      page(
        call,
        [...call.azure.subscriptions.values()]
          .filter((subscription) => showsSubscription(call, subscription))
          .map((subscription) => wireSubscription(call.tenant, subscription)),
      ),
  },
  {
    method: "GET",
    template: "/subscriptions/{subscription}",
    handle: (call) => {
      const found = call.azure.subscriptions.get(param(call, "subscription").toLowerCase());
      return found ? ok(wireSubscription(call.tenant, found)) : notModelled("a subscription that went away");
    },
  },
  {
    method: "GET",
    template: "/subscriptions/{subscription}/resourceGroups",
    action: "anyone",
    handle: (call) =>
      page(
        call,
        [...call.azure.resourceGroups.current.values()]
          .filter(
            ({ id }) =>
              isAtOrBelow(id, `/subscriptions/${param(call, "subscription")}`) &&
              mayRead(call, "Microsoft.Resources/subscriptions/resourceGroups/read", id),
          )
          .map(wireGroup),
      ),
  },
  {
    method: "GET",
    template: "/subscriptions/{subscription}/resourceGroups/{group}",
    handle: (call) => {
      const group = latest(call.azure.resourceGroups, call.path);
      return group ? ok(wireGroup(group)) : resourceGroupNotFound(param(call, "group"));
    },
  },
  {
    method: "HEAD",
    template: "/subscriptions/{subscription}/resourceGroups/{group}",
    // Whether it exists, and nothing else.
    handle: (call) => ({
      status: latest(call.azure.resourceGroups, call.path) ? 204 : 404,
      from: "provider",
    }),
  },
  ...(["PUT", "PATCH"] as const).map((method): Route => ({
    method,
    template: "/subscriptions/{subscription}/resourceGroups/{group}",
    handle: writeGroup,
  })),
  {
    method: "DELETE",
    template: "/subscriptions/{subscription}/resourceGroups/{group}",
    handle: deleteGroup,
  },
  {
    method: "GET",
    template: "/subscriptions/{subscription}/resources",
    action: "anyone",
    handle: (call) => listResources(call, `/subscriptions/${param(call, "subscription")}`),
  },
  {
    method: "GET",
    template: "/subscriptions/{subscription}/resourceGroups/{group}/resources",
    action: "anyone",
    handle: (call) => listResources(call, call.path.slice(0, -"/resources".length)),
  },
  {
    method: "GET",
    template: "/subscriptions/{subscription}/providers",
    action: "anyone",
    handle: (call) => {
      const namespaces = new Set([...allResources(call.azure)].map(({ type }) => type.split("/")[0] ?? ""));
      return page(
        call,
        [...namespaces].map((namespace) => ({
          id: `/subscriptions/${param(call, "subscription")}/providers/${namespace}`,
          namespace,
          registrationState: "Registered",
          registrationPolicy: "RegistrationRequired",
          resourceTypes: [],
        })),
      );
    },
  },
  {
    method: "GET",
    template: "/providers/Microsoft.Management/managementGroups",
    action: "anyone",
    handle: (call) =>
      page(
        call,
        allManagementGroups(call)
          .map((group) => wireManagementGroup(call.tenant, group))
          .filter((group) =>
            mayRead(call, "Microsoft.Management/managementGroups/read", textIn(group, "id")),
          ),
      ),
  },
  {
    method: "GET",
    template: "/providers/Microsoft.Management/managementGroups/{group}",
    handle: (call) => {
      const name = managementGroupOf(call.path) ?? "";
      const found = allManagementGroups(call).find((group) => group.name.toLowerCase() === name);
      return found
        ? ok(wireManagementGroup(call.tenant, found))
        : gatewayError(404, "NotFound", `Management group '${name}' not found.`); // guess: text not captured
    },
  },
];

/** The root group is there whether or not a scenario names it. */
function allManagementGroups({ azure, tenant }: ArmCall): ManagementGroup[] {
  const named = [...azure.managementGroups.values()];
  const hasRoot = azure.managementGroups.has(tenant.id.toLowerCase());
  return hasRoot ? named : [rootGroup(tenant), ...named];
}

function rootGroup(tenant: Tenant): ManagementGroup {
  return { name: tenant.id, displayName: "Tenant Root Group", parent: undefined };
}
