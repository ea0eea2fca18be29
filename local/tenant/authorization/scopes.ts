import { isAtOrBelow, parseResourceId } from "../state/azure/resource-id.ts";
import type { Tenant } from "../tenant.ts";

const MANAGEMENT_GROUP = "/providers/microsoft.management/managementgroups/";

/**
 * Whether `scope` is `ancestor` or lies below it: by path, or because the ancestor is a management group (or `/`) over
 * the subscription. What is assigned at the ancestor is in force at the scope.
 */
export function isWithin(tenant: Pick<Tenant, "id" | "state">, scope: string, ancestor: string): boolean {
  if (isAtOrBelow(scope, ancestor)) return true;
  const group = managementGroupOf(ancestor);
  return group !== undefined && managementGroupsAbove(tenant, scope).includes(group);
}

/** Names of the management groups a scope hangs under, nearest first; the root group, named after the tenant, is last. */
export function managementGroupsAbove(
  tenant: Pick<Tenant, "id" | "state">,
  scope: string,
): readonly string[] {
  const { azure } = tenant.state;
  const root = tenant.id.toLowerCase();
  const { subscriptionId } = parseResourceId(scope);
  const from =
    subscriptionId === undefined
      ? managementGroupOf(scope)
      : azure.subscriptions.get(subscriptionId.toLowerCase())?.managementGroup;
  if (subscriptionId === undefined && from === undefined) return [];
  const found: string[] = [];
  let name = from?.toLowerCase();
  while (name !== undefined && name !== root && !found.includes(name)) {
    found.push(name);
    name = azure.managementGroups.get(name)?.parent?.toLowerCase();
  }
  return [...found, root];
}

export function managementGroupOf(scope: string): string | undefined {
  const lower = scope.toLowerCase();
  return lower.startsWith(MANAGEMENT_GROUP) ? lower.slice(MANAGEMENT_GROUP.length).split("/")[0] : undefined;
}
