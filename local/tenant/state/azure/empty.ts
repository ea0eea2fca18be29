import { BUILT_IN_ROLES } from "./built-in-roles.ts";
import { History } from "./history.ts";
import type { AzureState } from "./model.ts";
import { ResourceIndex } from "./resource-index.ts";
import { RoleAssignmentIndex } from "./role-assignment-index.ts";

/** Azure with nothing in it but the built-in roles. */
export function emptyAzure(): AzureState {
  const roleDefinitions: AzureState["roleDefinitions"] = new History();
  for (const role of BUILT_IN_ROLES) roleDefinitions.preload(role.name, role);
  return {
    subscriptions: new Map(),
    managementGroups: new Map(),
    resourceGroups: new History(),
    resources: new ResourceIndex(),
    keys: new Map(),
    roleDefinitions,
    roleAssignments: new RoleAssignmentIndex(),
    roleSchedules: new Map(),
    roleScheduleRequests: new Map(),
    denyAssignments: new History(),
    locks: new Map(),
    activity: [],
    operations: new Map(),
    federatedCredentialWrites: new Map(),
    deletedVaults: new Map(),
  };
}
