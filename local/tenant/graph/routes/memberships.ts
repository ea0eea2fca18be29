import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import { linkId } from "../../state/directory/ids.ts";
import { modified } from "../audit-events.ts";
import { bodyOf, contextOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import {
  memberOf,
  objectById,
  objectsById,
  transitiveMemberOf,
  transitiveMembers,
} from "../directory-objects.ts";
import { badRequest, linkExists, notFound } from "../errors.ts";
import { NEEDS, require } from "../permissions.ts";
import type { Need } from "../permissions.ts";
import { readGroup, readPrincipal, readUser } from "../resolve.ts";
import { listRoutes, referenced, targetOf } from "./link-lists.ts";

function addMember(call: GraphCall): GraphAnswer {
  const found = readGroup(call, parameter(call, "id"));
  require(call, found.isAssignableToRole === true
    ? NEEDS.writeRoleAssignableGroup
    : NEEDS.writeGroupMembers, found.id);
  const member = referenced(call);
  if (member.kind === "application" || member.value.id === found.id)
    throw badRequest(
      `The reference target '${member.kind}_${member.value.id}' of type '${member.kind}' is invalid for the 'members' reference.`,
    );
  // guess: the text; that such groups cannot be nested is documented.
  if (found.isAssignableToRole === true && member.kind === "group")
    throw badRequest("Groups cannot be members of a group that roles can be assigned to.");
  const id = linkId(found.id, member.value.id);
  if (call.directory.memberships.get(id) !== undefined) throw linkExists("members");
  call.directory.memberships.put({ id, groupId: found.id, memberId: member.value.id }, call.now);
  call.audits.push({
    operationName: AUDIT_OPERATIONS.addGroupMember,
    category: "GroupManagement",
    operationType: "Assign",
    targets: [
      targetOf(member, [
        modified("Group.ObjectID", undefined, found.id),
        modified("Group.DisplayName", undefined, found.displayName),
      ]),
      targetOf({ kind: "group", value: found }),
    ],
  });
  return noContent();
}

function removeMember(call: GraphCall): GraphAnswer {
  const found = readGroup(call, parameter(call, "id"));
  require(call, found.isAssignableToRole === true
    ? NEEDS.writeRoleAssignableGroup
    : NEEDS.writeGroupMembers, found.id);
  const memberId = parameter(call, "member").toLowerCase();
  const id = linkId(found.id, memberId);
  if (call.directory.memberships.get(id) === undefined) throw notFound(memberId);
  const member = objectById(call, memberId, undefined);
  call.directory.memberships.remove(id, call.now);
  call.audits.push({
    operationName: AUDIT_OPERATIONS.removeGroupMember,
    category: "GroupManagement",
    operationType: "Unassign",
    targets: [
      ...(member === undefined
        ? []
        : [
            targetOf(member, [
              modified("Group.ObjectID", found.id, undefined),
              modified("Group.DisplayName", found.displayName, undefined),
            ]),
          ]),
      targetOf({ kind: "group", value: found }),
    ],
  });
  return noContent();
}

const MEMBERS: readonly {
  path: string;
  read: (call: GraphCall) => string;
  need: Need;
  transitiveNeed: Need;
  owned: Need;
}[] = [
  {
    path: "/servicePrincipals",
    read: (call) => readPrincipal(call, parameter(call, "id")).id,
    need: NEEDS.readApplications,
    transitiveNeed: NEEDS.readTransitiveMembershipsOfPrincipals,
    owned: NEEDS.readApplications,
  },
  {
    path: "/users",
    read: (call) => readUser(call, parameter(call, "id")).id,
    need: NEEDS.readUserMemberships,
    transitiveNeed: NEEDS.readUserMemberships,
    owned: NEEDS.readOwnedOfUser,
  },
];

const MemberGroups = z.strictObject({ securityEnabledOnly: z.boolean().optional() });

export const membershipRoutes: readonly Route[] = [
  ...MEMBERS.flatMap(({ path, read, need, transitiveNeed, owned }): Route[] => [
    ...listRoutes(`${path}/{id}/memberOf`, 1, (call) => {
      require(call, need);
      return memberOf(call, read(call));
    }),
    ...listRoutes(`${path}/{id}/transitiveMemberOf`, 5, (call) => {
      require(call, transitiveNeed);
      return transitiveMemberOf(call, read(call));
    }),
    ...listRoutes(`${path}/{id}/ownedObjects`, 1, (call) => {
      require(call, owned);
      return objectsById(
        call,
        call.directory.ownerships.find("owner", read(call), call.asOf).map(({ objectId }) => objectId),
      );
    }),
    {
      method: "POST",
      path: `${path}/{id}/getMemberGroups`,
      handle: (call) => {
        require(call, transitiveNeed);
        bodyOf(call, MemberGroups);
        const groups = transitiveMemberOf(call, read(call)).filter(({ kind }) => kind === "group");
        return {
          status: 200,
          body: {
            "@odata.context": contextOf(call, "Collection(Edm.String)"),
            value: groups.map(({ value }) => value.id),
          },
        };
      },
    },
  ]),
  ...listRoutes("/groups/{id}/memberOf", 1, (call) => {
    require(call, NEEDS.readGroupMembers);
    return memberOf(call, readGroup(call, parameter(call, "id")).id);
  }),
  ...listRoutes("/groups/{id}/transitiveMemberOf", 5, (call) => {
    require(call, NEEDS.readGroupMembers);
    return transitiveMemberOf(call, readGroup(call, parameter(call, "id")).id);
  }),
  ...listRoutes("/groups/{id}/members", 1, (call) => {
    require(call, NEEDS.readGroupMembers);
    const { id } = readGroup(call, parameter(call, "id"));
    return objectsById(
      call,
      call.directory.memberships.find("group", id, call.asOf).map(({ memberId }) => memberId),
    );
  }),
  ...listRoutes("/groups/{id}/transitiveMembers", 5, (call) => {
    require(call, NEEDS.readGroupMembers);
    return transitiveMembers(call, readGroup(call, parameter(call, "id")).id);
  }),
  { method: "POST", path: "/groups/{id}/members/$ref", handle: addMember },
  { method: "DELETE", path: "/groups/{id}/members/{member}/$ref", handle: removeMember },
];
