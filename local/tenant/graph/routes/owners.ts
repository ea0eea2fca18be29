import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import { linkId } from "../../state/directory/ids.ts";
import { modified } from "../audit-events.ts";
import { noContent, parameter } from "../call.ts";
import type { GraphCall, Route } from "../call.ts";
import { objectById, objectsById } from "../directory-objects.ts";
import type { DirectoryObject } from "../directory-objects.ts";
import { badRequest, linkExists, notFound } from "../errors.ts";
import { NEEDS, require } from "../permissions.ts";
import type { Need } from "../permissions.ts";
import { readApplication, readGroup, readPrincipal } from "../resolve.ts";
import { listRoutes, referenced, targetOf } from "./link-lists.ts";

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

export const ownershipRoutes: readonly Route[] = OWNED.flatMap(ownerRoutes);
