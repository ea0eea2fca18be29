import { latest } from "../state/azure/history.ts";
import type { JsonObject } from "../state/azure/model.ts";
import { parseResourceId } from "../state/azure/resource-id.ts";
import type { Service } from "../service.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { ask, askedBy, refusalOf } from "./access.ts";
import { noteActivity } from "./activity.ts";
import { admit } from "./authentication.ts";
import type { ArmAnswer, ArmCall } from "./call.ts";
import {
  badRequest,
  invalidSubscriptionId,
  methodNotAllowed,
  missingApiVersion,
  notModelled,
  resourceGroupNotFound,
  subscriptionNotFound,
} from "./errors.ts";
import { commonHeaders } from "./headers.ts";
import { lockedAgainst } from "./locks.ts";
import { createRouter, type Matched } from "./router.ts";
import { routes } from "./routes.ts";
import { countCall } from "./throttling.ts";

const HOSTS = new Set(["management.azure.com", "management.core.windows.net"]);
const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

const router = createRouter(routes);

/** Azure Resource Manager. Every call is authenticated, counted, authorised, checked against locks, and noted. */
export const armService: Service = {
  name: "arm",
  serves: (host) => HOSTS.has(host),
  handle: (request, tenant) => {
    const path = pathOf(request);
    const matched = router.match(request.method, path);
    const { answer, headers } = answerTo(request, tenant, path, matched);
    return {
      operation: `${request.method} ${matched?.route.template ?? path}`,
      response: finish(tenant, request, answer, headers),
    };
  },
};

interface Answered {
  readonly answer: ArmAnswer;
  readonly headers?: Readonly<Record<string, string>>;
}

function answerTo(
  request: WireRequest,
  tenant: Tenant,
  path: string,
  matched: Matched | undefined,
): Answered {
  const admission = admit(tenant, request);
  if (admission.kind === "refused") return { answer: admission.answer };
  const apiVersion = apiVersionOf(request.url);
  if (apiVersion === undefined) return { answer: missingApiVersion() };
  const { subscriptionId } = parseResourceId(path);
  if (subscriptionId !== undefined) {
    if (!GUID.test(subscriptionId)) return { answer: invalidSubscriptionId(subscriptionId) };
    if (!tenant.state.azure.subscriptions.has(subscriptionId.toLowerCase())) {
      return { answer: subscriptionNotFound(subscriptionId) };
    }
  }
  const { caller } = admission;
  const counted = countCall(tenant, { method: request.method, subscriptionId, objectId: caller.objectId });
  if (counted.kind === "throttled") return { answer: counted.answer };
  const { headers } = counted;
  if (!matched) return { answer: unknownPath(request.method, path), headers };

  const body = bodyOf(request);
  if (body.kind === "unreadable") {
    return { answer: badRequest(body.why, "InvalidRequestContent"), headers };
  }
  const call: ArmCall = {
    tenant,
    azure: tenant.state.azure,
    request,
    caller,
    path,
    params: matched.params,
    query: request.url.searchParams,
    apiVersion,
    body: body.value,
    nowInMs: tenant.clock.now(),
  };
  return { answer: perform(call, matched), headers };
}

function perform(call: ArmCall, { route }: Matched): ArmAnswer {
  const derived = askedBy(route, call.path);
  const asked = {
    action: route.action ?? derived.action,
    scope: route.scopeOf?.(call) ?? derived.scope,
    resourceId: derived.scope,
  };
  const changes = route.method !== "GET" && route.method !== "HEAD" && route.isQuery !== true;
  if (asked.action === "anyone") return route.handle(call);
  const decision = ask(call, asked, route, call);
  const answer = decision.allowed
    ? (missingGroup(call) ?? blockedByLock(call, asked, changes) ?? route.handle(call))
    : refusalOf(call.caller, asked, decision);
  if (changes) noteActivity(call, asked, decision, answer);
  return answer;
}

/** A path inside a group that does not exist; the group itself may be asked for and created. */
function missingGroup(call: ArmCall): ArmAnswer | undefined {
  const { resourceGroup, subscriptionId } = parseResourceId(call.path);
  if (resourceGroup === undefined || call.path.split("/").length <= 5) return undefined;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  return latest(call.azure.resourceGroups, id) ? undefined : resourceGroupNotFound(resourceGroup);
}

function blockedByLock(
  call: ArmCall,
  asked: { readonly action: string; readonly resourceId: string },
  changes: boolean,
): ArmAnswer | undefined {
  const { method } = call.request;
  if (!changes) return undefined;
  // A lock does not stop its own removal; that takes only the permission.
  if (/^Microsoft\.Authorization\/locks\//i.test(asked.action)) return undefined;
  if (method !== "PUT" && method !== "PATCH" && method !== "POST" && method !== "DELETE") return undefined;
  return lockedAgainst(call.azure, method, asked.resourceId);
}

function unknownPath(method: string, path: string): ArmAnswer {
  const methods = router.methodsOf(path);
  return methods.length > 0 ? methodNotAllowed(method, path) : notModelled(`${method} ${path}`);
}

function apiVersionOf(url: URL): string | undefined {
  for (const [name, value] of url.searchParams) {
    if (name.toLowerCase() === "api-version" && value !== "") return value;
  }
  return undefined;
}

/** `+` is a space to ARM, in paths too. */
function pathOf({ url }: WireRequest): string {
  const raw = url.pathname
    .replaceAll("+", "%20")
    .replaceAll(/\/{2,}/g, "/")
    .replace(/\/+$/, "");
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

function bodyOf(
  request: WireRequest,
):
  | { readonly kind: "body"; readonly value: JsonObject }
  | { readonly kind: "unreadable"; readonly why: string } {
  if (request.body.length === 0) return { kind: "body", value: {} };
  try {
    const value: unknown = JSON.parse(Buffer.from(request.body).toString("utf8"));
    if (isJsonObject(value)) return { kind: "body", value };
    return { kind: "unreadable", why: "The request content was invalid and could not be deserialized." };
  } catch {
    return { kind: "unreadable", why: "The request content was invalid and could not be deserialized." };
  }
}

/** What JSON.parse gives is JSON; only that it is an object needs asking. */
function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function finish(
  tenant: Tenant,
  request: WireRequest,
  answer: ArmAnswer,
  headers: Readonly<Record<string, string>> | undefined,
): WireResponse {
  return {
    status: answer.status,
    headers: { ...commonHeaders(tenant, request, answer), ...headers, ...answer.headers },
    ...(answer.body === undefined ? {} : { body: answer.body }),
  };
}
