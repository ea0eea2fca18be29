import type { AppRoleAssignment, DirectoryRole, Ownership } from "../case/grant.ts";
import type { Reach } from "../case/reach.ts";
import { DIRECTORY_POWERS, DIRECTORY_ROLE_POWERS } from "./powers.ts";

/** What a principal can do to other principals: by Graph permissions, by directory roles, and by owning them. */
export function directoryReach(
  principalKey: string,
  held: {
    readonly appRoles: readonly AppRoleAssignment[];
    readonly directoryRoles: readonly DirectoryRole[];
    readonly ownedObjects: readonly Ownership[];
  },
): readonly Reach[] {
  const reachable = { evidence: "reachable", lastTouched: null, tags: {}, principalKey } as const;
  return [
    ...held.appRoles.flatMap((role): readonly Reach[] => {
      const power = role.value === null ? undefined : DIRECTORY_POWERS[role.value];
      if (power === undefined || role.value === null) return [];
      const targetId = `${role.resourceId}/appRoles/${role.appRoleId}`;
      return [
        { kind: "directory", targetId, name: role.value, can: [power], through: [role.id], ...reachable },
      ];
    }),
    ...held.directoryRoles.flatMap((role): readonly Reach[] => {
      const power = DIRECTORY_ROLE_POWERS[role.roleDefinitionId.toLowerCase()];
      if (power === undefined) return [];
      return [
        {
          kind: "directory",
          targetId: role.roleDefinitionId,
          name: role.roleName ?? role.roleDefinitionId,
          can: [power],
          through: [role.id],
          ...reachable,
        },
      ];
    }),
    ...held.ownedObjects.flatMap((owned): readonly Reach[] =>
      owned.of.kind === "application" || owned.of.kind === "service-principal"
        ? [
            {
              kind: "identity",
              targetId: owned.of.objectId,
              name: owned.displayName ?? owned.of.objectId,
              can: ["add-credential"],
              through: [`${owned.of.objectId}/owners/${owned.objectId}`],
              ...reachable,
            },
          ]
        : [],
    ),
  ];
}
