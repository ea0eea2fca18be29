import type { AzureState, ManagementLock } from "../state/azure/model.ts";
import { isAtOrBelow, sameId } from "../state/azure/resource-id.ts";
import type { ArmAnswer } from "./call.ts";
import { scopeLocked } from "./errors.ts";

/**
 * What a lock at the scope or above says of a change there. CanNotDelete stops deletes (role assignments too); ReadOnly
 * stops writes and POST actions such as listKeys as well. Deleting a container of something locked is stopped too.
 */
export function lockedAgainst(
  azure: AzureState,
  method: "PUT" | "PATCH" | "POST" | "DELETE",
  scope: string,
): ArmAnswer | undefined {
  const operation = method === "DELETE" ? "delete" : "write";
  const above = [...azure.locks.values()].filter((lock) => isAtOrBelow(scope, lock.scope));
  const below =
    method === "DELETE"
      ? [...azure.locks.values()].filter(
          (lock) => isAtOrBelow(lock.scope, scope) && !sameId(lock.scope, scope),
        )
      : [];
  const inForce = [...above, ...below].filter((lock) => stops(lock, operation));
  return inForce.length === 0
    ? undefined
    : scopeLocked(scope, operation, [...new Set(inForce.map((lock) => lock.scope))]);
}

function stops(lock: ManagementLock, operation: "delete" | "write"): boolean {
  switch (lock.level) {
    case "CanNotDelete":
      return operation === "delete";
    case "ReadOnly":
      return true;
    default:
      return lock.level satisfies never;
  }
}
