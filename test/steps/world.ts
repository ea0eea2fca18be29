import canonicalize from "canonicalize";
import type { TenantHandle } from "../../local/tenant/start.ts";
import { allRoleAssignments } from "../../local/tenant/state/azure/role-assignments.ts";
import { allResources } from "../../local/tenant/state/azure/resources.ts";

/** Everything in a tenant that a step could change, one line each, so that two moments can be compared. */
export function worldOf({ state }: TenantHandle): ReadonlyMap<string, string> {
  const { directory, azure, vaults } = state;
  const world = new Map<string, string>();
  const put = (path: string, value: unknown) => world.set(path, canonicalize(value) ?? "");

  for (const [name, things] of [
    ["application", directory.applications],
    ["servicePrincipal", directory.servicePrincipals],
  ] as const) {
    for (const { keyCredentials, passwordCredentials, ...rest } of things.all()) {
      put(`${name} ${rest.id}`, rest);
      for (const it of keyCredentials) put(`${name} ${rest.id} certificate ${it.keyId}`, it);
      for (const it of passwordCredentials) put(`${name} ${rest.id} password ${it.keyId}`, it);
    }
  }
  for (const name of [
    "users",
    "groups",
    "memberships",
    "ownerships",
    "federatedCredentials",
    "appRoleAssignments",
    "grants",
    "roleAssignments",
    "roleSchedules",
    "deletedItems",
    "riskyPrincipals",
  ] as const) {
    for (const it of directory[name].all()) put(`${name} ${it.id}`, it);
  }
  for (const { properties, identity, etag: _etag, changedAt: _changedAt, ...rest } of allResources(azure)) {
    const { accessPolicies, ...others } = properties;
    put(`resource ${rest.id}`, { ...rest, createdBy: null });
    for (const [name, value] of Object.entries(others)) put(`resource ${rest.id} ${name}`, value);
    put(`identity of ${rest.id}`, {
      own: identity?.systemAssigned ?? null,
      attached: (identity?.userAssigned ?? []).toSorted(),
    });
    if (Array.isArray(accessPolicies)) {
      for (const policy of accessPolicies)
        world.set(`access policy of ${rest.id} ${canonicalize(policy)}`, "");
    }
  }
  for (const it of allRoleAssignments(azure)) put(`role ${it.id}`, { ...it, ...WRITTEN });
  for (const it of azure.roleSchedules.values()) {
    put(`eligibility ${it.scope} ${it.principalId} ${it.roleDefinition}`, it.kind);
  }
  for (const [id, keys] of azure.keys) {
    for (const it of keys.values()) put(`key ${it.name} of ${id}`, it.value);
  }
  for (const [id, at] of azure.userDelegationRevokedAt) put(`delegation keys of ${id}`, at);
  for (const [vault, { secrets }] of vaults.vaults) {
    for (const [name, secret] of secrets) {
      for (const it of secret.versions.values())
        put(`secret ${vault} ${name} ${JSON.stringify(it.version)}`, it.enabled);
    }
  }
  return world;
}

/** When and by whom an assignment was written changes with every writing. */
const WRITTEN = { createdOn: null, updatedOn: null, createdBy: null, updatedBy: null };

/** What differs between two moments. */
export function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted();
}
