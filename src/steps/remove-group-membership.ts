import { z } from "zod";
import { principalKey } from "../case/principal.ts";
import type { Scope } from "../case/scope.ts";
import type { GroupMembership } from "../case/grant.ts";
import { type Link, linkCut } from "./link-removal.ts";
import { plantedBecause } from "./hindrances.ts";
import { MICROSOFT_GRAPH } from "./needs.ts";
import { shuttingAll } from "./shutting.ts";
import { defineStep, type Proposal } from "./step.ts";

const Target = z.object({ groupId: z.guid(), memberId: z.guid() });
type Target = z.infer<typeof Target>;
const Before = z.object({ groupName: z.string().nullable() });

const linkOf = ({ groupId, memberId }: Target): Link => ({
  list: `/groups/${groupId}/members`,
  query: "$select=id&$top=999",
  id: memberId,
});

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
          propose(scope, it, principalKey(principal), principal.displayName, [
            it.planted
              ? "It was put into the group during the attack."
              : "What the group may do, the suspect may do.",
          ]),
        ),
    ),
    ...scope.planted.flatMap(({ detail, evidence, by, present }) =>
      detail.kind === "group" && present !== false
        ? [
            propose(scope, detail.membership, detail.memberId, detail.memberId, [
              plantedBecause({ by, evidence }),
            ]),
          ]
        : [],
    ),
  ],

  alone: ({ groupId }) => groupId,
  ...linkCut(linkOf, "a member"),
});

function propose(
  scope: Scope,
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
  const coveredBy = shuttingAll(scope, [memberId]);
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
            ...(coveredBy === undefined ? {} : { coveredBy }),
          },
        }),
  };
}
