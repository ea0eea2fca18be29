import type { RolePermissions } from "../case/grant.ts";
import { wildcardCovers } from "./wildcard.ts";

/** An operation of Azure's own naming: `Microsoft.KeyVault/vaults/secrets/getSecret/action` on one of the two planes. */
export interface Operation {
  readonly plane: "control" | "data";
  readonly name: string;
}

/** Whether a pattern of a role definition covers an operation. `*` runs over slashes too; case does not count. */
export function patternCovers(pattern: string, operation: string): boolean {
  return wildcardCovers(pattern.toLowerCase(), operation.toLowerCase());
}

/**
 * Whether a role's permissions allow an operation: any entry whose actions cover it and whose own notActions do not.
 * notActions only take away from their own entry; they are no denial, so another entry or role may still allow it.
 */
export function permissionsAllow(permissions: readonly RolePermissions[], operation: Operation): boolean {
  return permissions.some((entry) => {
    const [given, taken] =
      operation.plane === "data"
        ? [entry.dataActions, entry.notDataActions]
        : [entry.actions, entry.notActions];
    return (
      given.some((pattern) => patternCovers(pattern, operation.name)) &&
      !taken.some((pattern) => patternCovers(pattern, operation.name))
    );
  });
}
