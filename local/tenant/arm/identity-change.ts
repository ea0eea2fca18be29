import { decide } from "../authorization/decide.ts";
import { listIn, objectIn, textIn } from "../state/azure/json.ts";
import type { JsonObject, Resource, ResourceIdentity } from "../state/azure/model.ts";
import { sameId } from "../state/azure/resource-id.ts";
import { addManagedIdentity, removeManagedIdentity } from "../state/directory.ts";
import type { ArmAnswer, ArmCall } from "./call.ts";
import { badRequest, gatewayError } from "./errors.ts";
import { groupIdsInToken } from "./access.ts";

export type IdentityChange =
  | { readonly kind: "changed"; readonly identity: ResourceIdentity | undefined }
  | { readonly kind: "refused"; readonly answer: ArmAnswer };

/**
 * What `identity` in a PUT or PATCH makes of a resource's identities, with Azure's traps: `None` drops all of them,
 * `SystemAssigned` alone drops every user-assigned one, and a map entry of `null` drops that one and leaves the others.
 * Up to API 2017-12-01 `identityIds` lists what stays.
 */
export function changeIdentity(
  call: ArmCall,
  resource: Pick<Resource, "id" | "name" | "type" | "identity">,
  identity: JsonObject | undefined,
): IdentityChange {
  const before = resource.identity;
  // guess: a PUT without `identity` leaves the identities as they are, as a PATCH does.
  if (identity === undefined) return { kind: "changed", identity: before };
  const kinds = textIn(identity, "type")
    .split(",")
    .map((kind) => kind.trim().toLowerCase())
    .filter((kind) => kind !== "");
  const unknown = kinds.find((kind) => !["none", "systemassigned", "userassigned"].includes(kind));
  if (unknown !== undefined || kinds.length === 0) {
    return refusedWith(
      badRequest(`Identity type '${textIn(identity, "type")}' is not supported.`, "InvalidIdentityType"),
    );
  }
  const wantsOwn = kinds.includes("systemassigned");
  const userAssigned = kinds.includes("userassigned") ? attachedAfter(call, before, identity) : [];
  const added = userAssigned.filter((id) => !(before?.userAssigned ?? []).some((held) => sameId(held, id)));
  const forbidden = added.find((id) => !mayAssign(call, id));
  if (forbidden !== undefined) return refusedWith(linkedAuthorizationFailed(call, resource, forbidden));
  if (kinds.includes("userassigned") && userAssigned.length === 0 && !wantsOwn) {
    // guess: the type asks for identities and none is left; Compute refuses this.
    return refusedWith(
      badRequest(
        "The identity type 'UserAssigned' requires at least one user assigned identity.",
        "InvalidParameter",
      ),
    );
  }
  const systemAssigned = ownIdentity(call, resource, wantsOwn);
  return { kind: "changed", identity: { ...(systemAssigned ? { systemAssigned } : {}), userAssigned } };
}

/** The directory forgets a resource's own identity with the resource, or when it is switched off. */
export function dropOwnIdentity(call: ArmCall, resource: Pick<Resource, "identity">): void {
  const own = resource.identity?.systemAssigned;
  if (own) removeManagedIdentity(call.tenant.state.directory, own.principalId, call.nowInMs);
}

function attachedAfter(call: ArmCall, before: ResourceIdentity | undefined, identity: JsonObject): string[] {
  if (call.apiVersion <= "2017-12-01" && identity["identityIds"] !== undefined) {
    return listIn(identity, "identityIds").filter((id) => typeof id === "string");
  }
  const map = objectIn(identity, "userAssignedIdentities");
  const named = Object.entries(map);
  const held = call.request.method === "PATCH" ? (before?.userAssigned ?? []) : [];
  const kept = held.filter((id) => !named.some(([key]) => sameId(key, id)));
  return [...kept, ...named.filter(([, value]) => value !== null).map(([id]) => id)];
}

function ownIdentity(
  call: ArmCall,
  resource: Pick<Resource, "id" | "name" | "identity">,
  wanted: boolean,
): ResourceIdentity["systemAssigned"] {
  const { tenant, nowInMs } = call;
  const before = resource.identity?.systemAssigned;
  if (wanted && before) return before;
  if (!wanted) {
    if (before) removeManagedIdentity(tenant.state.directory, before.principalId, nowInMs);
    return undefined;
  }
  // Off and on again is another principal: none of the old one's roles come back.
  const own = { principalId: tenant.random.guid(), clientId: tenant.random.guid() };
  addManagedIdentity(
    tenant.state.directory,
    { ...own, displayName: resource.name, resourceId: resource.id, userAssigned: false },
    nowInMs,
  );
  return own;
}

const ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

function mayAssign(call: ArmCall, identityId: string): boolean {
  const groupIds = groupIdsInToken(call.caller);
  return decide(call.tenant, {
    objectId: call.caller.objectId,
    action: ASSIGN,
    scope: identityId,
    ...(groupIds === undefined ? {} : { groupIds }),
  }).allowed;
}

function linkedAuthorizationFailed(
  { caller }: ArmCall,
  resource: Pick<Resource, "id" | "type">,
  identityId: string,
): ArmAnswer {
  // guess: this form is in Azure's documentation and many reports, but in no capture.
  return gatewayError(
    403,
    "LinkedAuthorizationFailed",
    `The client '${caller.objectId}' with object id '${caller.objectId}' has permission to perform action '${resource.type}/write' on scope '${resource.id}'; however, it does not have permission to perform action(s) '${ASSIGN}' on the linked scope(s) '${identityId}' (respectively) or the linked scope(s) are invalid.`,
  );
}

function refusedWith(answer: ArmAnswer): IdentityChange {
  return { kind: "refused", answer };
}
