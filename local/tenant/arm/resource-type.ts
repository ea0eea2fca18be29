import { isObject, objectIn, textIn } from "../state/azure/json.ts";
import { generatedKeys } from "../state/azure/key-shapes.ts";
import type { Json, JsonObject, Resource } from "../state/azure/model.ts";
import { isAtOrBelow, parseResourceId } from "../state/azure/resource-id.ts";
import { findResource, putResource, removeResource, resourcesOfType } from "../state/azure/resources.ts";
import type { Tenant } from "../tenant.ts";
import { type ArmAnswer, type ArmCall, inGroup, inSubscription, noContent, ok, type Route } from "./call.ts";
import { parentResourceNotFound, preconditionFailed, resourceNotFound } from "./errors.ts";
import { changeIdentity, dropOwnIdentity } from "./identity-change.ts";
import { startOperation } from "./operations.ts";
import { page } from "./paging.ts";
import { wireResource } from "./wire-resource.ts";

/** What sets one resource type apart from every other: the rest of a resource's life in ARM is the same for all. */
export interface ResourceType {
  /** `Microsoft.Web/sites/slots` */
  readonly type: string;
  /** Methods the provider has for it; all if left out. */
  readonly methods?: readonly ("GET" | "LIST" | "PUT" | "PATCH" | "DELETE")[];
  /** Answers that announce an operation to poll. */
  readonly longRunning?: boolean;
  /** Whether it carries an eTag, which If-Match is held against. */
  readonly hasEtag?: boolean;
  /** Properties that a caller cannot write: kept from before, and from the provider's own making. */
  readonly readOnly?: readonly string[];
  /** Properties that are secrets: taken out and held as the key of this name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Refuses a write; called with the properties as they would become. */
  readonly refuse?: (call: ArmCall, write: Write) => ArmAnswer | undefined;
  /** What the provider makes of the properties before they are stored. */
  readonly complete?: (call: ArmCall, write: Write) => JsonObject;
  /** Called after it was stored. */
  readonly written?: (call: ArmCall, resource: Resource, write: Write) => void;
  readonly deleted?: (call: ArmCall, resource: Resource) => void;
  readonly refuseDelete?: (call: ArmCall, resource: Resource) => ArmAnswer | undefined;
  /** More that is served than is stored. */
  readonly serve?: (tenant: Tenant, resource: Resource) => JsonObject;
  readonly notFound?: (call: ArmCall) => ArmAnswer;
  /** Status of a PUT that replaces; 200 for most. */
  readonly putStatus?: 200 | 201;
}

export interface Write {
  readonly before: Resource | undefined;
  readonly properties: JsonObject;
  readonly id: string;
  readonly name: string;
}

export function resourceRoutes(definition: ResourceType): Route[] {
  const [namespace = "", ...types] = definition.type.split("/");
  const methods = definition.methods ?? ["GET", "LIST", "PUT", "PATCH", "DELETE"];
  const names = types.map((_, index) => `{name${index}}`);
  const path = [namespace, ...types.flatMap((type, index) => [type, names[index] ?? ""])].join("/");
  const collection = path.slice(0, path.lastIndexOf("/"));
  const one = (method: Route["method"], handle: Route["handle"]): Route => ({
    method,
    template: inGroup(path),
    handle,
  });
  return methods.flatMap((method): Route[] => {
    switch (method) {
      case "GET":
        return [one("GET", (call) => read(call, definition))];
      case "PUT":
        return [one("PUT", (call) => write(call, definition))];
      case "PATCH":
        return [one("PATCH", (call) => write(call, definition))];
      case "DELETE":
        return [one("DELETE", (call) => erase(call, definition))];
      case "LIST":
        return [
          { method: "GET", template: inGroup(collection), handle: (call) => list(call, definition) },
          ...(types.length === 1
            ? [
                {
                  method: "GET" as const,
                  template: inSubscription(collection),
                  handle: (call: ArmCall) => list(call, definition),
                },
              ]
            : []),
        ];
      default:
        return method satisfies never;
    }
  });
}

/** A resource as this type serves it. */
function served(tenant: Tenant, definition: ResourceType, resource: Resource): JsonObject {
  return wireResource(tenant, resource, definition.serve?.(tenant, resource) ?? {});
}

/** A POST on a resource of this type, which is looked up first. */
export function actionRoute(
  type: string,
  action: string,
  handle: (call: ArmCall, resource: Resource) => ArmAnswer,
  more: Partial<Route> = {},
): Route {
  const [namespace = "", ...types] = type.split("/");
  const path = types.map((part, index) => `${part}/{name${index}}`).join("/");
  return {
    method: "POST",
    template: inGroup(`${namespace}/${path}/${action}`),
    ...more,
    handle: (call) => {
      const segments = action.split("/").length;
      const id = call.path.split("/").slice(0, -segments).join("/");
      const resource = findResource(call.azure, id);
      return resource ? handle(call, resource) : resourceNotFound(id);
    },
  };
}

function read(call: ArmCall, definition: ResourceType): ArmAnswer {
  const resource = findResource(call.azure, call.path);
  if (!resource) return definition.notFound?.(call) ?? resourceNotFound(call.path);
  return { ...ok(served(call.tenant, definition, resource)), from: "provider" };
}

function list(call: ArmCall, definition: ResourceType): ArmAnswer {
  const { namespace, type } = parseResourceId(`${call.path}/x`);
  const parent = call.path.split("/").slice(0, -1).join("/");
  const isNested = (type?.split("/").length ?? 0) > 2;
  if (isNested && !findResource(call.azure, parent)) return resourceNotFound(parent);
  const within = isNested
    ? parent
    : call.path.slice(0, call.path.toLowerCase().lastIndexOf(`/providers/${namespace?.toLowerCase()}`));
  const found = [...resourcesOfType(call.azure, definition.type)].filter(({ id }) => isAtOrBelow(id, within));
  return page(
    call,
    found.map((resource) => served(call.tenant, definition, resource)),
  );
}

function write(call: ArmCall, definition: ResourceType): ArmAnswer {
  const { azure, body, nowInMs, tenant } = call;
  const isPatch = call.request.method === "PATCH";
  const before = findResource(azure, call.path);
  if (isPatch && !before) return resourceNotFound(call.path);
  const parent = parentOf(call.path);
  if (parent !== undefined && !findResource(azure, parent.id)) return parentResourceNotFound(parent.label);
  const mismatch = definition.hasEtag ? etagMismatch(call, before) : undefined;
  if (mismatch) return mismatch;

  const sent = objectIn(body, "properties");
  const { open, secret } = withoutSecrets(definition, sent);
  const merged = isPatch
    ? mergeJson(before?.properties ?? {}, open)
    : { ...open, ...kept(definition, before) };
  const id = before?.id ?? call.path;
  const name = before?.name ?? id.split("/").at(-1) ?? id;
  const draft: Write = { before, properties: merged, id, name };
  const refusal = definition.refuse?.(call, draft);
  if (refusal) return refusal;
  const type = before?.type ?? definition.type;
  const identity = changeIdentity(
    call,
    { id, name, type, ...(before?.identity ? { identity: before.identity } : {}) },
    isObject(body["identity"]) ? body["identity"] : undefined,
  );
  if (identity.kind === "refused") return identity.answer;

  const resource = resourceFrom(call, definition, draft, {
    type,
    ...(identity.identity ? { identity: identity.identity } : {}),
  });
  putResource(azure, resource, nowInMs);
  holdKeys(call, resource, before, secret);
  definition.written?.(call, resource, draft);

  const status = before === undefined ? 201 : (definition.putStatus ?? 200);
  if (definition.longRunning !== true || tenant.delays.longRunningOperationInMs === 0) {
    return { status, body: served(tenant, definition, resource), from: "provider" };
  }
  const { headers } = startOperation(call, {
    resourceId: resource.id,
    location: resource.location ?? "westeurope",
    namespace: definition.type.split("/")[0] ?? "",
  });
  return { status, body: served(tenant, definition, resource), headers, from: "provider" };
}

function resourceFrom(
  call: ArmCall,
  definition: ResourceType,
  draft: Write,
  { type, identity }: Pick<Resource, "type" | "identity">,
): Resource {
  const { body, nowInMs, tenant } = call;
  const { before } = draft;
  const location = textIn(body, "location") || before?.location;
  const kind = textIn(body, "kind") || before?.kind;
  const tags = isObject(body["tags"]) ? textsOf(body["tags"]) : before?.tags;
  const sku = isObject(body["sku"]) ? body["sku"] : before?.sku;
  return {
    id: draft.id,
    type,
    name: draft.name,
    ...(location === undefined ? {} : { location }),
    ...(kind === undefined ? {} : { kind }),
    ...(tags === undefined ? {} : { tags }),
    ...(sku === undefined ? {} : { sku }),
    ...(before?.zones === undefined ? {} : { zones: before.zones }),
    ...(identity === undefined ? {} : { identity }),
    properties: definition.complete?.(call, draft) ?? draft.properties,
    ...(definition.hasEtag ? { etag: tenant.random.guid() } : {}),
    createdAt: before?.createdAt ?? nowInMs,
    createdBy: before?.createdBy ?? call.caller.objectId,
    changedAt: nowInMs,
  };
}

function erase(call: ArmCall, definition: ResourceType): ArmAnswer {
  const resource = findResource(call.azure, call.path);
  if (!resource) return noContent();
  const mismatch = definition.hasEtag ? etagMismatch(call, resource) : undefined;
  if (mismatch) return mismatch;
  const refusal = definition.refuseDelete?.(call, resource);
  if (refusal) return refusal;
  definition.deleted?.(call, resource);
  for (const gone of removeResource(call.azure, resource.id, call.nowInMs)) dropOwnIdentity(call, gone);
  if (definition.longRunning !== true || call.tenant.delays.longRunningOperationInMs === 0) {
    return { status: 200, from: "provider" };
  }
  const { headers } = startOperation(call, {
    resourceId: resource.id,
    location: resource.location ?? "westeurope",
    namespace: definition.type.split("/")[0] ?? "",
  });
  return { status: 202, headers, from: "provider" };
}

/** If-Match names another version, or If-None-Match says there must be none. */
export function etagMismatch(call: ArmCall, before: Resource | undefined): ArmAnswer | undefined {
  const ifMatch = call.request.headers["if-match"];
  const ifNoneMatch = call.request.headers["if-none-match"];
  if (ifNoneMatch === "*" && before !== undefined) {
    return preconditionFailed("The resource already exists.");
  }
  if (ifMatch === undefined || ifMatch === "*") return undefined;
  if (before?.etag !== undefined && unquoted(ifMatch) === unquoted(before.etag)) return undefined;
  // guess: the 412 of AKS is not captured; the wording follows that of DNS.
  return preconditionFailed(
    `The resource ${call.path.split("/").at(-1) ?? ""} has been modified (etag mismatch).`,
  );
}

export function unquoted(etag: string): string {
  return etag.replace(/^W\//, "").replaceAll('"', "");
}

function parentOf(path: string): { readonly id: string; readonly label: string } | undefined {
  const { type, names } = parseResourceId(path);
  const types = type?.split("/").slice(1) ?? [];
  if (types.length < 2) return undefined;
  const id = path.split("/").slice(0, -2).join("/");
  const label = types
    .slice(0, -1)
    .map((part, index) => `${part}/${names[index] ?? ""}`)
    .join("/");
  return { id, label };
}

function withoutSecrets(
  definition: ResourceType,
  sent: JsonObject,
): { readonly open: JsonObject; readonly secret: ReadonlyMap<string, string> } {
  const secret = new Map<string, string>();
  const open: Record<string, Json> = {};
  for (const [property, value] of Object.entries(sent)) {
    const keyName = definition.secrets?.[property];
    if (keyName !== undefined && typeof value === "string") secret.set(keyName, value);
    else open[property] = value;
  }
  return { open, secret };
}

function kept(definition: ResourceType, before: Resource | undefined): JsonObject {
  const properties: Record<string, Json> = {};
  for (const name of definition.readOnly ?? []) {
    const value = before?.properties[name];
    if (value !== undefined) properties[name] = value;
  }
  return properties;
}

/** PATCH: objects are merged, everything else is replaced. */
export function mergeJson(before: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...before };
  for (const [key, value] of Object.entries(patch)) {
    const held = merged[key];
    merged[key] = isObject(value) && isObject(held) ? mergeJson(held, value) : value;
  }
  return merged;
}

function holdKeys(
  { azure, tenant, nowInMs }: ArmCall,
  resource: Resource,
  before: Resource | undefined,
  secret: ReadonlyMap<string, string>,
): void {
  const key = resource.id.toLowerCase();
  const keys =
    azure.keys.get(key) ??
    (before === undefined
      ? generatedKeys(resource.type, resource.id, nowInMs, () => tenant.random.guid())
      : new Map());
  for (const [name, value] of secret) keys.set(name.toLowerCase(), { name, value, createdAt: nowInMs });
  if (keys.size > 0) azure.keys.set(key, keys);
}

function textsOf(object: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
