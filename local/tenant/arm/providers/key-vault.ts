import { decide } from "../../authorization/decide.ts";
import { flagIn, isObject, listIn, objectIn, textIn, textsIn } from "../../state/azure/json.ts";
import type { Json, JsonObject, Resource } from "../../state/azure/model.ts";
import { parseResourceId, sameId } from "../../state/azure/resource-id.ts";
import { findResource, putResource, resourcesOfType } from "../../state/azure/resources.ts";
import { type ArmAnswer, type ArmCall, inGroup, inSubscription, ok, param, type Route } from "../call.ts";
import { authorizationFailed, badRequest, gatewayError, providerError, resourceNotFound } from "../errors.ts";
import { clientName, groupIdsInToken } from "../access.ts";
import { MAX_ACCESS_POLICIES } from "../limits.ts";
import { page } from "../paging.ts";
import { resourceRoutes, type Write } from "../resource-type.ts";

const VAULT = "Microsoft.KeyVault/vaults";
const DAY_IN_MS = 86_400_000;

const vaults = resourceRoutes({
  type: VAULT,
  readOnly: ["vaultUri", "enablePurgeProtection"],
  refuse: (call, write) => nameTaken(call, write) ?? unlawfulChange(call, write),
  complete: (call, write) => vaultProperties(call, write),
  written: (call, resource) => call.azure.deletedVaults.delete(resource.id.toLowerCase()),
  deleted: (call, vault) => {
    const days = Number(vault.properties["softDeleteRetentionInDays"] ?? 90);
    call.azure.deletedVaults.set(vault.id.toLowerCase(), {
      vault,
      deletedAt: call.nowInMs,
      purgeAt: call.nowInMs + days * DAY_IN_MS,
    });
  },
});

function vaultProperties(call: ArmCall, { before, properties, name, id }: Write): JsonObject {
  const { createMode, ...sent } = properties;
  const deleted = call.azure.deletedVaults.get(id.toLowerCase());
  if (createMode === "recover" && deleted && !before) return deleted.vault.properties;
  return {
    sku: { family: "A", name: "standard" },
    tenantId: call.tenant.id,
    accessPolicies: [],
    enabledForDeployment: false,
    enableSoftDelete: true,
    softDeleteRetentionInDays: 90,
    enableRbacAuthorization: false,
    publicNetworkAccess: "Enabled",
    vaultUri: `https://${name.toLowerCase()}.vault.azure.net/`,
    ...sent,
    // Soft delete cannot be switched off any more, whatever is sent.
    ...(sent["enableSoftDelete"] === false ? { enableSoftDelete: true } : {}),
  };
}

function nameTaken(call: ArmCall, { before, name, id, properties }: Write): ArmAnswer | undefined {
  if (before) return undefined;
  for (const vault of resourcesOfType(call.azure, VAULT)) {
    if (vault.name.toLowerCase() === name.toLowerCase()) {
      return providerError(
        409,
        "VaultAlreadyExists",
        `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken.`,
      );
    }
  }
  const isRecovery = textIn(properties, "createMode").toLowerCase() === "recover";
  const deleted = [...call.azure.deletedVaults.values()].find(
    ({ vault }) => vault.name.toLowerCase() === name.toLowerCase(),
  );
  if (isRecovery && !call.azure.deletedVaults.has(id.toLowerCase())) {
    // guess: text not captured.
    return badRequest(`A deleted vault with the name '${name}' does not exist.`, "VaultNotFound");
  }
  if (deleted && !isRecovery) {
    return providerError(
      409,
      "ConflictError",
      "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.",
    );
  }
  return undefined;
}

function unlawfulChange(call: ArmCall, { before, properties, id }: Write): ArmAnswer | undefined {
  if (!before) return undefined;
  if (
    flagIn(before.properties, "enablePurgeProtection") &&
    objectIn(call.body, "properties")["enablePurgeProtection"] === false
  ) {
    return badRequest(
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.',
    );
  }
  const wasRbac = flagIn(before.properties, "enableRbacAuthorization");
  const becomesRbac = flagIn(properties, "enableRbacAuthorization");
  const action = "Microsoft.Authorization/roleAssignments/write";
  if (wasRbac !== becomesRbac && !isAllowed(call, action, id)) {
    // Whoever switches the model decides who gets in, so it takes the right to hand out roles. guess: its 403's text.
    return authorizationFailed({
      client: clientName(call.caller),
      objectId: call.caller.objectId,
      action,
      scope: id,
    });
  }
  return undefined;
}

function isAllowed(call: ArmCall, action: string, scope: string): boolean {
  const groupIds = groupIdsInToken(call.caller);
  return decide(call.tenant, {
    objectId: call.caller.objectId,
    action,
    scope,
    ...(groupIds === undefined ? {} : { groupIds }),
  }).allowed;
}

type Policies = readonly JsonObject[];

function samePrincipal(left: JsonObject, right: JsonObject): boolean {
  return (
    textIn(left, "objectId").toLowerCase() === textIn(right, "objectId").toLowerCase() &&
    textIn(left, "applicationId").toLowerCase() === textIn(right, "applicationId").toLowerCase()
  );
}

const PERMISSION_KINDS = ["keys", "secrets", "certificates", "storage"] as const;

function addPolicies(held: Policies, sent: Policies): Policies {
  const merged = held.map((policy) => {
    const more = sent.find((other) => samePrincipal(policy, other));
    return more ? { ...policy, permissions: combine(policy, more, union) } : policy;
  });
  return [...merged, ...sent.filter((policy) => !held.some((other) => samePrincipal(policy, other)))];
}

/** Takes away what is named; a policy left with nothing, or named without permissions, goes. */
function removePolicies(held: Policies, sent: Policies): Policies {
  return held.flatMap((policy) => {
    const less = sent.find((other) => samePrincipal(policy, other));
    if (!less) return [policy];
    const permissions = combine(policy, less, without);
    const namesNone = PERMISSION_KINDS.every(
      (kind) => textsIn(objectIn(less, "permissions"), kind).length === 0,
    );
    const isEmpty = PERMISSION_KINDS.every((kind) => textsIn(permissions, kind).length === 0);
    return namesNone || isEmpty ? [] : [{ ...policy, permissions }];
  });
}

function combine(
  left: JsonObject,
  right: JsonObject,
  how: (left: readonly string[], right: readonly string[]) => string[],
): JsonObject {
  const permissions: Record<string, Json> = {};
  for (const kind of PERMISSION_KINDS) {
    permissions[kind] = how(
      textsIn(objectIn(left, "permissions"), kind),
      textsIn(objectIn(right, "permissions"), kind),
    );
  }
  return permissions;
}

function union(left: readonly string[], right: readonly string[]): string[] {
  return [...new Set([...left, ...right].map((name) => name.toLowerCase()))];
}

function without(left: readonly string[], right: readonly string[]): string[] {
  const gone = new Set(right.map((name) => name.toLowerCase()));
  return gone.has("all") ? [] : left.filter((name) => !gone.has(name.toLowerCase()));
}

function changePolicies(call: ArmCall): ArmAnswer {
  const id = call.path.split("/").slice(0, -2).join("/");
  const vault = findResource(call.azure, id);
  if (!vault) return resourceNotFound(id);
  const held = listIn(vault.properties, "accessPolicies").filter(isObject);
  const sent = listIn(objectIn(call.body, "properties"), "accessPolicies").filter(isObject);
  const kind = param(call, "kind").toLowerCase();
  const policies = ((): Policies | undefined => {
    switch (kind) {
      case "add":
        return addPolicies(held, sent);
      case "replace":
        // Everything that is not sent is gone, other principals' policies too.
        return sent;
      case "remove":
        return removePolicies(held, sent);
      default:
        return undefined;
    }
  })();
  if (!policies) return badRequest(`The operation kind '${kind}' is not supported.`); // guess: text not captured
  if (policies.length > MAX_ACCESS_POLICIES) {
    return badRequest(`The number of access policies exceeds the maximum of ${MAX_ACCESS_POLICIES}.`); // guess: text not captured
  }
  putResource(
    call.azure,
    { ...vault, properties: { ...vault.properties, accessPolicies: policies }, changedAt: call.nowInMs },
    call.nowInMs,
  );
  return {
    status: 200,
    from: "provider",
    body: {
      id: `${vault.id}/accessPolicies/`,
      type: "Microsoft.KeyVault/vaults/accessPolicies",
      location: vault.location,
      properties: { accessPolicies: policies },
    },
  };
}

function wireDeleted(entry: { vault: Resource; deletedAt: number; purgeAt: number }): JsonObject {
  const { subscriptionId = "" } = parseResourceId(entry.vault.id);
  const location = entry.vault.location ?? "";
  return {
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${entry.vault.name}`,
    type: "Microsoft.KeyVault/deletedVaults",
    name: entry.vault.name,
    properties: {
      vaultId: entry.vault.id,
      location,
      tags: entry.vault.tags ?? {},
      deletionDate: new Date(entry.deletedAt).toISOString(),
      scheduledPurgeDate: new Date(entry.purgeAt).toISOString(),
      ...(flagIn(entry.vault.properties, "enablePurgeProtection") ? { purgeProtectionEnabled: true } : {}),
    },
  };
}

function deletedVault(call: ArmCall) {
  const { subscriptionId = "" } = parseResourceId(call.path);
  return [...call.azure.deletedVaults.values()].find(
    ({ vault }) =>
      vault.name.toLowerCase() === param(call, "vault").toLowerCase() &&
      sameId(parseResourceId(vault.id).subscriptionId ?? "", subscriptionId),
  );
}

const DELETED = "Microsoft.KeyVault/locations/{location}/deletedVaults/{vault}";

export const keyVaultRoutes: readonly Route[] = [
  ...vaults,
  { method: "PUT", template: inGroup(`${VAULT}/{vault}/accessPolicies/{kind}`), handle: changePolicies },
  {
    method: "GET",
    template: inSubscription("Microsoft.KeyVault/deletedVaults"),
    handle: (call) =>
      page(
        call,
        [...call.azure.deletedVaults.values()]
          .filter(({ vault }) =>
            sameId(parseResourceId(vault.id).subscriptionId ?? "", param(call, "subscription")),
          )
          .map(wireDeleted),
      ),
  },
  {
    method: "GET",
    template: inSubscription(DELETED),
    handle: (call) => {
      const found = deletedVault(call);
      return found
        ? ok(wireDeleted(found))
        : gatewayError(404, "DeletedVaultNotFound", "The specified deleted vault does not exist."); // guess: text not captured
    },
  },
  {
    method: "POST",
    template: inSubscription(`${DELETED}/purge`),
    handle: (call) => {
      const found = deletedVault(call);
      if (!found)
        return gatewayError(404, "DeletedVaultNotFound", "The specified deleted vault does not exist."); // guess: text not captured
      if (flagIn(found.vault.properties, "enablePurgeProtection")) {
        return badRequest(
          `Operation "DeletedVaultPurge" is not allowed on this vault because purge protection is enabled for this vault. Vault will be automatically purged after the retention period has elapsed.`,
          "MethodNotAllowed",
        );
      }
      call.azure.deletedVaults.delete(found.vault.id.toLowerCase());
      call.tenant.state.vaults.vaults.delete(found.vault.name.toLowerCase());
      return { status: 200, from: "provider" };
    },
  },
];
