import { groupIdsOf } from "../../authorization/group-membership.ts";
import { isWithin } from "../../authorization/scopes.ts";
import { latest } from "../../state/azure/history.ts";
import { objectIn, textIn } from "../../state/azure/json.ts";
import type { AzureState, JsonObject, RoleAssignment } from "../../state/azure/model.ts";
import { isAtOrBelow, parseResourceId, sameId } from "../../state/azure/resource-id.ts";
import {
  allRoleAssignments,
  assignmentsOf,
  findRoleAssignment,
  putRoleAssignment,
  removeRoleAssignment,
} from "../../state/azure/role-assignments.ts";
import { directoryObjectKind, heldDirectoryRoles } from "../../state/directory.ts";
import { type ArmAnswer, type ArmCall, noContent, param, type Route } from "../call.ts";
import { badRequest, notModelled, preconditionFailed, providerError } from "../errors.ts";
import { type AccessFilter, parseAccessFilter } from "../filter.ts";
import { page, parameter } from "../paging.ts";
import { conflictOf, principalTypeOf, undashed, unreadableCondition } from "./role-assignment-checks.ts";

const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10";

/** As ARM 2022-04-01 serves it; `properties` first. The role's id carries the subscription that was asked. */
function wireAssignment(assignment: RoleAssignment, askedScope: string): JsonObject {
  return {
    properties: {
      roleDefinitionId: roleDefinitionIdAt(askedScope, assignment.roleDefinition),
      principalId: assignment.principalId,
      principalType: assignment.principalType,
      scope: assignment.scope,
      condition: assignment.condition,
      conditionVersion: assignment.conditionVersion,
      createdOn: sevenDigits(assignment.createdOn),
      updatedOn: sevenDigits(assignment.updatedOn),
      createdBy: assignment.createdBy,
      updatedBy: assignment.updatedBy,
      delegatedManagedIdentityResourceId: assignment.delegatedManagedIdentityResourceId,
      description: assignment.description,
    },
    id: assignment.id,
    type: "Microsoft.Authorization/roleAssignments",
    name: assignment.name,
  };
}

export function roleDefinitionIdAt(scope: string, guid: string): string {
  const { subscriptionId } = parseResourceId(scope);
  const prefix = subscriptionId === undefined ? "" : `/subscriptions/${subscriptionId}`;
  return `${prefix}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
}

/** Azure's own times have seven digits after the point. */
export function sevenDigits(iso: string): string {
  return iso.replace(/\.(\d+)Z$/, (_, digits: string) => `.${digits.padEnd(7, "0")}Z`);
}

function list(call: ArmCall): ArmAnswer {
  const scope = param(call, "scope");
  const parsed = parseAccessFilter(parameter(call, "$filter"));
  if (parsed.kind === "unknown") return notModelled(`the filter "${parsed.clause}" on role assignments`);
  const found = assignmentsFor(call, scope, parsed.filter);
  return page(
    call,
    found.map((assignment) => wireAssignment(assignment, scope)),
  );
}

/** At the scope and above it; below it as well, unless `atScope()` says otherwise. */
function assignmentsFor(call: ArmCall, scope: string, filter: AccessFilter): RoleAssignment[] {
  const { azure, tenant } = call;
  const candidates = candidatesFor(call, filter);
  const roleDefinition = filter.roleDefinitionId?.toLowerCase().split("/").at(-1);
  return [...candidates].filter(
    (assignment) =>
      (isWithin(tenant, scope, assignment.scope) ||
        (!filter.atScope && isBelow(azure, assignment.scope, scope))) &&
      (roleDefinition === undefined || assignment.roleDefinition === roleDefinition),
  );
}

function* candidatesFor({ azure, tenant }: ArmCall, filter: AccessFilter): Generator<RoleAssignment> {
  if (filter.assignedTo !== undefined) {
    // Transitive through groups; a group's own id is not understood here and finds nothing.
    const kind = directoryObjectKind(tenant.state.directory, filter.assignedTo);
    if (kind === "group") return;
    for (const id of [filter.assignedTo, ...groupIdsOf(tenant, filter.assignedTo)])
      yield* assignmentsOf(azure, id);
    return;
  }
  if (filter.principalId !== undefined) {
    yield* assignmentsOf(azure, filter.principalId);
    return;
  }
  yield* allRoleAssignments(azure);
}

function isBelow(_azure: AzureState, inner: string, outer: string): boolean {
  // guess: listing at a management group does not descend into its subscriptions, so the path alone decides.
  return outer !== "/" && isAtOrBelow(inner, outer);
}

function read(call: ArmCall): ArmAnswer {
  const found = findRoleAssignment(call.azure, call.path);
  if (!found) return notFound(param(call, "name"));
  return { status: 200, body: wireAssignment(found, found.scope), from: "provider" };
}

function notFound(name: string): ArmAnswer {
  // guess: the code is captured, the text is not.
  return providerError(404, "RoleAssignmentNotFound", `The role assignment '${name}' is not found.`);
}

function write(call: ArmCall): ArmAnswer {
  const { azure, tenant, caller } = call;
  const scope = param(call, "scope");
  const name = param(call, "name");
  const sent = objectIn(call.body, "properties");
  const roleDefinition = textIn(sent, "roleDefinitionId").split("/").at(-1)?.toLowerCase() ?? "";
  const principalId = textIn(sent, "principalId").toLowerCase();
  if (!isGuid(name)) {
    // guess: code documented, text not captured.
    return badRequest("The role assignment ID must be a GUID.", "InvalidRoleAssignmentId");
  }
  if (roleDefinition === "" || principalId === "") {
    // guess: text not captured.
    return badRequest(
      "The request content was invalid: roleDefinitionId and principalId are required.",
      "InvalidRequestContent",
    );
  }
  if (!latest(azure.roleDefinitions, roleDefinition)) {
    return providerError(
      404,
      "RoleDefinitionDoesNotExist",
      `The specified role definition with ID '${undashed(roleDefinition)}' does not exist.`,
    );
  }
  const condition = textIn(sent, "condition") || null;
  const unreadable = condition === null ? undefined : unreadableCondition(condition);
  if (unreadable) return unreadable;

  const before = findRoleAssignment(azure, call.path);
  const clash = conflictOf(call, { before, name, scope, principalId, roleDefinition });
  if (clash) return clash;
  const principal = principalTypeOf(call, principalId, textIn(sent, "principalType"));
  if (principal.kind === "refused") return principal.answer;

  const at = new Date(call.nowInMs).toISOString();
  const assignment: RoleAssignment = {
    id: before?.id ?? call.path,
    name: before?.name ?? name,
    scope: before?.scope ?? scope,
    roleDefinition,
    principalId,
    principalType: principal.type,
    condition,
    conditionVersion: textIn(sent, "conditionVersion") || (condition === null ? null : "2.0"),
    description: textIn(sent, "description") || null,
    delegatedManagedIdentityResourceId: textIn(sent, "delegatedManagedIdentityResourceId") || null,
    createdOn: before?.createdOn ?? at,
    updatedOn: at,
    createdBy: before?.createdBy ?? caller.objectId,
    updatedBy: caller.objectId,
  };
  putRoleAssignment(azure, assignment, tenant.clock.now());
  const wire = wireAssignment(assignment, scope);
  // The answer to a PUT that creates has `createdBy` null; only a later GET fills it.
  return before
    ? { status: 200, body: wire, from: "provider" }
    : {
        status: 201,
        body: { ...wire, properties: { ...objectIn(wire, "properties"), createdBy: null } },
        from: "provider",
      };
}

function remove(call: ArmCall): ArmAnswer {
  const { azure, tenant } = call;
  const found = findRoleAssignment(azure, call.path);
  if (!found) return noContent();
  if (isLastOwner(azure, found) && !isGlobalAdministrator(call)) {
    return {
      ...preconditionFailed(""),
      body: {
        error: {
          code: "CannotDeleteLastRbacAdminAssignment",
          message: "Cannot delete the last RBAC admin assignment",
        },
      },
    };
  }
  removeRoleAssignment(azure, found.id, tenant.clock.now());
  for (const [name, schedule] of azure.roleSchedules) {
    if (schedule.roleAssignment !== undefined && sameId(schedule.roleAssignment, found.id)) {
      azure.roleSchedules.delete(name);
    }
  }
  return { status: 200, body: wireAssignment(found, found.scope), from: "provider" };
}

/** guess: only Owners at the subscription itself count, not those inherited from a management group. */
function isLastOwner(azure: AzureState, assignment: RoleAssignment): boolean {
  if (assignment.roleDefinition !== OWNER || !/^\/subscriptions\/[^/]+$/i.test(assignment.scope))
    return false;
  return ![...allRoleAssignments(azure)].some(
    (other) =>
      other.roleDefinition === OWNER &&
      sameId(other.scope, assignment.scope) &&
      !sameId(other.id, assignment.id),
  );
}

function isGlobalAdministrator({ tenant, caller }: ArmCall): boolean {
  return heldDirectoryRoles(tenant.state.directory, caller.objectId).includes(GLOBAL_ADMINISTRATOR);
}

export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}

const ONE = "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}";
const ATTRIBUTE = "Microsoft.Authorization/roleAssignments";

export const roleAssignmentRoutes: readonly Route[] = [
  { method: "GET", template: "{scope}/providers/Microsoft.Authorization/roleAssignments", handle: list },
  { method: "GET", template: ONE, handle: read },
  {
    method: "PUT",
    template: ONE,
    handle: write,
    requestAttributes: ({ body }) => {
      const sent = objectIn(body, "properties");
      return {
        [`${ATTRIBUTE}:RoleDefinitionId`]: textIn(sent, "roleDefinitionId").split("/").at(-1) ?? "",
        [`${ATTRIBUTE}:PrincipalId`]: textIn(sent, "principalId"),
        [`${ATTRIBUTE}:PrincipalType`]: textIn(sent, "principalType"),
      };
    },
  },
  {
    method: "DELETE",
    template: ONE,
    handle: remove,
    resourceAttributes: ({ azure, path }) => {
      const found = findRoleAssignment(azure, path);
      return found
        ? {
            [`${ATTRIBUTE}:RoleDefinitionId`]: found.roleDefinition,
            [`${ATTRIBUTE}:PrincipalId`]: found.principalId,
            [`${ATTRIBUTE}:PrincipalType`]: found.principalType,
          }
        : {};
    },
  },
];
