import { forget, latest, record } from "../../state/azure/history.ts";
import { isObject, listIn, objectIn, textIn, textsIn } from "../../state/azure/json.ts";
import type { JsonObject, Permission, RoleDefinition } from "../../state/azure/model.ts";
import { allRoleAssignments } from "../../state/azure/role-assignments.ts";
import { isWithin } from "../../authorization/scopes.ts";
import { type ArmAnswer, type ArmCall, noContent, param, type Route } from "../call.ts";
import { badRequest, notModelled, providerError } from "../errors.ts";
import { parseAccessFilter } from "../filter.ts";
import { page, parameter } from "../paging.ts";
import { isGuid, roleDefinitionIdAt, sevenDigits } from "./role-assignments.ts";
import { undashed } from "./role-assignment-checks.ts";

function wireRole(role: RoleDefinition, scope: string): JsonObject {
  return {
    properties: {
      roleName: role.roleName,
      type: role.type,
      description: role.description,
      assignableScopes: role.assignableScopes,
      permissions: role.permissions.map(({ condition, ...permission }) => ({
        ...permission,
        ...(condition === undefined ? {} : { condition, conditionVersion: "2.0" }),
      })),
      createdOn: sevenDigits(role.createdOn),
      updatedOn: sevenDigits(role.updatedOn),
      createdBy: role.createdBy ?? null,
      updatedBy: role.updatedBy ?? null,
    },
    id: roleDefinitionIdAt(scope, role.name),
    type: "Microsoft.Authorization/roleDefinitions",
    name: role.name,
  };
}

function list(call: ArmCall): ArmAnswer {
  const scope = param(call, "scope");
  const parsed = parseAccessFilter(parameter(call, "$filter"));
  if (parsed.kind === "unknown") return notModelled(`the filter "${parsed.clause}" on role definitions`);
  const { roleName, roleType } = parsed.filter;
  const roles = [...call.azure.roleDefinitions.current.values()].filter(
    (role) =>
      (roleName === undefined || role.roleName.toLowerCase() === roleName.toLowerCase()) &&
      (roleType === undefined || role.type.toLowerCase() === roleType.toLowerCase()) &&
      isAssignableAt(call, role, scope),
  );
  return page(
    call,
    roles.map((role) => wireRole(role, scope)),
  );
}

function isAssignableAt(call: ArmCall, role: RoleDefinition, scope: string): boolean {
  return (
    role.type === "BuiltInRole" ||
    role.assignableScopes.some(
      (assignable) => isWithin(call.tenant, scope, assignable) || isWithin(call.tenant, assignable, scope),
    )
  );
}

function doesNotExist(name: string): ArmAnswer {
  return providerError(
    404,
    "RoleDefinitionDoesNotExist",
    `The specified role definition with ID '${undashed(name)}' does not exist.`,
  );
}

function read(call: ArmCall): ArmAnswer {
  const name = param(call, "name");
  const role = latest(call.azure.roleDefinitions, name);
  return role
    ? { status: 200, body: wireRole(role, param(call, "scope")), from: "provider" }
    : doesNotExist(name);
}

function write(call: ArmCall): ArmAnswer {
  const name = param(call, "name").toLowerCase();
  const before = latest(call.azure.roleDefinitions, name);
  if (!isGuid(name)) return badRequest("The role definition ID must be a GUID.", "InvalidRoleDefinitionId"); // guess: text not captured
  if (before?.type === "BuiltInRole") {
    return badRequest("Built-in roles cannot be changed.", "RoleDefinitionUpdateNotPermitted"); // guess: text not captured
  }
  const sent = objectIn(call.body, "properties");
  const roleName = textIn(sent, "roleName");
  const sameName = [...call.azure.roleDefinitions.current.values()].find(
    (role) => role.roleName.toLowerCase() === roleName.toLowerCase() && role.name !== name,
  );
  if (sameName) {
    return providerError(
      409,
      "RoleDefinitionWithSameNameExists",
      "A custom role with the same name already exists in this directory. Use a different name.",
    );
  }
  const at = new Date(call.nowInMs).toISOString();
  const role: RoleDefinition = {
    name,
    roleName,
    description: textIn(sent, "description"),
    type: "CustomRole",
    permissions: listIn(sent, "permissions").filter(isObject).map(readPermission),
    assignableScopes: textsIn(sent, "assignableScopes"),
    createdOn: before?.createdOn ?? at,
    updatedOn: at,
    createdBy: before?.createdBy ?? call.caller.objectId,
    updatedBy: call.caller.objectId,
  };
  record(call.azure.roleDefinitions, name, role, call.nowInMs);
  return { status: before ? 200 : 201, body: wireRole(role, param(call, "scope")), from: "provider" };
}

function readPermission(sent: JsonObject): Permission {
  return {
    actions: textsIn(sent, "actions"),
    notActions: textsIn(sent, "notActions"),
    dataActions: textsIn(sent, "dataActions"),
    notDataActions: textsIn(sent, "notDataActions"),
  };
}

function remove(call: ArmCall): ArmAnswer {
  const name = param(call, "name").toLowerCase();
  const role = latest(call.azure.roleDefinitions, name);
  if (!role) return noContent();
  if (role.type === "BuiltInRole") {
    return badRequest("Built-in roles cannot be deleted.", "RoleDefinitionUpdateNotPermitted"); // guess: text not captured
  }
  if ([...allRoleAssignments(call.azure)].some(({ roleDefinition }) => roleDefinition === name)) {
    return providerError(
      400,
      "RoleDefinitionHasAssignments",
      "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments)",
    );
  }
  forget(call.azure.roleDefinitions, name, call.nowInMs);
  return { status: 200, body: wireRole(role, param(call, "scope")), from: "provider" };
}

const ONE = "{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}";

export const roleDefinitionRoutes: readonly Route[] = [
  { method: "GET", template: "{scope}/providers/Microsoft.Authorization/roleDefinitions", handle: list },
  { method: "GET", template: ONE, handle: read },
  { method: "PUT", template: ONE, handle: write },
  { method: "DELETE", template: ONE, handle: remove },
];
