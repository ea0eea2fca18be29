import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { principalKey } from "../case/principal.ts";
import type { DirectoryRole } from "../case/grant.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { plantedBecause } from "./hindrances.ts";
import { endedMeanwhile, JUSTIFICATION } from "./eligibility.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep, type Proposal } from "./step.ts";

const Target = z.object({
  principalId: z.guid(),
  roleDefinitionId: z.string(),
  directoryScopeId: z.string(),
});
type Target = z.infer<typeof Target>;
const Before = z.object({ roleName: z.string().nullable(), endDateTime: z.string().nullable() });
const Eligible = z.object({ roleDefinitionId: z.string(), directoryScopeId: z.string().nullish() });

const REQUESTS = "/roleManagement/directory/roleEligibilityScheduleRequests";

const list = ({ graph }: Azure, { principalId }: Target) =>
  graph.list(
    `/roleManagement/directory/roleEligibilityScheduleInstances?$filter=principalId eq '${principalId}'`,
    Eligible,
  );
const isHeld = (held: readonly z.infer<typeof Eligible>[], target: Target) =>
  held.some(
    (it) =>
      it.roleDefinitionId === target.roleDefinitionId &&
      (it.directoryScopeId ?? "/") === target.directoryScopeId,
  );

/** Takes away a directory role that somebody may activate at any time. One already active is another step. */
export const removeDirectoryRoleEligibility = defineStep({
  kind: "remove-directory-role-eligibility",
  wave: "access",
  target: Target,
  before: Before,
  needs: [
    MICROSOFT_GRAPH("RoleEligibilitySchedule.Remove.Directory"),
    // Only to put it back.
    MICROSOFT_GRAPH("RoleEligibilitySchedule.ReadWrite.Directory"),
  ],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, directoryRoles }) =>
      directoryRoles
        .filter((it) => it.assignment === "eligible" && it.throughGroupId === null)
        .map((it) =>
          propose(it, principalKey(principal), principal.displayName, [
            it.planted ? "It was made eligible during the attack." : "The suspect can activate it.",
          ]),
        ),
    ),
    ...scope.planted.flatMap((plant) =>
      plant.detail.kind === "directory-role" &&
      plant.detail.role.assignment === "eligible" &&
      plant.present !== false
        ? [
            propose(plant.detail.role, plant.detail.principalId, plant.onName ?? plant.detail.principalId, [
              plantedBecause(plant),
            ]),
          ]
        : [],
    ),
  ],

  alone: ({ principalId }) => principalId,
  async apply({ azure }, target) {
    const body = { action: "adminRemove", justification: JUSTIFICATION.remove, ...target };
    return outcomeOfRemoval(await azure.graph.post(REQUESTS, body, z.unknown()), azure.now());
  },
  verify: async ({ azure }, target) =>
    confirmation(await list(azure, target), azure.now(), {
      holds: (it) => !isHeld(it, target),
      otherwise: "still eligible",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, target, { endDateTime }) {
      const present = await list(azure, target);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      if (isHeld(present.value, target)) return alreadySo(present.requestId, azure.now());
      const now = azure.now();
      if (endDateTime !== null && Date.parse(endDateTime) <= now.getTime()) {
        return endedMeanwhile(endDateTime);
      }
      const expiration =
        endDateTime === null ? { type: "noExpiration" } : { type: "afterDateTime", endDateTime };
      const body = {
        action: "adminAssign",
        justification: JUSTIFICATION.restore,
        ...target,
        scheduleInfo: { startDateTime: now.toISOString(), expiration },
      };
      return outcomeOfChange(await azure.graph.post(REQUESTS, body, z.unknown()), now);
    },
    verifyUndone: async ({ azure }, target) =>
      confirmation(await list(azure, target), azure.now(), {
        holds: (it) => isHeld(it, target),
        otherwise: "not eligible",
        absentHolds: false,
      }),
  },
});

function propose(
  { roleDefinitionId, directoryScopeId, roleName, endDateTime }: DirectoryRole,
  principalId: string,
  principalName: string,
  because: readonly string[],
): Proposal<Target, z.infer<typeof Before>> {
  const name = roleName ?? roleDefinitionId;
  return {
    target: { principalId, roleDefinitionId, directoryScopeId },
    before: { roleName, endDateTime },
    title: `Remove the eligibility for the directory role ${name} from ${principalName}`,
    because,
    cost: [`${principalName} can no longer activate ${name}.`],
    touches: [principalId],
  };
}
