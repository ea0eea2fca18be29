import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import type { AuditTarget } from "../audit-events.ts";
import { modified } from "../audit-events.ts";
import { bodyOf, contextOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import {
  directoryObject,
  memberOf,
  objectById,
  objectsById,
  transitiveMemberOf,
  transitiveMembers,
} from "../directory-objects.ts";
import type { DirectoryObject } from "../directory-objects.ts";
import { badRequest, linkExists, notFound, unsupportedQuery } from "../errors.ts";
import { collection, countOf } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";
import type { Need } from "../permissions.ts";
import { readApplication, readGroup, readPrincipal, readUser } from "../resolve.ts";
import { linkId } from "../../state/directory/ids.ts";

function list(call: GraphCall, items: readonly DirectoryObject[]): GraphAnswer {
  return collection(call, directoryObject, {
    context: "directoryObjects",
    items,
    idOf: ({ value }) => value.id,
  });
}

const CASTS = ["application", "servicePrincipal", "user", "group", "directoryRole"] as const;

/** A list of linked objects, its `$count`, and the list narrowed to one type by a cast. */
function listRoutes(path: string, units: number, items: (call: GraphCall) => DirectoryObject[]): Route[] {
  return [
    { method: "GET", path, units, handle: (call) => list(call, items(call)) },
    {
      method: "GET",
      path: `${path}/$count`,
      units,
      handle: (call) => countOf(call, directoryObject, items(call)),
    },
    ...CASTS.map((kind): Route => ({
      method: "GET",
      path: `${path}/microsoft.graph.${kind}`,
      units,
      handle: (call) => {
        const found = items(call).filter((item) => item.kind === kind);
        // A cast is an advanced query.
        if (!call.query.eventual || !call.query.count) throw unsupportedQuery("Unsupported Query.");
        return list(call, found);
      },
    })),
  ];
}

const Reference = z.strictObject({
  "@odata.id": z.string(),
  "@odata.type": z.string().optional(),
});

function referenced(call: GraphCall): DirectoryObject {
  const { "@odata.id": address } = bodyOf(call, Reference);
  const id = /\/([0-9a-f-]{36})\/?$/i.exec(address)?.[1];
  // guess: the text.
  if (id === undefined)
    throw badRequest(`Invalid URL format specified in @odata.id for reference: '${address}'.`);
  const found = objectById(call, id, call.asOf);
  if (found === undefined) throw notFound(id.toLowerCase());
  return found;
}

function targetOf(
  object: DirectoryObject,
  modifiedProperties: AuditTarget["modifiedProperties"] = [],
): AuditTarget {
  const types = {
    application: "Application",
    servicePrincipal: "ServicePrincipal",
    user: "User",
    group: "Group",
    directoryRole: "Role",
  } as const;
  return {
    id: object.value.id,
    displayName: object.value.displayName,
    type: types[object.kind],
    ...(object.kind === "user" ? { userPrincipalName: object.value.userPrincipalName } : {}),
    modifiedProperties,
  };
}

/** What can be owned: how it is found, who may change its owners, and what the log calls it. */
interface Owned {
  readonly path: string;
  readonly label: string;
  readonly read: (call: GraphCall) => DirectoryObject;
  readonly readNeed: Need;
  readonly writeNeed: Need;
  readonly added: string;
  readonly removed: string;
}

const OWNED: readonly Owned[] = [
  {
    path: "/applications",
    label: "Application",
    read: (call) => ({ kind: "application", value: readApplication(call, parameter(call, "id")) }),
    readNeed: NEEDS.readApplications,
    writeNeed: NEEDS.writeApplication,
    added: AUDIT_OPERATIONS.addApplicationOwner,
    removed: AUDIT_OPERATIONS.removeApplicationOwner,
  },
  {
    path: "/servicePrincipals",
    label: "ServicePrincipal",
    read: (call) => ({ kind: "servicePrincipal", value: readPrincipal(call, parameter(call, "id")) }),
    readNeed: NEEDS.readApplications,
    writeNeed: NEEDS.writePrincipal,
    added: AUDIT_OPERATIONS.addServicePrincipalOwner,
    removed: AUDIT_OPERATIONS.removeServicePrincipalOwner,
  },
  {
    path: "/groups",
    label: "Group",
    read: (call) => ({ kind: "group", value: readGroup(call, parameter(call, "id")) }),
    readNeed: NEEDS.readGroupMembers,
    writeNeed: NEEDS.writeGroupMembers,
    added: "Add owner to group",
    removed: "Remove owner from group",
  },
];

function ownerRoutes(owned: Owned): Route[] {
  const told = (
    call: GraphCall,
    operationName: string,
    owner: DirectoryObject,
    object: DirectoryObject,
    added: boolean,
  ) => {
    const property = (name: string, value: string) =>
      modified(`${owned.label}.${name}`, added ? undefined : value, added ? value : undefined);
    call.audits.push({
      operationName,
      category: object.kind === "group" ? "GroupManagement" : "ApplicationManagement",
      operationType: added ? "Assign" : "Unassign",
      targets: [
        targetOf(owner, [
          property("ObjectID", object.value.id),
          property("DisplayName", object.value.displayName),
        ]),
        targetOf(object),
      ],
    });
  };
  return [
    ...listRoutes(`${owned.path}/{id}/owners`, 1, (call) => {
      require(call, owned.readNeed);
      const { id } = owned.read(call).value;
      return objectsById(
        call,
        call.directory.ownerships.find("object", id, call.asOf).map(({ ownerId }) => ownerId),
      );
    }),
    {
      method: "POST",
      path: `${owned.path}/{id}/owners/$ref`,
      handle: (call) => {
        const object = owned.read(call);
        requireAdding(call, owned, object);
        const owner = referenced(call);
        // guess: code and text; that a managed identity can be given no owners is documented.
        if (object.kind === "servicePrincipal" && object.value.servicePrincipalType === "ManagedIdentity")
          throw badRequest("Owners cannot be added to a managed identity.");
        if (owner.kind !== "user" && owner.kind !== "servicePrincipal")
          throw badRequest(
            `The reference target '${owner.kind}_${owner.value.id}' of type '${owner.kind}' is invalid for the 'owners' reference.`,
          );
        const id = linkId(object.value.id, owner.value.id);
        if (call.directory.ownerships.get(id) !== undefined) throw linkExists("owners");
        call.directory.ownerships.put({ id, objectId: object.value.id, ownerId: owner.value.id }, call.now);
        told(call, owned.added, owner, object, true);
        return noContent();
      },
    },
    {
      method: "DELETE",
      path: `${owned.path}/{id}/owners/{owner}/$ref`,
      handle: (call) => {
        const object = owned.read(call);
        require(call, writeNeedOf(owned, object), object.value.id);
        const ownerId = parameter(call, "owner").toLowerCase();
        const id = linkId(object.value.id, ownerId);
        const owner = objectById(call, ownerId, undefined);
        if (owner === undefined || call.directory.ownerships.get(id) === undefined) throw notFound(ownerId);
        call.directory.ownerships.remove(id, call.now);
        told(call, owned.removed, owner, object, false);
        return noContent();
      },
    },
  ];
}

function requireAdding(call: GraphCall, owned: Owned, object: DirectoryObject): void {
  if (object.kind === "group") return require(call, writeNeedOf(owned, object), object.value.id);
  return require(call, NEEDS.addOwner, call.caller.kind === "user" ? object.value.id : undefined);
}

/** Groups that roles can be assigned to are a way up, and take more to change. */
function writeNeedOf(owned: Owned, object: DirectoryObject): Need {
  return object.kind === "group" && object.value.isAssignableToRole === true
    ? NEEDS.writeRoleAssignableGroup
    : owned.writeNeed;
}

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

export const linkRoutes: readonly Route[] = [
  ...OWNED.flatMap(ownerRoutes),
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
