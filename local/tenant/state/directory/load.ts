import { namedGuid } from "../../random.ts";
import type { ScenarioNames } from "../../scenario/names.ts";
import { appRolesOf, directoryObjectKind, emptyDirectory } from "./directory.ts";
import type { Directory } from "./directory.ts";
import { appRoleAssignmentId, grantId, linkId, roleAssignmentId } from "./ids.ts";
import { loadApplication, loadForeignPrincipal } from "./load-applications.ts";
import type { ServicePrincipal } from "./objects.ts";
import type { DirectorySection } from "./section.ts";

/** What a scenario's directory section says that cannot be. All of it, so that a file is mended in one go. */
class DirectorySectionError extends Error {
  readonly code = "DIRECTORY_SECTION";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the directory section has mistakes:\n${problems.join("\n")}`);
    this.name = "DirectorySectionError";
    this.problems = problems;
  }
}

/**
 * The directory a scenario describes, with Microsoft's own principals in it. Managed identities are not here yet: they
 * are added from the Azure section, so a reference `identity.name` is taken on trust.
 */
export function loadDirectory(
  section: DirectorySection,
  names: ScenarioNames,
  domain = "contoso.onmicrosoft.com",
): Directory {
  const problems: string[] = [];
  const directory = emptyDirectory((appId) => namedGuid("first-party", appId));
  for (const { displayName, appId, id } of directory.servicePrincipals.all()) {
    names.given("servicePrincipal", displayName, id);
    names.given("appId", displayName, appId);
  }
  nameEverything(section, names);

  const idOf = (reference: string): string => {
    const [kind = "", ...rest] = reference.split(".");
    return rest.length === 0 ? reference.toLowerCase() : names.guid(kind, rest.join("."));
  };
  const existing = (reference: string, where: string): string => {
    const id = idOf(reference);
    if (directoryObjectKind(directory, id) === undefined && !reference.startsWith("identity."))
      problems.push(`${where}: there is no ${reference}`);
    return id;
  };

  for (const user of section.users) loadUser(directory, user, names, domain);
  for (const group of section.groups) {
    directory.groups.load({
      id: names.guid("group", group.name),
      displayName: group.displayName ?? group.name,
      description: group.description,
      mailNickname: group.name.replaceAll(/[^\w.-]/g, ""),
      securityEnabled: true,
      mailEnabled: false,
      isAssignableToRole: group.isAssignableToRole,
      groupTypes: [],
      createdDateTime: names.at(group.created),
      deletedDateTime: null,
    });
  }
  for (const application of section.applications) loadApplication(directory, application, names);
  for (const principal of section.servicePrincipals) loadForeignPrincipal(directory, principal, names);

  const own = (objectId: string, owners: readonly string[], where: string) => {
    for (const owner of owners) {
      const ownerId = existing(owner, where);
      directory.ownerships.load({ id: linkId(objectId, ownerId), objectId, ownerId });
    }
  };
  for (const { name, owners, servicePrincipal } of section.applications) {
    own(names.guid("application", name), owners, `owners of application ${name}`);
    if (servicePrincipal !== false)
      own(
        names.guid("servicePrincipal", name),
        servicePrincipal.owners,
        `owners of service principal ${name}`,
      );
  }
  for (const { name, owners } of section.servicePrincipals)
    own(names.guid("servicePrincipal", name), owners, `owners of service principal ${name}`);
  for (const { name, owners, members } of section.groups) {
    const groupId = names.guid("group", name);
    own(groupId, owners, `owners of group ${name}`);
    for (const member of members) {
      const memberId = existing(member, `members of group ${name}`);
      directory.memberships.load({ id: linkId(groupId, memberId), groupId, memberId });
    }
  }

  const resourceOf = (resource: string, where: string): ServicePrincipal | undefined => {
    const id =
      resource.includes(".") || /^[0-9a-f-]{36}$/i.test(resource)
        ? idOf(resource)
        : names.guid("servicePrincipal", resource);
    const found = directory.servicePrincipals.get(id);
    if (found === undefined) problems.push(`${where}: there is no resource "${resource}"`);
    return found;
  };
  for (const { principal, resource, roles, created } of section.appRoleAssignments) {
    const where = `app roles of ${principal}`;
    const principalId = existing(principal, where);
    const on = resourceOf(resource, where);
    if (on === undefined) continue;
    const kind = directoryObjectKind(directory, principalId);
    for (const value of roles) {
      const role = appRolesOf(directory, on).find((candidate) => candidate.value === value);
      if (role === undefined) problems.push(`${where}: ${on.displayName} has no app role "${value}"`);
      else
        directory.appRoleAssignments.load({
          id: appRoleAssignmentId(principalId, on.id, role.id),
          appRoleId: role.id,
          principalId,
          principalType: kind === "user" ? "User" : kind === "group" ? "Group" : "ServicePrincipal",
          resourceId: on.id,
          createdDateTime: names.at(created),
        });
    }
  }
  for (const { client, resource, principal, scopes } of section.delegatedGrants) {
    const where = `delegated grants of ${client}`;
    const clientId = existing(client, where);
    const on = resourceOf(resource, where);
    if (on === undefined) continue;
    const principalId = principal === undefined ? null : existing(principal, where);
    directory.grants.load({
      id: grantId(clientId, on.id, principalId),
      clientId,
      consentType: principalId === null ? "AllPrincipals" : "Principal",
      principalId,
      resourceId: on.id,
      scope: scopes.join(" "),
    });
  }
  loadRoles(directory, section, names, existing, problems);
  loadRisk(directory, section, names, existing);
  if (problems.length > 0) throw new DirectorySectionError(problems);
  return directory;
}

type Existing = (reference: string, where: string) => string;

/** Ids the file gives are known before anything refers to them. */
function nameEverything(section: DirectorySection, names: ScenarioNames): void {
  const name = (kind: string, of: string, id: string | undefined) => {
    if (id === undefined) names.guid(kind, of);
    else names.given(kind, of, id);
  };
  for (const it of section.users) name("user", it.name, it.id);
  for (const it of section.groups) name("group", it.name, it.id);
  for (const it of section.roleDefinitions) name("directoryRole", it.name, it.id);
  for (const it of section.applications) {
    name("application", it.name, it.id);
    name("appId", it.name, it.appId);
    if (it.servicePrincipal !== false) name("servicePrincipal", it.name, it.servicePrincipal.id);
  }
  for (const it of section.servicePrincipals) {
    name("appId", it.name, it.appId);
    name("servicePrincipal", it.name, it.id);
  }
}

function loadUser(
  directory: Directory,
  spec: DirectorySection["users"][number],
  names: ScenarioNames,
  domain: string,
): void {
  const userPrincipalName = spec.userPrincipalName ?? spec.name;
  const created = names.at(spec.created);
  const [givenName = null, surname = null] = (spec.displayName ?? "").split(" ");
  directory.users.load({
    id: names.guid("user", spec.name),
    userPrincipalName: userPrincipalName.includes("@") ? userPrincipalName : `${userPrincipalName}@${domain}`,
    displayName: spec.displayName ?? spec.name,
    mail: spec.mail,
    givenName: givenName === "" ? null : givenName,
    surname,
    jobTitle: spec.jobTitle,
    accountEnabled: spec.accountEnabled,
    userType: spec.guest ? "Guest" : "Member",
    onPremisesSyncEnabled: spec.onPremisesSyncEnabled,
    createdDateTime: created,
    deletedDateTime: null,
    signInSessionsValidFromDateTime: created,
    password: spec.password,
    other: {},
  });
}

function loadRoles(
  directory: Directory,
  section: DirectorySection,
  names: ScenarioNames,
  existing: Existing,
  problems: string[],
): void {
  for (const { name, displayName, actions } of section.roleDefinitions) {
    const id = names.guid("directoryRole", name);
    directory.roleDefinitions.load({
      id,
      templateId: id,
      displayName: displayName ?? name,
      description: displayName ?? name,
      isBuiltIn: false,
      isEnabled: true,
      isPrivileged: false,
      allowedResourceActions: actions,
    });
  }
  const roleId = (role: string, where: string): string => {
    for (const { id, displayName } of directory.roleDefinitions.all())
      if (id === role.toLowerCase() || displayName === role) return id;
    const custom = section.roleDefinitions.find(({ name }) => name === role);
    if (custom !== undefined) return names.guid("directoryRole", custom.name);
    problems.push(`${where}: there is no directory role "${role}"`);
    return role;
  };
  for (const { principal, role, scope } of section.roleAssignments) {
    const where = `directory roles of ${principal}`;
    const principalId = existing(principal, where);
    const roleDefinitionId = roleId(role, where);
    const id = roleAssignmentId(principalId, roleDefinitionId, scope);
    directory.roleAssignments.load({ id, principalId, roleDefinitionId, directoryScopeId: scope });
    directory.roleSchedules.load({
      id,
      kind: "assignment",
      principalId,
      roleDefinitionId,
      directoryScopeId: scope,
      assignmentType: "Assigned",
      startDateTime: names.at("-300d"),
      endDateTime: null,
    });
  }
  for (const { principal, role, scope, start, end } of section.activatedRoles) {
    const where = `activated directory roles of ${principal}`;
    const principalId = existing(principal, where);
    const roleDefinitionId = roleId(role, where);
    const id = roleAssignmentId(principalId, roleDefinitionId, scope);
    directory.roleAssignments.load({ id, principalId, roleDefinitionId, directoryScopeId: scope });
    directory.roleSchedules.load({
      id,
      kind: "assignment",
      principalId,
      roleDefinitionId,
      directoryScopeId: scope,
      assignmentType: "Activated",
      startDateTime: names.at(start),
      endDateTime: names.at(end),
    });
  }
  for (const { principal, role, scope, start, end } of section.eligibleRoles) {
    const where = `eligible directory roles of ${principal}`;
    const principalId = existing(principal, where);
    const roleDefinitionId = roleId(role, where);
    directory.roleSchedules.load({
      id: `${roleAssignmentId(principalId, roleDefinitionId, scope)}-e`,
      kind: "eligibility",
      principalId,
      roleDefinitionId,
      directoryScopeId: scope,
      assignmentType: "Assigned",
      startDateTime: names.at(start),
      endDateTime: end === null ? null : names.at(end),
    });
  }
}

function loadRisk(
  directory: Directory,
  section: DirectorySection,
  names: ScenarioNames,
  existing: Existing,
): void {
  const kindOf = (id: string) =>
    directoryObjectKind(directory, id) === "user" ? "user" : "servicePrincipal";
  for (const { principal, level, state, at } of section.risky) {
    const id = existing(principal, "risky");
    directory.riskyPrincipals.load({
      id,
      kind: kindOf(id),
      riskLevel: level,
      riskState: state,
      riskDetail: "none",
      riskLastUpdatedDateTime: names.at(at),
    });
  }
  for (const detection of section.riskDetections) {
    const principalId = existing(detection.principal, `risk detection ${detection.name}`);
    directory.riskDetections.load({
      id: names.guid("riskDetection", detection.name),
      kind: kindOf(principalId),
      principalId,
      riskEventType: detection.riskEventType,
      riskLevel: detection.level,
      riskState: "atRisk",
      riskDetail: "none",
      keyIds: detection.keyIds,
      ipAddress: detection.ipAddress,
      activityDateTime: names.at(detection.at),
      detectedDateTime: names.at(detection.at),
      additionalInfo: JSON.stringify(detection.additionalInfo),
    });
  }
}
