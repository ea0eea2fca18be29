import { z } from "zod";
import { AUDIT_OPERATIONS } from "../../logs/rows/audit.ts";
import type { OAuth2PermissionGrant } from "../../state/directory.ts";
import { grantId } from "../../state/directory/ids.ts";
import { modified, principalTarget } from "../audit-events.ts";
import { bodyOf, noContent, parameter } from "../call.ts";
import type { GraphAnswer, GraphCall, Route } from "../call.ts";
import { grant } from "../entities.ts";
import { GraphFault, badRequest, notFound } from "../errors.ts";
import { collection, single } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";
import { readPrincipal, readUser } from "../resolve.ts";

const Body = z.strictObject({
  "@odata.type": z.string().optional(),
  clientId: z.guid(),
  consentType: z.enum(["AllPrincipals", "Principal"]),
  principalId: z.guid().nullable().optional(),
  resourceId: z.guid(),
  scope: z.string().max(3850),
  // Required once, ignored since.
  startTime: z.string().optional(),
  expiryTime: z.string().optional(),
});

/** Grants of and on what is deleted are not shown. */
function shown(call: GraphCall, grants: Iterable<OAuth2PermissionGrant>): OAuth2PermissionGrant[] {
  const exists = (id: string) => call.directory.servicePrincipals.get(id, call.asOf) !== undefined;
  return [...grants].filter(
    ({ clientId, resourceId, principalId }) =>
      exists(clientId) &&
      exists(resourceId) &&
      (principalId === null || call.directory.users.get(principalId, call.asOf) !== undefined),
  );
}

function find(call: GraphCall): OAuth2PermissionGrant {
  const id = parameter(call, "id");
  const visible = call.directory.grants.get(id, call.asOf);
  const [found] = visible === undefined ? [] : shown(call, [visible]);
  if (found === undefined) throw notFound(id);
  return found;
}

function writable(call: GraphCall): OAuth2PermissionGrant {
  const found = call.directory.grants.get(find(call).id);
  if (found === undefined) throw notFound(parameter(call, "id"));
  return found;
}

function audit(
  call: GraphCall,
  of: OAuth2PermissionGrant,
  operationName: string,
  before: string,
  after: string,
): void {
  const resource = call.directory.servicePrincipals.get(of.resourceId);
  const client = call.directory.servicePrincipals.get(of.clientId);
  if (resource === undefined || client === undefined) return;
  call.audits.push({
    operationName,
    category: "ApplicationManagement",
    operationType: after === "" ? "Unassign" : "Assign",
    targets: [
      principalTarget(resource, [
        modified("DelegatedPermissionGrant.Scope", before, after),
        modified("DelegatedPermissionGrant.ConsentType", undefined, of.consentType),
        modified("ServicePrincipal.ObjectID", undefined, of.clientId),
      ]),
      principalTarget(client, []),
    ],
  });
}

function create(call: GraphCall): GraphAnswer {
  require(call, NEEDS.writeGrants);
  const body = bodyOf(call, Body);
  const clientId = body.clientId.toLowerCase();
  const resourceId = body.resourceId.toLowerCase();
  const principalId = body.principalId?.toLowerCase() ?? null;
  if ((body.consentType === "Principal") !== (principalId !== null))
    throw badRequest(
      "principalId is required when consentType is Principal, and must be absent when it is AllPrincipals.",
    );
  for (const id of [clientId, resourceId])
    if (call.directory.servicePrincipals.get(id, call.asOf) === undefined) throw notFound(id);
  if (principalId !== null && call.directory.users.get(principalId, call.asOf) === undefined)
    throw notFound(principalId);
  const id = grantId(clientId, resourceId, principalId);
  // guess: the text; the code is that of every duplicate key.
  if (call.directory.grants.get(id) !== undefined)
    throw new GraphFault(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.");
  const made: OAuth2PermissionGrant = {
    id,
    clientId,
    consentType: body.consentType,
    principalId,
    resourceId,
    scope: body.scope,
  };
  call.directory.grants.put(made, call.now);
  audit(call, made, AUDIT_OPERATIONS.addDelegatedGrant, "", made.scope);
  return {
    ...single(call, grant, made, "oauth2PermissionGrants", 201),
    headers: { Location: `https://${call.request.host}/v1.0/oauth2PermissionGrants/${id}` },
  };
}

function update(call: GraphCall): GraphAnswer {
  require(call, NEEDS.writeGrants);
  const before = writable(call);
  const { scope } = bodyOf(
    call,
    z.strictObject({ "@odata.type": z.string().optional(), scope: z.string().max(3850) }),
  );
  call.directory.grants.put({ ...before, scope }, call.now);
  audit(call, before, AUDIT_OPERATIONS.addDelegatedGrant, before.scope, scope);
  return noContent();
}

function remove(call: GraphCall): GraphAnswer {
  require(call, NEEDS.writeGrants);
  const found = writable(call);
  call.directory.grants.remove(found.id, call.now);
  audit(call, found, AUDIT_OPERATIONS.removeDelegatedGrant, found.scope, "");
  return noContent();
}

function list(call: GraphCall, grants: Iterable<OAuth2PermissionGrant>): GraphAnswer {
  return collection(call, grant, {
    context: "oauth2PermissionGrants",
    items: shown(call, grants),
    idOf: ({ id }) => id,
  });
}

export const grantRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/oauth2PermissionGrants",
    handle: (call) => {
      require(call, NEEDS.readGrants);
      return list(call, call.directory.grants.all(call.asOf));
    },
  },
  {
    method: "GET",
    path: "/oauth2PermissionGrants/{id}",
    handle: (call) => {
      require(call, NEEDS.readGrants);
      return single(call, grant, find(call), "oauth2PermissionGrants");
    },
  },
  { method: "POST", path: "/oauth2PermissionGrants", handle: create },
  { method: "PATCH", path: "/oauth2PermissionGrants/{id}", handle: update },
  { method: "DELETE", path: "/oauth2PermissionGrants/{id}", handle: remove },
  {
    method: "GET",
    path: "/servicePrincipals/{id}/oauth2PermissionGrants",
    handle: (call) => {
      require(call, NEEDS.readGrants);
      return list(
        call,
        call.directory.grants.find("client", readPrincipal(call, parameter(call, "id")).id, call.asOf),
      );
    },
  },
  {
    method: "GET",
    path: "/users/{id}/oauth2PermissionGrants",
    handle: (call) => {
      require(call, NEEDS.readGrants);
      return list(
        call,
        call.directory.grants.find("principal", readUser(call, parameter(call, "id")).id, call.asOf),
      );
    },
  },
];
