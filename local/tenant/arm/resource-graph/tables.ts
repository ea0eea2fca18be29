import { managementGroupsAbove } from "../../authorization/scopes.ts";
import { allAsOf } from "../../state/azure/history.ts";
import type { Json, JsonObject, Resource } from "../../state/azure/model.ts";
import { parseResourceId } from "../../state/azure/resource-id.ts";
import type { Tenant } from "../../tenant.ts";
import { wireIdentity, wireName } from "../wire-resource.ts";

/** One row, and what must be readable, and where, for the caller to see it. */
export interface TableRow {
  readonly scope: string;
  readonly readAction: string;
  readonly row: JsonObject;
}

export interface Table {
  readonly columns: readonly string[];
  rows(tenant: Tenant): Generator<TableRow>;
}

const COLUMNS = [
  "id",
  "name",
  "type",
  "tenantId",
  "kind",
  "location",
  "resourceGroup",
  "subscriptionId",
  "managedBy",
  "sku",
  "plan",
  "properties",
  "tags",
  "identity",
  "zones",
  "extendedLocation",
];

/** Children that Resource Graph has as resources of their own; all others show only in their parents, if at all. */
const NESTED_TYPES = new Set([
  "microsoft.web/sites/slots",
  "microsoft.sql/servers/databases",
  "microsoft.compute/virtualmachines/extensions",
]);

/** What Resource Graph saw a while ago: it learns of changes late. */
function seenAt(tenant: Tenant): number {
  return tenant.clock.now() - tenant.delays.resourceGraphInMs;
}

function* resources(tenant: Tenant): Generator<TableRow> {
  for (const resource of allAsOf(tenant.state.azure.resources.byId, seenAt(tenant))) {
    if (resource.type.split("/").length > 2 && !NESTED_TYPES.has(resource.type.toLowerCase())) continue;
    yield {
      scope: resource.id,
      readAction: `${resource.type}/read`,
      row: resourceRow(tenant, resource),
    };
  }
}

function resourceRow(tenant: Tenant, resource: Resource): JsonObject {
  const { subscriptionId = "", resourceGroup = "" } = parseResourceId(resource.id);
  return {
    id: resource.id,
    name: wireName(resource),
    type: resource.type.toLowerCase(),
    tenantId: tenant.id,
    kind: resource.kind ?? "",
    location: resource.location ?? "",
    // Resource Graph lower-cases types and groups, and leaves ids as they are.
    resourceGroup: resourceGroup.toLowerCase(),
    subscriptionId,
    managedBy: "",
    sku: resource.sku ?? null,
    plan: null,
    properties: { provisioningState: "Succeeded", ...resource.properties },
    tags: resource.tags ?? null,
    identity: resource.identity ? wireIdentity(tenant, tenant.state.azure, resource.identity) : null,
    zones: resource.zones ?? null,
    extendedLocation: null,
  };
}

/** guess: without a subscription, as public queries join on them. */
function roleDefinitionId(guid: string): string {
  return `/providers/Microsoft.Authorization/RoleDefinitions/${guid}`;
}

function* authorizationResources(tenant: Tenant): Generator<TableRow> {
  const at = seenAt(tenant);
  const common = { tenantId: tenant.id, kind: "", location: "", managedBy: "" };
  for (const assignment of allAsOf(tenant.state.azure.roleAssignments.byId, at)) {
    const { subscriptionId = "", resourceGroup = "" } = parseResourceId(assignment.id);
    yield {
      scope: assignment.scope,
      readAction: "Microsoft.Authorization/roleAssignments/read",
      row: {
        ...common,
        id: assignment.id,
        name: assignment.name,
        type: "microsoft.authorization/roleassignments",
        resourceGroup: resourceGroup.toLowerCase(),
        subscriptionId,
        properties: {
          scope: assignment.scope,
          principalId: assignment.principalId,
          principalType: assignment.principalType,
          roleDefinitionId: roleDefinitionId(assignment.roleDefinition),
          createdOn: assignment.createdOn,
          updatedOn: assignment.updatedOn,
          createdBy: assignment.createdBy,
          updatedBy: assignment.updatedBy,
          ...(assignment.condition === null
            ? {}
            : { condition: assignment.condition, conditionVersion: assignment.conditionVersion }),
          ...(assignment.description === null ? {} : { description: assignment.description }),
        },
      },
    };
  }
  for (const role of allAsOf(tenant.state.azure.roleDefinitions, at)) {
    yield {
      // Built-in roles belong to no subscription, and every reader of any scope sees them.
      scope: role.type === "BuiltInRole" ? "" : (role.assignableScopes[0] ?? "/"),
      readAction: "Microsoft.Authorization/roleDefinitions/read",
      row: {
        ...common,
        id: roleDefinitionId(role.name),
        name: role.name,
        type: "microsoft.authorization/roledefinitions",
        resourceGroup: "",
        subscriptionId: "",
        properties: {
          roleName: role.roleName,
          description: role.description,
          type: role.type,
          assignableScopes: role.assignableScopes,
          permissions: role.permissions.map((it): Json => ({
            actions: it.actions,
            notActions: it.notActions,
            dataActions: it.dataActions,
            notDataActions: it.notDataActions,
          })),
          createdOn: role.createdOn,
          updatedOn: role.updatedOn,
        },
      },
    };
  }
}

function* resourceContainers(tenant: Tenant): Generator<TableRow> {
  const { azure } = tenant.state;
  const common = { tenantId: tenant.id, kind: "", managedBy: "" };
  for (const subscription of azure.subscriptions.values()) {
    const scope = `/subscriptions/${subscription.id}`;
    yield {
      scope,
      readAction: "Microsoft.Resources/subscriptions/read",
      row: {
        ...common,
        id: scope,
        name: subscription.displayName,
        type: "microsoft.resources/subscriptions",
        location: "",
        resourceGroup: "",
        subscriptionId: subscription.id,
        properties: {
          state: subscription.state,
          managementGroupAncestorsChain: managementGroupsAbove(tenant, scope).map((name) => ({
            name,
            displayName: azure.managementGroups.get(name)?.displayName ?? name,
          })),
        },
        tags: null,
      },
    };
  }
  for (const group of allAsOf(azure.resourceGroups, seenAt(tenant))) {
    yield {
      scope: group.id,
      readAction: "Microsoft.Resources/subscriptions/resourceGroups/read",
      row: {
        ...common,
        id: group.id,
        name: group.name,
        type: "microsoft.resources/subscriptions/resourcegroups",
        location: group.location,
        resourceGroup: group.name.toLowerCase(),
        subscriptionId: parseResourceId(group.id).subscriptionId ?? "",
        properties: { provisioningState: "Succeeded" },
        tags: group.tags,
      },
    };
  }
}

/** The tables that are modelled. `authorizationresources` has assignments and definitions, never PIM or deny assignments. */
export const TABLES: Readonly<Record<string, Table>> = {
  resources: { columns: COLUMNS, rows: resources },
  resourcecontainers: { columns: COLUMNS, rows: resourceContainers },
  authorizationresources: { columns: COLUMNS, rows: authorizationResources },
};
