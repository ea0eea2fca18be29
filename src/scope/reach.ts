import type { RolePermissions } from "../case/grant.ts";
import { permissionsAllow } from "./permissions.ts";
import type { Operation } from "./permissions.ts";

/** A role held at a scope, by the principal or one of its groups. */
export interface HeldRole {
  readonly id: string;
  readonly scope: string;
  /** Null when the definition could not be read: such a role is said to be unknown, never to allow nothing. */
  readonly permissions: readonly RolePermissions[] | null;
  readonly condition: string | null;
}

/** A deny assignment that applies to the principal (it or a group of it is named and not excluded). */
export interface HeldDenial {
  readonly id: string;
  readonly scope: string;
  readonly permissions: readonly RolePermissions[];
  readonly doNotApplyToChildScopes: boolean;
  readonly condition: string | null;
}

/** What the roles say of one operation at one scope. */
export interface Verdict {
  readonly allowed: boolean;
  /** Ids of the roles that allow it. */
  readonly through: readonly string[];
  /** Of those, the ones with a condition: it can only narrow, so the operation is still called reachable, and this is said. */
  readonly conditional: readonly string[];
  /** Ids of deny assignments that block it; then nothing allows it. */
  readonly deniedBy: readonly string[];
  /** Roles in force here whose definition could not be read. */
  readonly unknown: readonly string[];
}

/**
 * The scopes whose assignments are in force at a scope, itself first: resource, resource group, subscription, management
 * groups up to the root, `/`. `ancestorsOf` names a subscription's management groups, nearest first; a scope that is one of
 * them is followed by those above it only if the caller's function knows them.
 */
export function scopesAbove(
  scope: string,
  ancestorsOf: (subscriptionId: string) => readonly string[],
): string[] {
  const found: string[] = [];
  let rest = normalScope(scope);
  while (rest.length > 1) {
    found.push(rest);
    const cut = rest.lastIndexOf("/");
    rest = rest.slice(0, cut);
  }
  const subscription = /^\/subscriptions\/([^/]+)/.exec(normalScope(scope))?.[1];
  const management = subscription === undefined ? [] : ancestorsOf(subscription);
  return [
    ...found,
    ...management.map((name) => `/providers/microsoft.management/managementgroups/${name.toLowerCase()}`),
    "/",
  ];
}

/** ARM ids compare without case and without a closing slash. */
export function normalScope(scope: string): string {
  const lower = scope.toLowerCase();
  return lower.length > 1 && lower.endsWith("/") ? lower.slice(0, -1) : lower;
}

export interface AccessRules {
  decide(operation: Operation, scope: string): Verdict;
}

/**
 * Evaluates Azure's access rules in their order: deny assignments first, then the union over roles of actions minus
 * notActions (wildcards), then conditions, which only narrow. Roles and denials are indexed by scope once, so that
 * hundreds of them can be asked about tens of thousands of resources.
 */
export function accessRules(
  roles: readonly HeldRole[],
  denials: readonly HeldDenial[],
  ancestorsOf: (subscriptionId: string) => readonly string[],
): AccessRules {
  const rolesAt = Map.groupBy(roles, (role) => normalScope(role.scope));
  const denialsAt = Map.groupBy(denials, (denial) => normalScope(denial.scope));
  const allows = remembered<HeldRole>((role, operation) =>
    role.permissions === null ? false : permissionsAllow(role.permissions, operation),
  );
  const denies = remembered<HeldDenial>((denial, operation) =>
    permissionsAllow(denial.permissions, operation),
  );

  return {
    decide(operation, scope) {
      const own = normalScope(scope);
      const above = scopesAbove(scope, ancestorsOf);
      const deniedBy = above
        .flatMap((at) => denialsAt.get(at) ?? [])
        .filter((denial) => !denial.doNotApplyToChildScopes || normalScope(denial.scope) === own)
        // A conditional denial blocks only some requests, so it cannot be counted on to block this one.
        .filter((denial) => denial.condition === null && denies(denial, operation))
        .map((denial) => denial.id);
      const inForce = above.flatMap((at) => rolesAt.get(at) ?? []);
      const unknown = inForce.filter((role) => role.permissions === null).map((role) => role.id);
      if (deniedBy.length > 0) {
        return { allowed: false, through: [], conditional: [], deniedBy: deniedBy.toSorted(), unknown };
      }
      const allowing = inForce.filter((role) => allows(role, operation));
      return {
        allowed: allowing.length > 0,
        through: allowing.map((role) => role.id).toSorted(),
        conditional: allowing
          .filter((role) => role.condition !== null)
          .map((role) => role.id)
          .toSorted(),
        deniedBy: [],
        unknown: unknown.toSorted(),
      };
    },
  };
}

function remembered<T extends object>(
  judge: (held: T, operation: Operation) => boolean,
): (held: T, operation: Operation) => boolean {
  const known = new WeakMap<T, Map<string, boolean>>();
  return (held, operation) => {
    const key = `${operation.plane} ${operation.name}`;
    const answers = known.get(held) ?? new Map<string, boolean>();
    known.set(held, answers);
    const answer = answers.get(key) ?? judge(held, operation);
    answers.set(key, answer);
    return answer;
  };
}
