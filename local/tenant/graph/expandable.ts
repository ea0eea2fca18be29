import type { Application, Group, ServicePrincipal, User } from "../state/directory.ts";
import type { GraphCall } from "./call.ts";
import { directoryObjectJson, memberOf, objectsById } from "./directory-objects.ts";
import type { DirectoryObject } from "./directory-objects.ts";
import * as plain from "./entities.ts";
import type { Entity } from "./entities.ts";

type Item = { readonly id: string };

const shown = (call: GraphCall, objects: readonly DirectoryObject[]) =>
  objects.map((object) => directoryObjectJson(call, object));

const owners = (call: GraphCall, { id }: Item) =>
  shown(
    call,
    objectsById(
      call,
      call.directory.ownerships.find("object", id, call.asOf).map(({ ownerId }) => ownerId),
    ),
  );

const ownedObjects = (call: GraphCall, { id }: Item) =>
  shown(
    call,
    objectsById(
      call,
      call.directory.ownerships.find("owner", id, call.asOf).map(({ objectId }) => objectId),
    ),
  );

const groups = (call: GraphCall, { id }: Item) => shown(call, memberOf(call, id));

const assignments =
  (end: "principal" | "resource") =>
  (call: GraphCall, { id }: Item) =>
    call.directory.appRoleAssignments
      .find(end, id, call.asOf)
      .map((assignment) => plain.appRoleAssignment.json(call, assignment));

/** Applications, principals and people with the links that `$expand` can follow. */
export const application: Entity<Application> = {
  ...plain.application,
  expand: {
    owners,
    federatedIdentityCredentials: (call, { id }) =>
      call.directory.federatedCredentials
        .find("application", id, call.asOf)
        .map((credential) => plain.federatedCredential.json(call, credential)),
  },
};

export const servicePrincipal: Entity<ServicePrincipal> = {
  ...plain.servicePrincipal,
  expand: {
    owners,
    ownedObjects,
    memberOf: groups,
    appRoleAssignments: assignments("principal"),
    appRoleAssignedTo: assignments("resource"),
    oauth2PermissionGrants: (call, { id }) =>
      call.directory.grants.find("client", id, call.asOf).map((grant) => plain.grant.json(call, grant)),
  },
};

export const user: Entity<User> = { ...plain.user, expand: { ownedObjects, memberOf: groups } };

export const group: Entity<Group> = {
  ...plain.group,
  expand: {
    owners,
    memberOf: groups,
    members: (call, { id }) =>
      shown(
        call,
        objectsById(
          call,
          call.directory.memberships.find("group", id, call.asOf).map(({ memberId }) => memberId),
        ),
      ),
  },
};
