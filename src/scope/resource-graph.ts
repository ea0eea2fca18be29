import { armIdOf, guidOf, kqlList } from "./identifiers.ts";

/**
 * The questions put to Resource Graph, all of them sorted by id because unsorted pages are not repeatable. Each is one
 * query per kind of thing, so that they page side by side instead of one after the other.
 */
const SORTED = "| order by id asc";

/** Roles of principals and groups, everywhere. Ask with `AtScopeAboveAndBelow`, or those on management groups are missing. */
export function roleAssignmentsOf(principalIds: readonly string[]): string {
  const ids = principalIds.flatMap((id) => guidOf(id) ?? []);
  return `authorizationresources
| where type =~ 'microsoft.authorization/roleassignments'
| where tostring(properties.principalId) in~ ${kqlList(ids)}
| project id, name, properties
${SORTED}`;
}

/** Definitions by their GUID names, built-in and custom. */
export function roleDefinitionsNamed(names: readonly string[]): string {
  return `authorizationresources
| where type =~ 'microsoft.authorization/roledefinitions'
| where name in~ ${kqlList(names.flatMap((name) => guidOf(name) ?? []))}
| project id, name, properties
${SORTED}`;
}

/** Every subscription that can be read, with the management groups above it, nearest first. */
export const SUBSCRIPTIONS = `resourcecontainers
| where type =~ 'microsoft.resources/subscriptions'
| project id, name, subscriptionId, properties
${SORTED}`;

/** What a principal could reach, by the query it is asked in. */
export const INVENTORY_TYPES = {
  vaults: ["microsoft.keyvault/vaults"],
  clusters: ["microsoft.containerservice/managedclusters"],
  storage: ["microsoft.storage/storageaccounts"],
  sites: ["microsoft.web/sites", "microsoft.web/sites/slots"],
  identities: ["microsoft.managedidentity/userassignedidentities"],
  data: [
    "microsoft.documentdb/databaseaccounts",
    "microsoft.sql/servers",
    "microsoft.cache/redis",
    "microsoft.servicebus/namespaces",
    "microsoft.eventhub/namespaces",
    "microsoft.containerregistry/registries",
    "microsoft.automation/automationaccounts",
    "microsoft.logic/workflows",
  ],
} as const;

export function resourcesOfTypes(types: readonly string[]): string {
  return `resources
| where type in~ ${kqlList(types)}
| project id, name, type, location, kind, tags, identity, properties
${SORTED}`;
}

/** Workloads a user-assigned identity is fastened to. */
export function resourcesWithIdentity(identityId: string): string {
  return `resources
| where identity has ${kqlList([armIdOf(identityId)?.toLowerCase() ?? "-"]).slice(1, -1)}
| project id, name, type, location, kind, tags, identity, properties
${SORTED}`;
}

/** Vaults with an access policy for any of these, and what decides whether policies count there. */
export function vaultsNaming(ids: readonly string[]): string {
  return `resources
| where type =~ 'microsoft.keyvault/vaults'
| where tostring(properties.accessPolicies) has_any ${kqlList(ids.flatMap((id) => guidOf(id) ?? []))}
| project id, policies = properties.accessPolicies, byRole = properties.enableRbacAuthorization
${SORTED}`;
}

export function resourcesById(ids: readonly string[]): string {
  return `resources
| where id in~ ${kqlList(ids.flatMap((id) => armIdOf(id) ?? []))}
| project id, name, type, location, kind, tags, identity, properties
${SORTED}`;
}
