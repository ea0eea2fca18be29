import { type AccessDecision, decide } from "../authorization/decide.ts";
import type { Caller } from "../service.ts";
import type { ArmAnswer, ArmCall, Route } from "./call.ts";
import { authorizationFailed, deniedByDenyAssignment } from "./errors.ts";

export interface Asked {
  /** `Microsoft.Storage/storageAccounts/listKeys/action`; `anyone` = a valid token is enough. */
  readonly action: string;
  readonly scope: string;
}

/**
 * What a path and method ask for: GET reads, PUT and PATCH write, DELETE deletes, POST acts. A list is decided at the
 * parent of what it lists, a POST at the resource it acts on.
 */
export function askedBy(route: Pick<Route, "method">, path: string): Asked {
  const at = path.toLowerCase().lastIndexOf("/providers/");
  const prefix = at === -1 ? path : path.slice(0, at);
  const [namespace = "", ...rest] = at === -1 ? [] : path.slice(at + "/providers/".length).split("/");
  if (at === -1) return askedOfContainer(route.method, path);
  const types = rest.filter((_, index) => index % 2 === 0);
  const isCollection = rest.length % 2 === 1;
  const verb = VERBS[route.method];
  const parentPath = (length: number) => {
    const kept = rest.slice(0, length);
    return kept.length === 0 ? prefix : `${prefix}/providers/${[namespace, ...kept].join("/")}`;
  };
  if (route.method === "POST") {
    return {
      action: `${[namespace, ...types].join("/")}/action`,
      scope: isCollection ? parentPath(rest.length - 1) : path,
    };
  }
  return {
    action: `${[namespace, ...types].join("/")}/${verb}`,
    scope: (isCollection ? parentPath(rest.length - 1) : path) || "/",
  };
}

const VERBS: Readonly<Record<Route["method"], string>> = {
  GET: "read",
  HEAD: "read",
  PUT: "write",
  PATCH: "write",
  DELETE: "delete",
  POST: "action",
};

function askedOfContainer(method: Route["method"], path: string): Asked {
  const isGroup = path.split("/").length >= 4;
  const type = isGroup
    ? "Microsoft.Resources/subscriptions/resourceGroups"
    : "Microsoft.Resources/subscriptions";
  return { action: `${type}/${VERBS[method]}`, scope: path };
}

/** Groups as the token lists them. ARM takes a managed identity's from there, which is why leaving a group takes hours. */
export function groupIdsInToken(caller: Caller): readonly string[] | undefined {
  const groups = caller.claims["groups"];
  return Array.isArray(groups) ? groups.filter((id) => typeof id === "string") : undefined;
}

/** How ARM names the caller in its refusals: a user by UPN, everybody else by object id. */
export function clientName(caller: Caller): string {
  const upn = caller.claims["upn"];
  return caller.kind === "user" && typeof upn === "string" ? upn : caller.objectId;
}

export function ask(
  call: Omit<ArmCall, "body">,
  asked: Asked,
  route?: Route,
  attributes?: ArmCall,
): AccessDecision {
  const groupIds = groupIdsInToken(call.caller);
  return decide(call.tenant, {
    objectId: call.caller.objectId,
    action: asked.action,
    scope: asked.scope,
    ...(groupIds === undefined ? {} : { groupIds }),
    ...(route?.requestAttributes && attributes
      ? { requestAttributes: route.requestAttributes(attributes) }
      : {}),
    ...(route?.resourceAttributes && attributes
      ? { resourceAttributes: route.resourceAttributes(attributes) }
      : {}),
  });
}

export function refusalOf(
  caller: Caller,
  asked: Asked,
  decision: Exclude<AccessDecision, { allowed: true }>,
): ArmAnswer {
  const who = { client: clientName(caller), objectId: caller.objectId, ...asked };
  switch (decision.because) {
    case "none":
      return authorizationFailed(who);
    case "deny-assignment":
      return deniedByDenyAssignment({ ...who, denyAssignmentId: decision.denyAssignmentId });
    default:
      return decision satisfies never;
  }
}
