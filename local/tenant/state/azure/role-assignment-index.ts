import { History } from "./history.ts";
import type { RoleAssignment } from "./model.ts";

/** All role assignments by ARM id and by principal, as they are and as they were a propagation delay ago. */
export class RoleAssignmentIndex {
  readonly #byId = new History<RoleAssignment>();
  /** Ids stay after removal: a removed assignment goes on counting until its removal has propagated. */
  readonly #idsByPrincipal = new Map<string, Set<string>>();

  get(id: string): RoleAssignment | undefined {
    return this.#byId.get(id);
  }

  get size(): number {
    return this.#byId.size;
  }

  values(): IterableIterator<RoleAssignment> {
    return this.#byId.values();
  }

  valuesAsOf(atInMs: number): Generator<RoleAssignment> {
    return this.#byId.valuesAsOf(atInMs);
  }

  *ofPrincipal(principalId: string): Generator<RoleAssignment> {
    for (const id of this.#idsByPrincipal.get(principalId.toLowerCase()) ?? []) {
      const found = this.#byId.get(id);
      if (found) yield found;
    }
  }

  *ofPrincipalAsOf(principalId: string, atInMs: number): Generator<RoleAssignment> {
    for (const id of this.#idsByPrincipal.get(principalId.toLowerCase()) ?? []) {
      const found = this.#byId.asOf(id, atInMs);
      if (found) yield found;
    }
  }

  put(assignment: RoleAssignment, atInMs: number): void {
    this.#byId.put(assignment.id, assignment, atInMs);
    this.#index(assignment);
  }

  preload(assignment: RoleAssignment): void {
    this.#byId.preload(assignment.id, assignment);
    this.#index(assignment);
  }

  remove(id: string, atInMs: number): boolean {
    return this.#byId.remove(id, atInMs);
  }

  #index(assignment: RoleAssignment): void {
    const principal = assignment.principalId.toLowerCase();
    const ids = this.#idsByPrincipal.get(principal) ?? new Set();
    ids.add(assignment.id.toLowerCase());
    this.#idsByPrincipal.set(principal, ids);
  }
}
