import type { ScenarioNames } from "../../scenario/names.ts";
import { ScenarioPlaceError, type Places } from "./places.ts";
import { preload } from "./history.ts";
import { preloadRoleAssignment } from "./role-assignments.ts";
import type { AzureState } from "./model.ts";
import type { AzureSection } from "./section.ts";

/** Role definitions and assignments, PIM schedules, deny assignments and locks of a scenario. */
export function loadAccess(
  state: AzureState,
  section: AzureSection,
  names: ScenarioNames,
  places: Places,
): void {
  const loadedAt = names.at("now");
  for (const entry of section.roleDefinitions) {
    const name = names.guid("roleDefinition", entry.name).toLowerCase();
    const { actions, notActions, dataActions, notDataActions } = entry;
    preload(state.roleDefinitions, name, {
      name,
      roleName: entry.roleName ?? entry.name,
      description: entry.description,
      type: "CustomRole",
      permissions: [{ actions, notActions, dataActions, notDataActions }],
      assignableScopes: entry.assignableScopes.map((scope) => places.scope(scope)),
      createdOn: loadedAt,
      updatedOn: loadedAt,
    });
  }
  const roleIds = new Map<string, string>();
  for (const { name, roleName } of state.roleDefinitions.current.values()) {
    roleIds.set(name, name).set(roleName.toLowerCase(), name);
  }
  for (const { name } of section.roleDefinitions) {
    roleIds.set(name.toLowerCase(), names.guid("roleDefinition", name).toLowerCase());
  }
  const roleId = (role: string): string => {
    const found = roleIds.get(role.toLowerCase());
    if (found === undefined) throw new ScenarioPlaceError(`no role "${role}", built in or in the file`);
    return found;
  };

  for (const entry of section.roleAssignments) {
    const scope = places.scope(entry.scope);
    const principal = places.principal(entry.principal);
    const name = names.guid("roleAssignment", entry.name ?? `${principal.id} ${entry.role} ${scope}`);
    const createdOn = names.at(entry.createdAt ?? "-365d");
    const createdBy = entry.createdBy === undefined ? "" : places.principal(entry.createdBy).id;
    preloadRoleAssignment(state, {
      id: `${scope === "/" ? "" : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
      name,
      scope,
      roleDefinition: roleId(entry.role),
      principalId: principal.id,
      principalType: entry.principalType ?? principal.type,
      condition: entry.condition ?? null,
      conditionVersion: entry.conditionVersion ?? (entry.condition === undefined ? null : "2.0"),
      description: entry.description ?? null,
      delegatedManagedIdentityResourceId: null,
      createdOn,
      updatedOn: createdOn,
      createdBy,
      updatedBy: createdBy,
    });
  }
  // What PIM gives is an ordinary role assignment too, and counts as one.
  const assignmentOfSchedule = (name: string, entry: AzureSection["roleSchedules"][number]): string => {
    const scope = places.scope(entry.scope);
    const principal = places.principal(entry.principal);
    const id = `${scope === "/" ? "" : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    const createdOn = names.at(entry.start);
    preloadRoleAssignment(state, {
      id,
      name,
      scope,
      roleDefinition: roleId(entry.role),
      principalId: principal.id,
      principalType: entry.principalType ?? principal.type,
      condition: entry.condition ?? null,
      conditionVersion: entry.conditionVersion ?? null,
      description: null,
      delegatedManagedIdentityResourceId: null,
      createdOn,
      updatedOn: createdOn,
      createdBy: "",
      updatedBy: "",
    });
    return id;
  };
  for (const entry of section.roleSchedules) {
    const scope = places.scope(entry.scope);
    const principal = places.principal(entry.principal);
    const name = names.guid(
      "roleSchedule",
      entry.name ?? `${entry.kind} ${principal.id} ${entry.role} ${scope}`,
    );
    state.roleSchedules.set(name, {
      kind: entry.kind,
      name,
      scope,
      roleDefinition: roleId(entry.role),
      principalId: principal.id,
      principalType: entry.principalType ?? principal.type,
      memberType: "Direct",
      ...(entry.kind === "assignment" ? { assignmentType: entry.assignmentType ?? "Assigned" } : {}),
      startDateTime: names.at(entry.start),
      endDateTime: entry.end === undefined ? null : names.at(entry.end),
      condition: entry.condition ?? null,
      conditionVersion: entry.conditionVersion ?? null,
      createdOn: names.at(entry.start),
      ...(entry.kind === "assignment" ? { roleAssignment: assignmentOfSchedule(name, entry) } : {}),
    });
  }
  for (const entry of section.denyAssignments) {
    const scope = places.scope(entry.scope);
    const name = names.guid("denyAssignment", entry.name);
    const id = `${scope}/providers/Microsoft.Authorization/denyAssignments/${name}`;
    const { actions, notActions, dataActions, notDataActions } = entry;
    const principalRef = ({ id: text, type }: { id: string; type: string }) => ({
      id: places.principal(text).id,
      type,
    });
    preload(state.denyAssignments, id, {
      id,
      name,
      denyAssignmentName: entry.name,
      description: entry.description,
      scope,
      permissions: [{ actions, notActions, dataActions, notDataActions }],
      doNotApplyToChildScopes: entry.doNotApplyToChildScopes,
      principals: entry.principals.map(principalRef),
      excludePrincipals: entry.excludePrincipals.map(principalRef),
      isSystemProtected: entry.isSystemProtected,
    });
  }
  for (const { name, scope: where, level, notes } of section.locks) {
    const scope = places.scope(where);
    const id = `${scope}/providers/Microsoft.Authorization/locks/${name}`;
    state.locks.set(id.toLowerCase(), { id, name, scope, level, ...(notes === undefined ? {} : { notes }) });
  }
}
