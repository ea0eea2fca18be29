import { FEDERATED_CREDENTIAL, USER_ASSIGNED_IDENTITY } from "../../state/azure/managed-identities.ts";
import { objectIn, textIn, textsIn } from "../../state/azure/json.ts";
import type { JsonObject, Resource } from "../../state/azure/model.ts";
import { parseResourceId, sameId } from "../../state/azure/resource-id.ts";
import {
  allResources,
  findResource,
  putResource,
  removeResource,
  resourcesBelow,
} from "../../state/azure/resources.ts";
import { addManagedIdentity, removeManagedIdentity } from "../../state/directory.ts";
import { type ArmAnswer, type ArmCall, inGroup, noContent, ok, type Route } from "../call.ts";
import { badRequest, parentResourceNotFound, providerError, resourceNotFound } from "../errors.ts";
import { ASSOCIATED_RESOURCES_LIMIT, IDENTITY_LIMITS, MAX_FEDERATED_CREDENTIALS } from "../limits.ts";
import { page } from "../paging.ts";
import { actionRoute, resourceRoutes } from "../resource-type.ts";

const identities = resourceRoutes({
  type: USER_ASSIGNED_IDENTITY,
  readOnly: ["principalId", "clientId"],
  putStatus: 200,
  refuse: (call, { id }) => throttled(call, "write", id),
  complete: ({ tenant }, { before, properties }) =>
    before
      ? properties
      : { ...properties, principalId: tenant.random.guid(), clientId: tenant.random.guid() },
  written: ({ tenant, nowInMs }, resource, { before }) => {
    if (before) return;
    addManagedIdentity(
      tenant.state.directory,
      {
        principalId: textIn(resource.properties, "principalId"),
        clientId: textIn(resource.properties, "clientId"),
        displayName: resource.name,
        resourceId: resource.id,
        userAssigned: true,
      },
      nowInMs,
    );
  },
  refuseDelete: (call, resource) => throttled(call, "delete", resource.id),
  // References on resources stay, as in Azure; one made again under the name is another principal.
  deleted: ({ tenant, nowInMs }, resource) =>
    removeManagedIdentity(tenant.state.directory, textIn(resource.properties, "principalId"), nowInMs),
  serve: (tenant) => ({ tenantId: tenant.id }),
});

/** Managed identities have limits of their own, lower than ARM's. */
function throttled(
  call: ArmCall,
  kind: keyof typeof IDENTITY_LIMITS,
  identityId: string,
): ArmAnswer | undefined {
  const { subscription, identity } = IDENTITY_LIMITS[kind];
  const { subscriptionId = "" } = parseResourceId(identityId);
  for (const counted of [
    call.tenant.throttle.take(`msi ${kind} ${subscriptionId.toLowerCase()}`, subscription),
    call.tenant.throttle.take(`msi ${kind} ${identityId.toLowerCase()}`, identity),
  ]) {
    if (counted.kind === "throttled") return tooManyRequests(counted.retryAfterInMs);
  }
  return undefined;
}

function tooManyRequests(retryAfterInMs: number): ArmAnswer {
  const seconds = Math.max(1, Math.ceil(retryAfterInMs / 1_000));
  // guess: only this text inside another provider's error is captured.
  return providerError(
    429,
    "TooManyRequests",
    `Request is temporarily throttled because too many requests were issued. Retry after ${seconds} seconds.`,
    { headers: { "Retry-After": String(seconds) } },
  );
}

function wireFederated({ id, name, type, properties }: Resource): JsonObject {
  return {
    id,
    name,
    type,
    properties: {
      issuer: textIn(properties, "issuer"),
      subject: textIn(properties, "subject"),
      audiences: textsIn(properties, "audiences"),
    },
  };
}

function identityOfPath(call: ArmCall): Resource | undefined {
  const id = /^.*\/userAssignedIdentities\/[^/]+/i.exec(call.path)?.[0] ?? call.path;
  return findResource(call.azure, id);
}

/**
 * Azure refuses a second write to one identity's credentials while the first is under way. Here a write is done in an
 * instant, so "under way" is the 50 ms of tenant time after it, and only where directory writes take any time at all:
 * a client that waits for each answer is not held up, one that fires them together is refused.
 */
const CONCURRENT_WITHIN_IN_MS = 50;

function concurrentWrite(call: ArmCall, identity: Resource): ArmAnswer | undefined {
  const key = identity.id.toLowerCase();
  const last = call.azure.federatedCredentialWrites.get(key);
  const isUnderWay =
    call.tenant.delays.directoryReplicationInMs > 0 &&
    last !== undefined &&
    call.nowInMs - last < CONCURRENT_WITHIN_IN_MS;
  if (!isUnderWay) {
    call.azure.federatedCredentialWrites.set(key, call.nowInMs);
    return undefined;
  }
  return providerError(
    409,
    "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
    `Too many Federated Identity Credentials are written concurrently for the managed identity '${key}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.`,
  );
}

function writeFederated(call: ArmCall): ArmAnswer {
  const identity = identityOfPath(call);
  if (!identity) return parentResourceNotFound(call.path.split("/").slice(-4, -2).join("/"));
  const { body, azure, nowInMs } = call;
  const sent = objectIn(body, "properties");
  const issuer = textIn(sent, "issuer");
  const subject = textIn(sent, "subject");
  const audiences = textsIn(sent, "audiences");
  if (issuer === "" || subject === "" || audiences.length !== 1) {
    // guess: text not captured.
    return badRequest("issuer, subject and exactly one audience are required.");
  }
  const before = findResource(azure, call.path);
  const siblings = [...resourcesBelow(azure, identity.id, FEDERATED_CREDENTIAL)];
  if (!before && siblings.length >= MAX_FEDERATED_CREDENTIALS) {
    // guess: text not captured; the limit is documented.
    return badRequest(
      `Too many Federated Identity Credentials for the managed identity. Maximum is ${MAX_FEDERATED_CREDENTIALS}.`,
    );
  }
  const twin = siblings.find(
    (other) =>
      !sameId(other.id, call.path) &&
      textIn(other.properties, "issuer") === issuer &&
      textIn(other.properties, "subject") === subject,
  );
  if (twin) {
    // guess: text not captured; a pair of issuer and subject is documented to be unique per identity.
    return providerError(
      409,
      "Conflict",
      "Issuer and subject combination already exists for this Managed Identity.",
    );
  }
  const conflict = concurrentWrite(call, identity);
  if (conflict) return conflict;
  const resource: Resource = {
    id: before?.id ?? call.path,
    type: FEDERATED_CREDENTIAL,
    name: before?.name ?? call.path.split("/").at(-1) ?? "",
    properties: { issuer, subject, audiences },
    createdAt: before?.createdAt ?? nowInMs,
    createdBy: before?.createdBy ?? call.caller.objectId,
    changedAt: nowInMs,
  };
  putResource(azure, resource, nowInMs);
  return {
    status: before ? 200 : 201,
    body: wireFederated(resource),
    headers: { Location: resource.id.replace(/\/resourceGroups\//i, "/resourcegroups/") },
    from: "provider",
  };
}

const CREDENTIALS = `${USER_ASSIGNED_IDENTITY}/{identity}/federatedIdentityCredentials`;

const federated: readonly Route[] = [
  {
    method: "GET",
    template: inGroup(CREDENTIALS),
    handle: (call) => {
      const identity = identityOfPath(call);
      if (!identity) return resourceNotFound(call.path.split("/").slice(0, -1).join("/"));
      return page(
        call,
        [...resourcesBelow(call.azure, identity.id, FEDERATED_CREDENTIAL)].map(wireFederated),
      );
    },
  },
  {
    method: "GET",
    template: inGroup(`${CREDENTIALS}/{credential}`),
    handle: (call) => {
      const found = findResource(call.azure, call.path);
      return found ? ok(wireFederated(found)) : resourceNotFound(call.path);
    },
  },
  { method: "PUT", template: inGroup(`${CREDENTIALS}/{credential}`), handle: writeFederated },
  {
    method: "DELETE",
    template: inGroup(`${CREDENTIALS}/{credential}`),
    handle: (call) => {
      const identity = identityOfPath(call);
      const found = findResource(call.azure, call.path);
      if (!identity || !found) return noContent(); // guess: not captured for a missing one.
      const conflict = concurrentWrite(call, identity);
      if (conflict) return conflict;
      removeResource(call.azure, found.id, call.nowInMs);
      return { status: 200, from: "provider" };
    },
  },
];

function associated(call: ArmCall, identity: Resource): ArmAnswer {
  const counted = call.tenant.throttle.take("msi associated resources", ASSOCIATED_RESOURCES_LIMIT);
  if (counted.kind === "throttled") return tooManyRequests(counted.retryAfterInMs);
  const value = [...allResources(call.azure)]
    .filter((resource) => resource.identity?.userAssigned.some((id) => sameId(id, identity.id)))
    .map((resource) => {
      const { subscriptionId = "", resourceGroup = "" } = parseResourceId(resource.id);
      return {
        id: resource.id,
        type: resource.type.toLowerCase(),
        name: resource.name,
        resourceGroup,
        subscriptionId,
        subscriptionDisplayName:
          call.azure.subscriptions.get(subscriptionId.toLowerCase())?.displayName ?? "",
      };
    });
  return { status: 200, from: "provider", body: { totalCount: value.length, value, nextLink: null } };
}

export const managedIdentityRoutes: readonly Route[] = [
  ...federated,
  ...identities.map((route): Route => {
    if (route.method !== "GET") return route;
    const kind = route.template.endsWith("/userAssignedIdentities") ? "list" : "get";
    return { ...route, handle: (call) => throttled(call, kind, call.path) ?? route.handle(call) };
  }),
  // A preview that asks for no more than read on the identity.
  actionRoute(USER_ASSIGNED_IDENTITY, "listAssociatedResources", associated, {
    action: `${USER_ASSIGNED_IDENTITY}/read`,
    isQuery: true,
  }),
  // The operation exists in preview and answers so; what it ends is not public, so nothing ends here.
  actionRoute(USER_ASSIGNED_IDENTITY, "revokeTokens", () => ({ status: 200, from: "provider" })),
];
