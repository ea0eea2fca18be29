import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import { principalKey } from "../case/principal.ts";
import type { GroupMembership } from "../case/grant.ts";
import { alreadySo, confirmation, failed, outcomeOfChange, outcomeOfRemoval } from "./answers.ts";
import { plantedBecause } from "./hindrances.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { defineStep, type Proposal } from "./step.ts";

const Target = z.object({ groupId: z.guid(), memberId: z.guid() });
type Target = z.infer<typeof Target>;
const Before = z.object({ groupName: z.string().nullable() });
const Member = z.object({ id: z.string() });

const list = ({ graph }: Azure, { groupId }: Target) =>
  graph.list(`/groups/${groupId}/members?$select=id&$top=999`, Member);

/** Takes a principal out of a group, and so of every role the group holds. In tokens already issued the group stays until they expire. */
export const removeGroupMembership = defineStep({
  kind: "remove-group-membership",
  wave: "access",
  target: Target,
  before: Before,
  needs: [
    MICROSOFT_GRAPH("GroupMember.ReadWrite.All"),
    // Members of groups that roles can be assigned to take more.
    MICROSOFT_GRAPH("RoleManagement.ReadWrite.Directory"),
  ],

  propose: (scope) => [
    ...scope.principals.flatMap(({ principal, groups }) =>
      groups
        .filter(({ direct }) => direct)
        .map((it) =>
          propose(it, principalKey(principal), principal.displayName, [
            it.planted
              ? "It was put into the group during the attack."
              : "What the group may do, the suspect may do.",
          ]),
        ),
    ),
    ...scope.planted.flatMap(({ detail, evidence, by, present }) =>
      detail.kind === "group" && present !== false
        ? [propose(detail.membership, detail.memberId, detail.memberId, [plantedBecause({ by, evidence })])]
        : [],
    ),
  ],

  alone: ({ groupId }) => groupId,
  async apply({ azure }, { groupId, memberId }) {
    return outcomeOfRemoval(
      await azure.graph.delete(`/groups/${groupId}/members/${memberId}/$ref`),
      azure.now(),
    );
  },
  verify: async ({ azure }, target) =>
    confirmation(await list(azure, target), azure.now(), {
      holds: (it) => it.every(({ id }) => id !== target.memberId),
      otherwise: "still a member",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, target) {
      const present = await list(azure, target);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      if (present.value.some(({ id }) => id === target.memberId)) {
        return alreadySo(present.requestId, azure.now());
      }
      const reference = {
        "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${target.memberId}`,
      };
      return outcomeOfChange(
        await azure.graph.post(`/groups/${target.groupId}/members/$ref`, reference, z.unknown()),
        azure.now(),
      );
    },
    verifyUndone: async ({ azure }, target) =>
      confirmation(await list(azure, target), azure.now(), {
        holds: (it) => it.some(({ id }) => id === target.memberId),
        otherwise: "not a member",
        absentHolds: false,
      }),
  },
});

function propose(
  group: GroupMembership,
  memberId: string,
  memberName: string,
  because: readonly string[],
): Proposal<Target, z.infer<typeof Before>> {
  const name = group.displayName ?? group.groupId;
  const hindrance = group.dynamic
    ? "its members follow a rule, which would put it back"
    : group.onPremises
      ? "its members are kept on-premises"
      : null;
  return {
    target: { groupId: group.groupId, memberId },
    before: { groupName: group.displayName },
    title: `Remove ${memberName} from the group ${name}`,
    because,
    cost: [`${memberName} loses what the group ${name} may do.`],
    touches: [memberId, group.groupId],
    ...(hindrance === null
      ? {}
      : {
          hindered: {
            reason: hindrance,
            action: `Take ${memberName} out of ${name} where its members are kept`,
          },
        }),
  };
}
