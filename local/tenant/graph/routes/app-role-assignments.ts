import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import { GRAPH_APP_ID, appRolesOf } from "../../state/directory.ts";
import type { AppRoleAssignment } from "../../state/directory.ts";
import { appRoleAssignmentId } from "../../state/directory/ids.ts";
import { modified, principalTarget } from "../audit-events.ts";
import { bodyOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { objectById } from "../directory-objects.ts";
import { appRoleAssignment } from "../entities.ts";
import { badRequest, grantExists, notFound } from "../errors.ts";
import { collection, single } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";
import type { Need } from "../permissions.ts";
import { readGroup, readPrincipal, readUser } from "../resolve.ts";

/** One face of the assignments: those of a principal, or those to a resource. */
interface Face {
  readonly collection: "servicePrincipals" | "users" | "groups";
  readonly link: "appRoleAssignments" | "appRoleAssignedTo";
  readonly read: (call: GraphCall) => string;
  readonly need: Need;
}

const FACES: readonly Face[] = [
  {
    collection: "servicePrincipals",
    link: "appRoleAssignments",
    read: (call) => readPrincipal(call, parameter(call, "id")).id,
    need: NEEDS.readApplications,
  },
  {
    collection: "servicePrincipals",
    link: "appRoleAssignedTo",
    read: (call) => readPrincipal(call, parameter(call, "id")).id,
    need: NEEDS.readApplications,
  },
  {
    collection: "users",
    link: "appRoleAssignments",
    read: (call) => readUser(call, parameter(call, "id")).id,
    need: NEEDS.readUserAssignments,
  },
  {
    collection: "groups",
    link: "appRoleAssignments",
    read: (call) => readGroup(call, parameter(call, "id")).id,
    need: NEEDS.readUserAssignments,
  },
];

const endOf = ({ link }: Face) => (link === "appRoleAssignments" ? "principal" : "resource");

/** Links whose other end is deleted are not shown; a restore brings them back. */
function shown(call: GraphCall, assignments: readonly AppRoleAssignment[]): AppRoleAssignment[] {
  return assignments.filter(
    ({ principalId, resourceId }) =>
      objectById(call, principalId, call.asOf) !== undefined &&
      call.directory.servicePrincipals.get(resourceId, call.asOf) !== undefined,
  );
}

const Body = z.strictObject({
  "@odata.type": z.string().optional(),
  principalId: z.guid(),
  resourceId: z.guid(),
  appRoleId: z.guid(),
});

const DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000";

function create(call: GraphCall, face: Face): GraphAnswer {
  const owner = face.read(call);
  const body = bodyOf(call, Body);
  const principalId = body.principalId.toLowerCase();
  const resourceId = body.resourceId.toLowerCase();
  const appRoleId = body.appRoleId.toLowerCase();
  const resource = call.directory.servicePrincipals.get(resourceId, call.asOf);
  if (resource === undefined) throw notFound(resourceId);
  require(call, createNeed(resource.appId));
  if ((face.link === "appRoleAssignments" ? principalId : resourceId) !== owner)
    throw badRequest(`The ${endOf(face)} in the URL is not the one in the payload.`);
  const principal = objectById(call, principalId, call.asOf);
  if (principal === undefined) throw notFound(principalId);
  const role = appRolesOf(call.directory, resource, call.asOf).find(({ id }) => id === appRoleId);
  if (role === undefined && appRoleId !== DEFAULT_ACCESS)
    throw badRequest("Permission being assigned was not found on application");
  const same = call.directory.appRoleAssignments
    .find("principal", principalId)
    .some((other) => other.resourceId === resourceId && other.appRoleId === appRoleId);
  if (same) throw grantExists();
  const made: AppRoleAssignment = {
    id: appRoleAssignmentId(principalId, resourceId, `${appRoleId}|${call.tenant.random.guid()}`),
    appRoleId,
    principalId,
    principalType:
      principal.kind === "user" ? "User" : principal.kind === "group" ? "Group" : "ServicePrincipal",
    resourceId,
    createdDateTime: new Date(call.now).toISOString(),
  };
  call.directory.appRoleAssignments.put(made, call.now);
  audit(call, made, true);
  return {
    ...single(call, appRoleAssignment, made, `${face.collection}('${owner}')/${face.link}`, 201),
    headers: {
      Location: `https://${call.request.host}/v1.0/${face.collection}/${owner}/${face.link}/${made.id}`,
    },
  };
}

/** `AppRoleAssignment.ReadWrite.All` needs a right to read beside it; Graph's own permissions take that one and no other. */
function createNeed(resourceAppId: string): Need {
  const isGraph = resourceAppId === GRAPH_APP_ID;
  return {
    anyOf: isGraph
      ? ["AppRoleAssignment.ReadWrite.All"]
      : ["AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"],
    andAnyOf: [
      "Application.Read.All",
      "Application.ReadWrite.All",
      "Directory.Read.All",
      "Directory.ReadWrite.All",
    ],
    roles: isGraph ? NEEDS.deleteGraphAppRoleAssignment.roles : NEEDS.deleteAppRoleAssignment.roles,
  };
}

function remove(call: GraphCall, face: Face): GraphAnswer {
  const owner = face.read(call);
  const id = parameter(call, "assignment");
  const found = call.directory.appRoleAssignments.get(id);
  const visible = call.directory.appRoleAssignments.get(id, call.asOf);
  if (
    found === undefined ||
    visible === undefined ||
    (face.link === "appRoleAssignments" ? found.principalId : found.resourceId) !== owner
  )
    throw notFound(id);
  const resource = call.directory.servicePrincipals.get(found.resourceId);
  require(call, resource?.appId === GRAPH_APP_ID
    ? NEEDS.deleteGraphAppRoleAssignment
    : NEEDS.deleteAppRoleAssignment);
  call.directory.appRoleAssignments.remove(id, call.now);
  audit(call, found, false);
  return noContent();
}

function audit(call: GraphCall, assignment: AppRoleAssignment, added: boolean): void {
  const resource = call.directory.servicePrincipals.get(assignment.resourceId);
  const principal = objectById(call, assignment.principalId, undefined);
  if (resource === undefined) return;
  const role = appRolesOf(call.directory, resource).find(({ id }) => id === assignment.appRoleId);
  const property = (name: string, value: unknown) =>
    modified(name, added ? undefined : value, added ? value : undefined);
  call.audits.push({
    operationName: added ? AUDIT_OPERATIONS.addAppRoleAssignment : AUDIT_OPERATIONS.removeAppRoleAssignment,
    category: "ApplicationManagement",
    operationType: added ? "Assign" : "Unassign",
    targets: [
      principalTarget(resource, [
        property("AppRole.Id", assignment.appRoleId),
        property("AppRole.Value", role?.value ?? ""),
        property("AppRole.DisplayName", role?.displayName ?? ""),
        property("ServicePrincipal.ObjectID", assignment.principalId),
        property("ServicePrincipal.DisplayName", principal?.value.displayName ?? ""),
      ]),
      {
        id: assignment.principalId,
        displayName: principal?.value.displayName,
        type: assignment.principalType,
        modifiedProperties: [],
      },
    ],
  });
}

export const appRoleAssignmentRoutes: readonly Route[] = FACES.flatMap((face): Route[] => {
  const path = `/${face.collection}/{id}/${face.link}`;
  return [
    {
      method: "GET",
      path,
      units: 2,
      handle: (call) => {
        require(call, face.need);
        const owner = face.read(call);
        return collection(call, appRoleAssignment, {
          context: `${face.collection}('${owner}')/${face.link}`,
          items: shown(call, call.directory.appRoleAssignments.find(endOf(face), owner, call.asOf)),
          idOf: ({ id }) => id,
        });
      },
    },
    {
      method: "GET",
      path: `${path}/{assignment}`,
      handle: (call) => {
        require(call, face.need);
        const owner = face.read(call);
        const id = parameter(call, "assignment");
        const [found] = shown(
          call,
          call.directory.appRoleAssignments.find(endOf(face), owner, call.asOf).filter((it) => it.id === id),
        );
        if (found === undefined) throw notFound(id);
        return single(call, appRoleAssignment, found, `${face.collection}('${owner}')/${face.link}`);
      },
    },
    { method: "POST", path, handle: (call) => create(call, face) },
    { method: "DELETE", path: `${path}/{assignment}`, handle: (call) => remove(call, face) },
  ];
});
