import { isWithin } from "../../authorization/scopes.ts";
import { groupIdsOf } from "../../authorization/group-membership.ts";
import { asOf, latest } from "../../state/azure/history.ts";
import { objectIn, textIn } from "../../state/azure/json.ts";
import type { DenyAssignment, JsonObject, ManagementLock } from "../../state/azure/model.ts";
import { isAtOrBelow } from "../../state/azure/resource-id.ts";
import { assignmentsOfAsOf } from "../../state/azure/role-assignments.ts";
import { type ArmAnswer, type ArmCall, inSubscription, noContent, ok, param, type Route } from "../call.ts";
import { badRequest, notModelled, providerError } from "../errors.ts";
import { parseAccessFilter } from "../filter.ts";
import { page, parameter } from "../paging.ts";

function wireLock({ level, notes, id, name }: ManagementLock): JsonObject {
  return {
    properties: { level, ...(notes === undefined ? {} : { notes }) },
    id,
    type: "Microsoft.Authorization/locks",
    name,
  };
}

function listLocks(call: ArmCall): ArmAnswer {
  const scope = param(call, "scope");
  // At the scope, above and below; atScope() leaves out what is below.
  const atScope = /atScope\(\)/i.test(parameter(call, "$filter") ?? "");
  return page(
    call,
    [...call.azure.locks.values()]
      .filter((lock) => isAtOrBelow(scope, lock.scope) || (!atScope && isAtOrBelow(lock.scope, scope)))
      .map(wireLock),
  );
}

function writeLock(call: ArmCall): ArmAnswer {
  const sent = objectIn(call.body, "properties");
  const level = (["CanNotDelete", "ReadOnly"] as const).find((known) => known === textIn(sent, "level"));
  if (level === undefined) return badRequest("The lock level is invalid.", "InvalidLockLevel"); // guess: text not captured
  const before = call.azure.locks.get(call.path.toLowerCase());
  const notes = textIn(sent, "notes");
  const lock: ManagementLock = {
    id: before?.id ?? call.path,
    name: before?.name ?? param(call, "name"),
    scope: before?.scope ?? param(call, "scope"),
    level,
    ...(notes === "" ? {} : { notes }),
  };
  call.azure.locks.set(call.path.toLowerCase(), lock);
  return { status: before ? 200 : 201, body: wireLock(lock), from: "provider" };
}

function readLock(call: ArmCall): ArmAnswer {
  const lock = call.azure.locks.get(call.path.toLowerCase());
  return lock
    ? ok(wireLock(lock))
    : providerError(404, "LockNotFound", `The lock '${param(call, "name")}' could not be found.`);
}

function wireDeny(deny: DenyAssignment): JsonObject {
  const principal = ({ id, type }: { readonly id: string; readonly type: string }) => ({
    id,
    type,
    displayName: null,
    email: null,
  });
  return {
    properties: {
      denyAssignmentName: deny.denyAssignmentName,
      description: deny.description,
      permissions: deny.permissions.map(({ actions, notActions, dataActions, notDataActions }) => ({
        actions,
        notActions,
        dataActions,
        notDataActions,
      })),
      scope: deny.scope,
      doNotApplyToChildScopes: deny.doNotApplyToChildScopes,
      principals: deny.principals.map(principal),
      excludePrincipals: deny.excludePrincipals.map(principal),
      isSystemProtected: deny.isSystemProtected,
    },
    id: deny.id,
    type: "Microsoft.Authorization/denyAssignments",
    name: deny.name,
  };
}

function listDenies(call: ArmCall): ArmAnswer {
  const scope = param(call, "scope");
  const parsed = parseAccessFilter(parameter(call, "$filter"));
  if (parsed.kind === "unknown") return notModelled(`the filter "${parsed.clause}" on deny assignments`);
  const { atScope, principalId, assignedTo } = parsed.filter;
  const wanted =
    principalId !== undefined
      ? [principalId]
      : assignedTo === undefined
        ? undefined
        : [assignedTo, ...groupIdsOf(call.tenant, assignedTo)];
  return page(
    call,
    [...call.azure.denyAssignments.current.values()]
      .filter(
        (deny) =>
          (isWithin(call.tenant, scope, deny.scope) || (!atScope && isAtOrBelow(deny.scope, scope))) &&
          (wanted === undefined ||
            deny.principals.some(({ id }) => wanted.some((one) => one.toLowerCase() === id.toLowerCase()))),
      )
      .map(wireDeny),
  );
}

/** What the caller may do here: one entry per role in force, as ARM lists them. */
function listPermissions(call: ArmCall): ArmAnswer {
  const scope = param(call, "scope");
  const { azure, tenant, caller } = call;
  const seenAt = call.nowInMs - tenant.delays.roleAssignmentInMs;
  const permissions = [caller.objectId, ...groupIdsOf(tenant, caller.objectId)].flatMap((principal) =>
    [...assignmentsOfAsOf(azure, principal, seenAt)]
      .filter((assignment) => isWithin(tenant, scope, assignment.scope))
      .flatMap(
        (assignment) => asOf(azure.roleDefinitions, assignment.roleDefinition, seenAt)?.permissions ?? [],
      ),
  );
  return page(call, permissions);
}

const LOCK = "{scope}/providers/Microsoft.Authorization/locks/{name}";

export const lockAndDenyRoutes: readonly Route[] = [
  { method: "GET", template: "{scope}/providers/Microsoft.Authorization/locks", handle: listLocks },
  { method: "GET", template: LOCK, handle: readLock },
  { method: "PUT", template: LOCK, handle: writeLock },
  {
    method: "DELETE",
    template: LOCK,
    handle: (call) =>
      call.azure.locks.delete(call.path.toLowerCase()) ? { status: 200, from: "provider" } : noContent(),
  },
  {
    method: "GET",
    template: "{scope}/providers/Microsoft.Authorization/denyAssignments",
    handle: listDenies,
  },
  {
    method: "GET",
    template: "{scope}/providers/Microsoft.Authorization/denyAssignments/{name}",
    handle: (call) => {
      const deny = latest(call.azure.denyAssignments, call.path);
      return deny
        ? ok(wireDeny(deny))
        : // guess: text not captured.
          providerError(
            404,
            "DenyAssignmentNotFound",
            `The deny assignment '${param(call, "name")}' is not found.`,
          );
    },
  },
  ...(["PUT", "DELETE"] as const).map((method): Route => ({
    method,
    template: "{scope}/providers/Microsoft.Authorization/denyAssignments/{name}",
    handle: () => notModelled("deny assignments written by users, a preview behind a feature flag"),
  })),
  {
    method: "GET",
    template: inSubscription("Microsoft.Authorization/classicAdministrators"),
    // Classic administrators were retired on 2024-08-31: the list is there, and empty.
    handle: (call) => page(call, []),
  },
  {
    method: "GET",
    template: "{scope}/providers/Microsoft.Authorization/permissions",
    action: "anyone",
    handle: listPermissions,
  },
];
