import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import type { DeletedItem } from "../../state/directory.ts";
import { bodyOf, contextOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { directoryObjectJson } from "../directory-objects.ts";
import type { DirectoryObject } from "../directory-objects.ts";
import type { Entity } from "../entities.ts";
import { conflictingObject, notFound, unsupportedQuery } from "../errors.ts";
import { collection } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";
import type { Need } from "../permissions.ts";
import { applicationByAppId, servicePrincipalByAppId } from "../../state/directory.ts";
import { z } from "zod";

type Kind = DeletedItem["object"]["kind"];

const KINDS: Readonly<
  Record<
    Kind,
    { readonly read: Need; readonly write: Need; readonly restored: string; readonly gone: string }
  >
> = {
  application: {
    read: NEEDS.readApplications,
    write: NEEDS.writeApplication,
    restored: AUDIT_OPERATIONS.restoreApplication,
    gone: AUDIT_OPERATIONS.hardDeleteApplication,
  },
  servicePrincipal: {
    read: NEEDS.readApplications,
    write: NEEDS.writePrincipal,
    restored: AUDIT_OPERATIONS.restoreServicePrincipal,
    gone: AUDIT_OPERATIONS.hardDeleteServicePrincipal,
  },
  user: {
    read: NEEDS.readUsers,
    write: NEEDS.deleteUser,
    restored: AUDIT_OPERATIONS.restoreUser,
    gone: "Hard Delete user",
  },
  group: {
    read: NEEDS.readGroups,
    write: NEEDS.writeGroupMembers,
    restored: "Restore group",
    gone: "Hard Delete group",
  },
};

function deletedEntity(kind: Kind | undefined): Entity<DeletedItem> {
  return {
    type: kind ?? "directoryObject",
    resource: "DirectoryObject",
    mixed: true,
    json: (call, { object }) => directoryObjectJson(call, object),
    filter: {
      id: ["eq", "in"],
      displayName: ["eq", "startswith"],
      appId: ["eq"],
      userPrincipalName: ["eq", "startswith"],
      deletedDateTime: ["ge", "le", "eq"],
    },
    orderBy: ["displayName", "deletedDateTime"],
  };
}

function list(call: GraphCall, of: Kind): GraphAnswer {
  require(call, KINDS[of].read);
  return collection(call, deletedEntity(of), {
    context: `directoryObjects/microsoft.graph.${of}`,
    items: [...call.directory.deletedItems.all(call.asOf)].filter(({ object }) => object.kind === of),
    idOf: ({ id }) => id,
  });
}

function find(call: GraphCall, asOf: number | undefined): DeletedItem {
  const id = parameter(call, "id").toLowerCase();
  const found = call.directory.deletedItems.get(id, asOf);
  // guess: the text is that of every missing object.
  if (found === undefined) throw notFound(id);
  return found;
}

function shown(call: GraphCall, object: DirectoryObject): GraphAnswer {
  return {
    status: 200,
    body: {
      "@odata.context": contextOf(call, "directoryObjects/$entity"),
      ...directoryObjectJson(call, object),
    },
  };
}

/** Everything comes back as it was, links too. An application comes back without its principal, which is restored on its own. */
function restore(call: GraphCall): GraphAnswer {
  find(call, call.asOf);
  const { object, id } = find(call, undefined);
  require(call, KINDS[object.kind].write, id);
  bodyOf(call, z.object({}));
  const { directory, now } = call;
  const back = { deletedDateTime: null };
  const restored = ((): DirectoryObject => {
    switch (object.kind) {
      case "application": {
        if (applicationByAppId(directory, object.value.appId) !== undefined) throw conflictingObject();
        const value = { ...object.value, ...back };
        directory.applications.put(value, now);
        return { kind: "application", value };
      }
      case "servicePrincipal": {
        // guess: the answer; two principals of one application cannot be.
        if (servicePrincipalByAppId(directory, object.value.appId) !== undefined) throw conflictingObject();
        const value = { ...object.value, ...back };
        directory.servicePrincipals.put(value, now);
        return { kind: "servicePrincipal", value };
      }
      case "user": {
        const value = { ...object.value, ...back };
        directory.users.put(value, now);
        return { kind: "user", value };
      }
      case "group": {
        const value = { ...object.value, ...back };
        directory.groups.put(value, now);
        return { kind: "group", value };
      }
      default:
        return object satisfies never;
    }
  })();
  directory.deletedItems.remove(id, now);
  audit(call, object, KINDS[object.kind].restored);
  return shown(call, restored);
}

/** For good: what led to it goes too. */
function purge(call: GraphCall): GraphAnswer {
  find(call, call.asOf);
  const { object, id } = find(call, undefined);
  require(call, KINDS[object.kind].write, id);
  const { directory, now } = call;
  directory.deletedItems.remove(id, now);
  for (const it of [...directory.ownerships.find("object", id), ...directory.ownerships.find("owner", id)])
    directory.ownerships.remove(it.id, now);
  for (const it of [...directory.memberships.find("group", id), ...directory.memberships.find("member", id)])
    directory.memberships.remove(it.id, now);
  for (const it of [
    ...directory.appRoleAssignments.find("principal", id),
    ...directory.appRoleAssignments.find("resource", id),
  ])
    directory.appRoleAssignments.remove(it.id, now);
  for (const it of directory.grants.find("client", id)) directory.grants.remove(it.id, now);
  for (const it of directory.roleAssignments.find("principal", id))
    directory.roleAssignments.remove(it.id, now);
  for (const it of directory.roleSchedules.find("principal", id)) directory.roleSchedules.remove(it.id, now);
  for (const it of directory.federatedCredentials.find("application", id))
    directory.federatedCredentials.remove(it.id, now);
  audit(call, object, KINDS[object.kind].gone);
  return noContent();
}

function audit(call: GraphCall, object: DeletedItem["object"], operationName: string): void {
  const types = {
    application: "Application",
    servicePrincipal: "ServicePrincipal",
    user: "User",
    group: "Group",
  } as const;
  call.audits.push({
    operationName,
    category:
      object.kind === "user"
        ? "UserManagement"
        : object.kind === "group"
          ? "GroupManagement"
          : "ApplicationManagement",
    targets: [
      {
        id: object.value.id,
        displayName: object.value.displayName,
        type: types[object.kind],
        modifiedProperties: [],
      },
    ],
  });
}

const PATH = "/directory/deletedItems";

export const deletedItemRoutes: readonly Route[] = [
  ...(["application", "servicePrincipal", "user", "group"] as const).map((kind): Route => ({
    method: "GET",
    path: `${PATH}/microsoft.graph.${kind}`,
    handle: (call) => list(call, kind),
  })),
  {
    method: "GET",
    path: PATH,
    handle: () => {
      // Deleted items are listed by type only.
      throw unsupportedQuery("Direct queries to this resource type are not supported.");
    },
  },
  {
    method: "GET",
    path: `${PATH}/{id}`,
    handle: (call) => {
      const { object } = find(call, call.asOf);
      require(call, KINDS[object.kind].read);
      return shown(call, object);
    },
  },
  { method: "POST", path: `${PATH}/{id}/restore`, handle: restore },
  { method: "DELETE", path: `${PATH}/{id}`, handle: purge },
];
