import { z } from "zod";
import { sideBySide } from "../azure/side-by-side.ts";
import type { RoleAssignment } from "../case/grant.ts";
import type { Obstacle } from "../case/scope.ts";
import { lastSegment } from "./arm-resources.ts";
import { readOr } from "./gaps.ts";
import { byText } from "./identifiers.ts";
import { patiently } from "./patience.ts";
import { type HeldDenial, normalScope } from "./reach.ts";
import type { Reading } from "./reading.ts";
import { ArmRoleAssignment, AUTHORIZATION_API } from "./role-assignments.ts";

const LOCK_API = "2016-09-01";
const OWNER_ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

const ArmLock = z.object({
  id: z.string(),
  properties: z.object({ level: z.string() }),
});
export type ArmLock = z.infer<typeof ArmLock>;

/** Every lock in the subscriptions: a CanNotDelete one stops the removal of roles, a ReadOnly one that of keys too. */
export async function readLocks(
  { azure, gaps }: Reading,
  subscriptionIds: readonly string[],
): Promise<readonly ArmLock[]> {
  const found = await sideBySide(subscriptionIds, 50, async (subscriptionId) => {
    const read = await patiently(() =>
      azure.arm.list(
        `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/locks`,
        LOCK_API,
        ArmLock,
      ),
    );
    return readOr(gaps, `locks in subscription ${subscriptionId}`, read, []);
  });
  return [...new Map(found.flat().map((it) => [it.id.toLowerCase(), it])).values()];
}

/** The locks in the way of anything that may be cut: those at, above or below one of the scopes. */
export function lockObstacles(locks: readonly ArmLock[], scopes: readonly string[]): readonly Obstacle[] {
  const touched = [...new Set(scopes.map(normalScope))];
  return locks
    .flatMap((lock): readonly Obstacle[] => {
      const scope = scopeOfLock(lock.id);
      const meets = touched.some((it) => it === scope || it.startsWith(`${scope}/`));
      if (!meets) return [];
      const level = lock.properties.level.toLowerCase() === "readonly" ? "ReadOnly" : "CanNotDelete";
      return [{ kind: "lock", lockId: lock.id, scope, level }];
    })
    .toSorted(byId);
}

/** Owners of a subscription whose removal Azure refuses, because no other is left. One round trip where there is any. */
export async function lastOwners(
  { azure, gaps }: Reading,
  assignments: readonly RoleAssignment[],
): Promise<readonly Obstacle[]> {
  const owning = assignments.filter(
    ({ assignment, roleDefinitionId, scope }) =>
      assignment === "active" &&
      lastSegment(roleDefinitionId).toLowerCase() === OWNER_ROLE &&
      /^\/subscriptions\/[^/]+$/i.test(scope),
  );
  const found = await sideBySide(owning, 8, async ({ id, scope }): Promise<readonly Obstacle[]> => {
    const read = await patiently(() =>
      azure.arm.list(
        `${scope}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()`,
        AUTHORIZATION_API,
        ArmRoleAssignment,
      ),
    );
    const others = readOr(gaps, `owners of ${scope}`, read, null)?.filter(
      (other) =>
        normalScope(other.properties.scope) === normalScope(scope) &&
        lastSegment(other.properties.roleDefinitionId).toLowerCase() === OWNER_ROLE &&
        other.id.toLowerCase() !== id.toLowerCase(),
    );
    return others?.length === 0 ? [{ kind: "last-owner", roleAssignmentId: id, scope }] : [];
  });
  return found.flat().toSorted(byId);
}

export function denialObstacles(denials: readonly HeldDenial[]): readonly Obstacle[] {
  return denials.map(({ id, scope }): Obstacle => ({ kind: "deny-assignment", id, scope })).toSorted(byId);
}

function scopeOfLock(id: string): string {
  const lower = id.toLowerCase();
  return normalScope(lower.slice(0, lower.lastIndexOf("/providers/microsoft.authorization/locks/")));
}

function byId(a: Obstacle, b: Obstacle): number {
  return byText(JSON.stringify(a), JSON.stringify(b));
}
