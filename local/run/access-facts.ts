import type { TenantHandle } from "../tenant/start.ts";
import { allRoleAssignments } from "../tenant/state/azure.ts";

/** One thing that is so about who may do what: whom it is about, and what in one line. */
export interface AccessFact {
  /** Ids of everybody it concerns. */
  readonly about: readonly string[];
  readonly fact: string;
}

/** All of a tenant's access as it stands, sorted: to compare before and after. Ids that Graph makes anew are left out. */
export function accessFacts({ state }: Pick<TenantHandle, "state">): readonly AccessFact[] {
  const { directory, azure } = state;
  const facts: AccessFact[] = [];
  const add = (about: readonly (string | null)[], ...parts: readonly unknown[]) =>
    facts.push({ about: about.filter((id) => id !== null), fact: parts.map(String).join(" ") });
  for (const it of directory.servicePrincipals.all()) {
    add(
      [it.id, it.appId],
      "service-principal",
      it.id,
      "enabled",
      it.accountEnabled,
      it.deletedDateTime !== null,
    );
    for (const { keyId } of it.passwordCredentials) add([it.id, it.appId], "password", it.id, keyId);
    for (const { keyId } of it.keyCredentials) add([it.id, it.appId], "certificate", it.id, keyId);
  }
  for (const it of directory.applications.all()) {
    add(
      [it.id, it.appId],
      "application",
      it.id,
      "disabled",
      it.isDisabled ?? false,
      it.deletedDateTime !== null,
    );
    for (const { keyId } of it.passwordCredentials) add([it.id, it.appId], "password", it.id, keyId);
    for (const { keyId } of it.keyCredentials) add([it.id, it.appId], "certificate", it.id, keyId);
  }
  for (const it of directory.users.all()) add([it.id], "user", it.id, "enabled", it.accountEnabled);
  for (const it of directory.federatedCredentials.all()) {
    const { applicationId, name, issuer, subject, audiences } = it;
    add([applicationId], "federated-credential", applicationId, name, issuer, subject, audiences.join(","));
  }
  for (const { objectId, ownerId } of directory.ownerships.all()) {
    add([objectId, ownerId], "owner", ownerId, "of", objectId);
  }
  for (const { groupId, memberId } of directory.memberships.all()) {
    add([groupId, memberId], "member", memberId, "of", groupId);
  }
  for (const { principalId, resourceId, appRoleId } of directory.appRoleAssignments.all()) {
    add([principalId], "app-role", principalId, appRoleId, "on", resourceId);
  }
  for (const { clientId, principalId, resourceId, scope, consentType } of directory.grants.all()) {
    const scopes = scope.trim().split(/\s+/).toSorted().join(",");
    add([clientId, principalId], "grant", clientId, consentType, principalId, resourceId, scopes);
  }
  for (const { principalId, roleDefinitionId, directoryScopeId } of directory.roleAssignments.all()) {
    add([principalId], "directory-role", principalId, roleDefinitionId, directoryScopeId);
  }
  for (const it of allRoleAssignments(azure)) {
    const { id, principalId, principalType, roleDefinition, condition, conditionVersion } = it;
    add(
      [principalId],
      "role-assignment",
      id.toLowerCase(),
      principalId,
      principalType,
      roleDefinition,
      condition,
      conditionVersion,
    );
  }
  return facts.toSorted((a, b) => (a.fact < b.fact ? -1 : a.fact > b.fact ? 1 : 0));
}
