import { parseResourceId } from "../state/azure/resource-id.ts";
import type { Tenant } from "../tenant.ts";

const MANAGEMENT_GROUP = "/providers/microsoft.management/managementgroups/";

/**
 * Every scope at or above this one, lower case: parents by path, the subscription's management groups, the tenant's root
 * group and `/`. An assignment at any of them is in force here.
 */
export function scopeChain(tenant: Pick<Tenant, "id" | "state">, scope: string): ReadonlySet<string> {
  const chain = new Set<string>(["/"]);
  const path = scope.toLowerCase().replace(/\/+$/, "");
  if (path === "") return chain;
  if (path.startsWith(MANAGEMENT_GROUP)) {
    addManagementGroups(tenant, path.slice(MANAGEMENT_GROUP.length).split("/")[0], chain);
    chain.add(path);
    return chain;
  }
  const segments = path.split("/");
  for (let length = 2; length <= segments.length; length += 1) chain.add(segments.slice(0, length).join("/"));
  const { subscriptionId } = parseResourceId(path);
  if (subscriptionId !== undefined) {
    addManagementGroups(tenant, tenant.state.azure.subscriptions.get(subscriptionId)?.managementGroup, chain);
  }
  return chain;
}

function addManagementGroups(
  tenant: Pick<Tenant, "id" | "state">,
  from: string | undefined,
  chain: Set<string>,
): void {
  let name = from?.toLowerCase();
  while (name !== undefined && !chain.has(MANAGEMENT_GROUP + name)) {
    chain.add(MANAGEMENT_GROUP + name);
    name = tenant.state.azure.managementGroups.get(name)?.parent?.toLowerCase();
  }
  // Every subscription and group hangs, in the end, under the root group, which is named after the tenant.
  chain.add(MANAGEMENT_GROUP + tenant.id.toLowerCase());
}
