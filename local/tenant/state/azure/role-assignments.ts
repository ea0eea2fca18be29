import { asOf, emptyHistory, forget, type History, latest, preload, record } from "./history.ts";
import type { AzureState, RoleAssignment } from "./model.ts";

/** All role assignments by ARM id and by principal, as they are and as they were a propagation delay ago. */
export interface RoleAssignmentIndex {
  readonly byId: History<RoleAssignment>;
  /** Ids stay after removal: a removed assignment goes on counting until its removal has propagated. */
  readonly idsByPrincipal: Map<string, Set<string>>;
}

export function emptyRoleAssignments(): RoleAssignmentIndex {
  return { byId: emptyHistory(), idsByPrincipal: new Map() };
}

export function findRoleAssignment(state: AzureState, id: string): RoleAssignment | undefined {
  return latest(state.roleAssignments.byId, id);
}

export function allRoleAssignments(state: AzureState): IterableIterator<RoleAssignment> {
  return state.roleAssignments.byId.current.values();
}

export function* assignmentsOf(state: AzureState, principalId: string): Generator<RoleAssignment> {
  for (const id of state.roleAssignments.idsByPrincipal.get(principalId.toLowerCase()) ?? []) {
    const found = latest(state.roleAssignments.byId, id);
    if (found) yield found;
  }
}

export function* assignmentsOfAsOf(
  state: AzureState,
  principalId: string,
  atInMs: number,
): Generator<RoleAssignment> {
  for (const id of state.roleAssignments.idsByPrincipal.get(principalId.toLowerCase()) ?? []) {
    const found = asOf(state.roleAssignments.byId, id, atInMs);
    if (found) yield found;
  }
}

export function putRoleAssignment(state: AzureState, assignment: RoleAssignment, atInMs: number): void {
  record(state.roleAssignments.byId, assignment.id, assignment, atInMs);
  index(state, assignment);
}

export function preloadRoleAssignment(state: AzureState, assignment: RoleAssignment): void {
  preload(state.roleAssignments.byId, assignment.id, assignment);
  index(state, assignment);
}

/** True if it was there. It goes on being honoured until the removal has propagated. */
export function removeRoleAssignment(state: AzureState, id: string, atInMs: number): boolean {
  return forget(state.roleAssignments.byId, id, atInMs);
}

function index({ roleAssignments }: AzureState, assignment: RoleAssignment): void {
  const principal = assignment.principalId.toLowerCase();
  const ids = roleAssignments.idsByPrincipal.get(principal) ?? new Set();
  ids.add(assignment.id.toLowerCase());
  roleAssignments.idsByPrincipal.set(principal, ids);
}
