import { BUILT_IN_ROLES } from "./built-in-roles.ts";
import { emptyHistory, preload } from "./history.ts";
import type { AzureState } from "./model.ts";
import { emptyResources } from "./resources.ts";
import { emptyRoleAssignments } from "./role-assignments.ts";

/** Azure with nothing in it but the built-in roles. */
export function emptyAzure(): AzureState {
  const roleDefinitions: AzureState["roleDefinitions"] = emptyHistory();
  for (const role of BUILT_IN_ROLES) preload(roleDefinitions, role.name, role);
  return {
    subscriptions: new Map(),
    managementGroups: new Map(),
    resourceGroups: emptyHistory(),
    resources: emptyResources(),
    keys: new Map(),
    roleDefinitions,
    roleAssignments: emptyRoleAssignments(),
    roleSchedules: new Map(),
    roleScheduleRequests: new Map(),
    denyAssignments: emptyHistory(),
    locks: new Map(),
    activity: [],
    operations: new Map(),
    federatedCredentialWrites: new Map(),
    incidentDetails: new Map(),
    userDelegationRevokedAt: new Map(),
    deletedVaults: new Map(),
  };
}
