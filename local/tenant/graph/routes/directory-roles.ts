import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import type { DirectoryRoleAssignment, DirectoryRoleDefinition } from "../../state/directory.ts";
import { roleAssignmentId } from "../../state/directory/ids.ts";
import type { AuditTarget } from "../audit-events.ts";
import { modified } from "../audit-events.ts";
import { bodyOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { objectById } from "../directory-objects.ts";
import { roleAssignment, roleDefinition } from "../role-entities.ts";
import { badRequest, notFound } from "../errors.ts";
import { collection, single } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";

const GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10";

/** Assignments of who is deleted are not shown. */
function shown(call: GraphCall, assignments: Iterable<DirectoryRoleAssignment>): DirectoryRoleAssignment[] {
  return [...assignments].filter(({ principalId }) => objectById(call, principalId, call.asOf) !== undefined);
}

const Body = z.strictObject({
  "@odata.type": z.string().optional(),
  principalId: z.guid(),
  roleDefinitionId: z.guid(),
  directoryScopeId: z.string().default("/"),
});

export function auditRoleChange(
  call: GraphCall,
  operationName: string,
  { principalId, roleDefinitionId }: { readonly principalId: string; readonly roleDefinitionId: string },
  added: boolean,
): void {
  const principal = objectById(call, principalId, undefined);
  const role = call.directory.roleDefinitions.get(roleDefinitionId);
  const property = (name: string, value: string) =>
    modified(name, added ? undefined : value, added ? value : undefined);
  const type: AuditTarget["type"] =
    principal?.kind === "user" ? "User" : principal?.kind === "group" ? "Group" : "ServicePrincipal";
  call.audits.push({
    operationName,
    category: "RoleManagement",
    operationType: added ? "Assign" : "Unassign",
    targets: [
      {
        id: principalId,
        displayName: principal?.value.displayName,
        type,
        ...(principal?.kind === "user" ? { userPrincipalName: principal.value.userPrincipalName } : {}),
        modifiedProperties: [
          property("Role.ObjectID", roleDefinitionId),
          property("Role.DisplayName", role?.displayName ?? ""),
          property("Role.TemplateId", role?.templateId ?? ""),
        ],
      },
      { id: roleDefinitionId, displayName: role?.displayName, type: "Role", modifiedProperties: [] },
    ],
  });
}

/** Puts an active assignment and its schedule, which are two views of one thing. */
export function assign(
  call: GraphCall,
  assignment: Omit<DirectoryRoleAssignment, "id">,
  schedule: { readonly startDateTime: string; readonly endDateTime: string | null },
): DirectoryRoleAssignment {
  const { principalId, roleDefinitionId, directoryScopeId } = assignment;
  const id = roleAssignmentId(principalId, roleDefinitionId, directoryScopeId);
  const made = { id, ...assignment };
  call.directory.roleAssignments.put(made, call.now);
  call.directory.roleSchedules.put(
    { ...made, ...schedule, kind: "assignment", assignmentType: "Assigned" },
    call.now,
  );
  return made;
}

export function unassign(call: GraphCall, id: string): void {
  call.directory.roleAssignments.remove(id, call.now);
  call.directory.roleSchedules.remove(id, call.now);
}

function create(call: GraphCall): GraphAnswer {
  require(call, NEEDS.writeRoles);
  const body = bodyOf(call, Body);
  const principalId = body.principalId.toLowerCase();
  const roleDefinitionId = body.roleDefinitionId.toLowerCase();
  const { directoryScopeId } = body;
  const principal = objectById(call, principalId, call.asOf);
  if (principal === undefined) throw notFound(principalId);
  if (call.directory.roleDefinitions.get(roleDefinitionId, call.asOf) === undefined)
    throw notFound(roleDefinitionId);
  // guess: the text; that a group must have been made for it is documented.
  if (principal.kind === "group" && principal.value.isAssignableToRole !== true)
    throw badRequest("Only groups with isAssignableToRole set can be assigned to a role.");
  // guess: the text is that of every conflict, with this code.
  if (
    call.directory.roleAssignments.get(roleAssignmentId(principalId, roleDefinitionId, directoryScopeId)) !==
    undefined
  )
    throw badRequest(
      "A conflicting object with one or more of the specified property values is present in the directory.",
    );
  const made = assign(
    call,
    { principalId, roleDefinitionId, directoryScopeId },
    { startDateTime: new Date(call.now).toISOString(), endDateTime: null },
  );
  auditRoleChange(call, AUDIT_OPERATIONS.addRoleMember, made, true);
  return {
    ...single(call, roleAssignment, made, "roleManagement/directory/roleAssignments", 201),
    headers: {
      Location: `https://${call.request.host}/v1.0/roleManagement/directory/roleAssignments/${made.id}`,
    },
  };
}

function remove(call: GraphCall): GraphAnswer {
  require(call, NEEDS.writeRoles);
  const id = parameter(call, "id");
  const found = call.directory.roleAssignments.get(id);
  if (found === undefined || call.directory.roleAssignments.get(id, call.asOf) === undefined)
    throw notFound(id);
  refuseLastGlobalAdministrator(call, found);
  unassign(call, id);
  auditRoleChange(call, AUDIT_OPERATIONS.removeRoleMember, found, false);
  return noContent();
}

/** guess: the text; that the last one cannot go is documented. */
export function refuseLastGlobalAdministrator(
  call: GraphCall,
  { roleDefinitionId, principalId }: { readonly roleDefinitionId: string; readonly principalId: string },
): void {
  if (roleDefinitionId !== GLOBAL_ADMINISTRATOR) return;
  const others = [...call.directory.roleAssignments.all()].filter(
    (it) => it.roleDefinitionId === GLOBAL_ADMINISTRATOR && it.principalId !== principalId,
  );
  if (others.length === 0) throw badRequest("The last Global Administrator of the tenant cannot be removed.");
}

function definitionsOf(call: GraphCall): Iterable<DirectoryRoleDefinition> {
  return call.directory.roleDefinitions.all(call.asOf);
}

const PATH = "/roleManagement/directory";

export const directoryRoleRoutes: readonly Route[] = [
  {
    method: "GET",
    path: `${PATH}/roleAssignments`,
    handle: (call) => {
      require(call, NEEDS.readRoles);
      return collection(call, roleAssignment, {
        context: "roleManagement/directory/roleAssignments",
        items: shown(call, call.directory.roleAssignments.all(call.asOf)),
        idOf: ({ id }) => id,
      });
    },
  },
  {
    method: "GET",
    path: `${PATH}/roleAssignments/{id}`,
    handle: (call) => {
      require(call, NEEDS.readRoles);
      const found = call.directory.roleAssignments.get(parameter(call, "id"), call.asOf);
      if (found === undefined) throw notFound(parameter(call, "id"));
      return single(call, roleAssignment, found, "roleManagement/directory/roleAssignments");
    },
  },
  { method: "POST", path: `${PATH}/roleAssignments`, handle: create },
  { method: "DELETE", path: `${PATH}/roleAssignments/{id}`, handle: remove },
  {
    method: "GET",
    path: `${PATH}/roleDefinitions`,
    handle: (call) => {
      require(call, NEEDS.readRoles);
      return collection(call, roleDefinition, {
        context: "roleManagement/directory/roleDefinitions",
        items: definitionsOf(call),
        idOf: ({ id }) => id,
      });
    },
  },
  {
    method: "GET",
    path: `${PATH}/roleDefinitions/{id}`,
    handle: (call) => {
      require(call, NEEDS.readRoles);
      const found = call.directory.roleDefinitions.get(parameter(call, "id").toLowerCase(), call.asOf);
      if (found === undefined) throw notFound(parameter(call, "id"));
      return single(call, roleDefinition, found, "roleManagement/directory/roleDefinitions");
    },
  },
];
