import type { Permission, RoleDefinition } from "./model.ts";

const role = (
  name: string,
  roleName: string,
  description: string,
  permission: Partial<Permission>,
): RoleDefinition => ({
  name,
  roleName,
  description,
  type: "BuiltInRole",
  permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...permission }],
  assignableScopes: ["/"],
  createdOn: "2015-02-02T21:55:09.8806423Z",
  updatedOn: "2024-01-30T18:32:14.2837464Z",
});

/** Azure's built-in roles that matter here, with their real ids and permissions (Azure's "built-in roles" reference, 2026-07). */
export const BUILT_IN_ROLES: readonly RoleDefinition[] = [
  role(
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Owner",
    "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
    { actions: ["*"] },
  ),
];
