import builtIn from "./built-in-roles.json" with { type: "json" };
import type { RoleDefinition } from "./model.ts";

/**
 * Azure's built-in roles that matter here, with their real ids and permissions, as Azure listed them in August 2026.
 * Not all of Azure's nine hundred: a scenario that names another one is told so.
 */
export const BUILT_IN_ROLES: readonly RoleDefinition[] = builtIn.map(
  ({ name, roleName, description, permissions }) => ({
    name,
    roleName,
    description,
    type: "BuiltInRole",
    permissions: permissions.map((permission) => ({
      actions: [],
      notActions: [],
      dataActions: [],
      notDataActions: [],
      ...permission,
    })),
    assignableScopes: ["/"],
    createdOn: "2015-02-02T21:55:09.8806423Z",
    updatedOn: "2024-01-30T18:32:14.2837464Z",
  }),
);
