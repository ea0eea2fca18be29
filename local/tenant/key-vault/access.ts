import { decide } from "../authorization/decide.ts";
import type { Caller } from "../service.ts";
import { transitiveGroupIds } from "../state/directory.ts";
import type { Tenant } from "../tenant.ts";
import {
  forbiddenByConnection,
  forbiddenByFirewall,
  forbiddenByPolicy,
  forbiddenByRbac,
  type VaultError,
} from "./errors.ts";
import type { Vault } from "./vault.ts";

/** What an operation takes: a data action where RBAC decides, a permission where access policies do. */
export interface Right {
  readonly dataAction: string;
  readonly object: "secrets" | "keys";
  readonly permission: string;
}

export type Access =
  | { readonly kind: "allowed"; readonly assignmentId: string | undefined }
  | { readonly kind: "refused"; readonly error: VaultError };

export interface AccessAttempt {
  readonly tenant: Tenant;
  readonly vault: Vault;
  readonly caller: Caller;
  readonly clientAddress: string;
  readonly right: Right;
  /** The secret or key asked for; absent when the vault as a whole is. */
  readonly objectName: string | undefined;
}

/** Network first, then permission: the two are different refusals, and only the second is about the caller. */
export function checkAccess(attempt: AccessAttempt): Access {
  const { tenant, vault, caller, clientAddress, right } = attempt;
  const callerAs = callerText(tenant, caller, vault.isRbac);
  if (!vault.isPublic) {
    return { kind: "refused", error: forbiddenByConnection(callerAs, vault.name, vault.location) };
  }
  if (!vault.admits(clientAddress)) {
    return { kind: "refused", error: forbiddenByFirewall(clientAddress, vault.name, vault.location) };
  }
  return vault.isRbac ? checkRbac(attempt, callerAs) : checkPolicies(attempt, callerAs, right);
}

function checkRbac({ tenant, vault, caller, right, objectName }: AccessAttempt, callerAs: string): Access {
  const scope =
    objectName === undefined ? vault.resourceId : `${vault.resourceId}/${right.object}/${objectName}`;
  const decision = decide(tenant, {
    objectId: caller.objectId,
    dataAction: right.dataAction,
    scope,
    ...(objectName === undefined
      ? {}
      : { resourceAttributes: { [`Microsoft.KeyVault/vaults/${right.object}:name`]: objectName } }),
  });
  if (decision.allowed) {
    return { kind: "allowed", assignmentId: decision.assignmentId };
  }
  return {
    kind: "refused",
    error: forbiddenByRbac({
      caller: callerAs,
      action: right.dataAction,
      resource: scope,
      vault: vault.name,
      location: vault.location,
      denyAssignmentId: decision.because === "deny-assignment" ? decision.denyAssignmentId : undefined,
    }),
  };
}

function checkPolicies({ tenant, vault, caller }: AccessAttempt, callerAs: string, right: Right): Access {
  const principals = new Set([
    caller.objectId,
    ...transitiveGroupIds(tenant.state.directory, caller.objectId),
  ]);
  const lowerCased = new Set([...principals].map((id) => id.toLowerCase()));
  const granted = vault.policies.some(
    (policy) =>
      lowerCased.has(policy.objectId) &&
      // A policy with an application id is for that principal through that application only.
      (policy.applicationId === undefined || policy.applicationId === caller.appId?.toLowerCase()) &&
      (policy[right.object].has(right.permission) || policy[right.object].has("all")),
  );
  return granted
    ? { kind: "allowed", assignmentId: undefined }
    : {
        kind: "refused",
        error: forbiddenByPolicy({
          caller: callerAs,
          object: right.object,
          permission: right.permission,
          vault: vault.name,
          location: vault.location,
        }),
      };
}

function callerText(tenant: Tenant, caller: Caller, isRbac: boolean): string {
  const parts = [`appid=${caller.appId ?? ""}`, `oid=${caller.objectId}`];
  if (caller.kind === "user" && !isRbac) {
    parts.push(`numgroups=${transitiveGroupIds(tenant.state.directory, caller.objectId).length}`);
  }
  parts.push(`iss=https://sts.windows.net/${caller.tenantId}/`);
  for (const claim of ["xms_mirid", "xms_az_rid"]) {
    const value = caller.claims[claim];
    if (typeof value === "string") parts.push(`${claim}=${value}`);
  }
  return parts.join(";");
}
