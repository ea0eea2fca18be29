import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { principalKey } from "../case/principal.ts";
import type { DirectoryRole } from "../case/grant.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { plantedBecause } from "./hindrances.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep, type Proposal } from "./step.ts";

const Target = z.object({ principalId: z.guid(), assignmentId: z.string() });
type Target = z.infer<typeof Target>;
const Before = z.object({
  roleDefinitionId: z.string(),
  directoryScopeId: z.string(),
  roleName: z.string().nullable(),
});
const Listed = z.object({
  id: z.string(),
  roleDefinitionId: z.string(),
  directoryScopeId: z.string().nullish(),
});

const ROLES = "/roleManagement/directory/roleAssignments";
const list = ({ graph }: Azure, { principalId }: Target) =>
  graph.list(`${ROLES}?$filter=principalId eq '${principalId}'`, Listed);

/** Takes a directory role away. Roles held through a group go with the membership. */
export const removeDirectoryRole = defineStep({
  kind: "remove-directory-role",
  wave: "access",
  target: Target,
  before: Before,
  needs: [MICROSOFT_GRAPH("RoleManagement.ReadWrite.Directory")],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, directoryRoles }) =>
      directoryRoles
        .filter((it) => it.assignment === "active" && it.throughGroupId === null)
        .map((it) =>
          propose(it, principalKey(principal), principal.displayName, [
            it.planted ? "It was assigned during the attack." : "The suspect can act with it.",
          ]),
        ),
    ),
    ...scope.planted.flatMap(({ detail, onName, evidence, by, present }) =>
      detail.kind === "directory-role" && detail.role.assignment === "active" && present !== false
        ? [
            propose(detail.role, detail.principalId, onName ?? detail.principalId, [
              plantedBecause({ by, evidence }),
            ]),
          ]
        : [],
    ),
  ],

  alone: ({ principalId }) => principalId,
  async apply({ azure }, { assignmentId }) {
    return outcomeOfRemoval(
      await azure.graph.delete(`${ROLES}/${encodeURIComponent(assignmentId)}`),
      azure.now(),
    );
  },
  verify: async ({ azure }, target) =>
    confirmation(await list(azure, target), azure.now(), {
      holds: (it) => it.every(({ id }) => id !== target.assignmentId),
      otherwise: "still assigned",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, target, { roleDefinitionId, directoryScopeId }) {
      const present = await list(azure, target);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      if (present.value.some((it) => isSame(it, roleDefinitionId, directoryScopeId))) {
        return alreadySo(present.requestId, azure.now());
      }
      const body = { principalId: target.principalId, roleDefinitionId, directoryScopeId };
      return outcomeOfChange(await azure.graph.post(ROLES, body, z.unknown()), azure.now());
    },
    verifyUndone: async ({ azure }, target, { roleDefinitionId, directoryScopeId }) =>
      confirmation(await list(azure, target), azure.now(), {
        holds: (it) => it.some((one) => isSame(one, roleDefinitionId, directoryScopeId)),
        otherwise: "not assigned",
        absentHolds: false,
      }),
  },
});

function isSame(it: z.infer<typeof Listed>, roleDefinitionId: string, directoryScopeId: string): boolean {
  return it.roleDefinitionId === roleDefinitionId && (it.directoryScopeId ?? "/") === directoryScopeId;
}

function propose(
  role: DirectoryRole,
  principalId: string,
  principalName: string,
  because: readonly string[],
): Proposal<Target, z.infer<typeof Before>> {
  const { id, roleDefinitionId, directoryScopeId, roleName } = role;
  const name = roleName ?? roleDefinitionId;
  return {
    target: { principalId, assignmentId: id },
    before: { roleDefinitionId, directoryScopeId, roleName },
    title: `Remove the directory role ${name} from ${principalName}`,
    because,
    cost: [`${principalName} can no longer act as ${name}.`],
    touches: [principalId],
  };
}
