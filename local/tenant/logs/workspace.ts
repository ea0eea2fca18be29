import { resourcesOfType, type AzureState } from "../state/azure.ts";
import { textIn } from "../state/azure/json.ts";
import type { CollectionRule, LogWorkspace } from "../state/logs.ts";
import type { Tenant } from "../tenant.ts";

const WORKSPACE = "Microsoft.OperationalInsights/workspaces";
const COLLECTION_RULE = "Microsoft.Insights/dataCollectionRules";

/** The ARM id on which access to a workspace is decided: of the resource with its `customerId`, or else of its name. */
export function workspaceScope(tenant: Tenant, workspace: LogWorkspace): string {
  return scopeOf(tenant.state.azure, WORKSPACE, "customerId", workspace.id, workspace.name);
}

export function collectionRuleScope(tenant: Tenant, rule: CollectionRule): string {
  return scopeOf(tenant.state.azure, COLLECTION_RULE, "immutableId", rule.immutableId, rule.name);
}

/** Without a resource nobody can have been given access below the whole tenant. */
function scopeOf(azure: AzureState, type: string, property: string, id: string, name: string): string {
  const resources = [...resourcesOfType(azure, type)];
  const found =
    resources.find(({ properties }) => textIn(properties, property).toLowerCase() === id.toLowerCase()) ??
    resources.find((resource) => resource.name.toLowerCase() === name.toLowerCase());
  return found?.id ?? "/";
}
