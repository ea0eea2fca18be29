import type {
  DirectoryRoleAssignment,
  DirectoryRoleDefinition,
  DirectoryRoleSchedule,
} from "../state/directory.ts";
import type { GraphCall } from "./call.ts";
import { directoryObjectJson, objectById } from "./directory-objects.ts";
import type { Entity, Json } from "./entities.ts";

function definitionJson(call: GraphCall, definition: DirectoryRoleDefinition): Json {
  return {
    id: definition.id,
    description: definition.description,
    displayName: definition.displayName,
    isBuiltIn: definition.isBuiltIn,
    isEnabled: definition.isEnabled,
    ...(call.version === "beta" ? { isPrivileged: definition.isPrivileged } : {}),
    resourceScopes: ["/"],
    templateId: definition.templateId,
    version: "1",
    rolePermissions: [{ allowedResourceActions: definition.allowedResourceActions, condition: null }],
  };
}

interface OfPrincipal {
  readonly principalId: string;
  readonly roleDefinitionId: string;
}

const expand = {
  principal: (call: GraphCall, { principalId }: OfPrincipal) => {
    const found = objectById(call, principalId, call.asOf);
    return found === undefined ? null : directoryObjectJson(call, found);
  },
  roleDefinition: (call: GraphCall, { roleDefinitionId }: OfPrincipal) => {
    const found = call.directory.roleDefinitions.get(roleDefinitionId, call.asOf);
    return found === undefined ? null : definitionJson(call, found);
  },
};

export const roleDefinition: Entity<DirectoryRoleDefinition> = {
  type: "unifiedRoleDefinition",
  resource: "RoleDefinition",
  json: definitionJson,
  filter: { id: ["eq"], displayName: ["eq", "startswith"], isBuiltIn: ["eq"], templateId: ["eq"] },
};

export const roleAssignment: Entity<DirectoryRoleAssignment> = {
  type: "unifiedRoleAssignment",
  resource: "RoleAssignment",
  json: (_call, it) => ({
    id: it.id,
    principalId: it.principalId,
    directoryScopeId: it.directoryScopeId,
    roleDefinitionId: it.roleDefinitionId,
  }),
  filter: { id: ["eq"], principalId: ["eq", "in"], roleDefinitionId: ["eq"], directoryScopeId: ["eq"] },
  expand,
};

const SCHEDULE_FILTER = {
  id: ["eq"],
  principalId: ["eq"],
  roleDefinitionId: ["eq"],
  directoryScopeId: ["eq"],
  assignmentType: ["eq"],
  memberType: ["eq"],
} as const;

/** What is in force, as an instance of its schedule. */
export const scheduleInstance = (kind: DirectoryRoleSchedule["kind"]): Entity<DirectoryRoleSchedule> => ({
  type:
    kind === "eligibility"
      ? "unifiedRoleEligibilityScheduleInstance"
      : "unifiedRoleAssignmentScheduleInstance",
  resource: kind === "eligibility" ? "RoleEligibilityScheduleInstance" : "RoleAssignmentScheduleInstance",
  json: (_call, it) => ({
    id: it.id,
    principalId: it.principalId,
    roleDefinitionId: it.roleDefinitionId,
    directoryScopeId: it.directoryScopeId,
    appScopeId: null,
    startDateTime: it.startDateTime,
    endDateTime: it.endDateTime,
    memberType: "Direct",
    ...(kind === "eligibility"
      ? { roleEligibilityScheduleId: it.id }
      : {
          assignmentType: it.assignmentType,
          roleAssignmentOriginId: it.id,
          roleAssignmentScheduleId: it.id,
        }),
  }),
  filter: SCHEDULE_FILTER,
  expand,
});

export const schedule = (kind: DirectoryRoleSchedule["kind"]): Entity<DirectoryRoleSchedule> => ({
  type: kind === "eligibility" ? "unifiedRoleEligibilitySchedule" : "unifiedRoleAssignmentSchedule",
  resource: kind === "eligibility" ? "RoleEligibilitySchedule" : "RoleAssignmentSchedule",
  json: (_call, it) => ({
    id: it.id,
    principalId: it.principalId,
    roleDefinitionId: it.roleDefinitionId,
    directoryScopeId: it.directoryScopeId,
    appScopeId: null,
    createdUsing: it.id,
    createdDateTime: it.startDateTime,
    modifiedDateTime: it.startDateTime,
    status: "Provisioned",
    memberType: "Direct",
    ...(kind === "assignment" ? { assignmentType: it.assignmentType } : {}),
    scheduleInfo: {
      startDateTime: it.startDateTime,
      recurrence: null,
      expiration: {
        type: it.endDateTime === null ? "noExpiration" : "afterDateTime",
        endDateTime: it.endDateTime,
        duration: null,
      },
    },
  }),
  filter: SCHEDULE_FILTER,
  expand,
});
