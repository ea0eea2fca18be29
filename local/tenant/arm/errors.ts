import { parseResourceId } from "../state/azure/resource-id.ts";
import type { ArmAnswer } from "./call.ts";

interface ErrorExtras {
  readonly target?: string;
  readonly details?: readonly unknown[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** ARM's own envelope, as made by a resource provider. */
export function providerError(
  status: number,
  code: string,
  message: string,
  extras: ErrorExtras = {},
): ArmAnswer {
  const { headers, ...fields } = extras;
  return {
    status,
    from: "provider",
    body: { error: { code, message, ...fields } },
    ...(headers === undefined ? {} : { headers }),
  };
}

/** ARM's own envelope, as made by ARM's front door before any provider was asked. */
export function gatewayError(
  status: number,
  code: string,
  message: string,
  extras: ErrorExtras = {},
): ArmAnswer {
  return { ...providerError(status, code, message, extras), from: "gateway" };
}

export function missingApiVersion(): ArmAnswer {
  return gatewayError(
    400,
    "MissingApiVersionParameter",
    "The api-version query parameter (?api-version=) is required for all requests.",
  );
}

export function subscriptionNotFound(id: string): ArmAnswer {
  return gatewayError(404, "SubscriptionNotFound", `The subscription '${id}' could not be found.`);
}

export function invalidSubscriptionId(id: string): ArmAnswer {
  return gatewayError(
    400,
    "InvalidSubscriptionId",
    `The provided subscription identifier '${id}' is malformed or invalid.`,
  );
}

export function resourceGroupNotFound(name: string): ArmAnswer {
  return gatewayError(404, "ResourceGroupNotFound", `Resource group '${name}' could not be found.`);
}

export function resourceNotFound(id: string): ArmAnswer {
  const { namespace = "", type = "", names, resourceGroup = "" } = parseResourceId(id);
  const types = type.split("/").slice(1);
  const path = [namespace, ...types.map((part, index) => `${part}/${names[index] ?? ""}`)].join("/");
  return gatewayError(
    404,
    "ResourceNotFound",
    `The Resource '${path}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export function parentResourceNotFound(parent: string): ArmAnswer {
  return gatewayError(
    404,
    "ParentResourceNotFound",
    `Can not perform requested operation on nested resource. Parent resource '${parent}' not found.`,
  );
}

export function authorizationFailed(who: {
  readonly client: string;
  readonly objectId: string;
  readonly action: string;
  readonly scope: string;
}): ArmAnswer {
  return gatewayError(
    403,
    "AuthorizationFailed",
    `The client '${who.client}' with object id '${who.objectId}' does not have authorization to perform action '${who.action}' over scope '${who.scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** guess: the form with the deny assignment's name is in Azure's documentation, not in any capture. */
export function deniedByDenyAssignment(who: {
  readonly client: string;
  readonly objectId: string;
  readonly action: string;
  readonly scope: string;
  readonly denyAssignmentId: string;
}): ArmAnswer {
  const name = who.denyAssignmentId.split("/").at(-1) ?? "";
  return gatewayError(
    403,
    "DenyAssignmentAuthorizationFailed",
    `The client '${who.client}' with object id '${who.objectId}' has permission to perform action '${who.action}' on scope '${who.scope}'; however, the access is denied because of the deny assignment with name '${name}' and Id '${name.replaceAll("-", "")}' at scope '${who.denyAssignmentId.split("/providers/Microsoft.Authorization/")[0] ?? ""}'.`,
  );
}

export function scopeLocked(
  scope: string,
  operation: "delete" | "write",
  lockedScopes: readonly string[],
): ArmAnswer {
  return gatewayError(
    409,
    "ScopeLocked",
    `The scope '${scope}' cannot perform ${operation} operation because following scope(s) are locked: '${lockedScopes.join(",")}'. Please remove the lock and try again.`,
  );
}

export function badRequest(message: string, code = "BadRequest"): ArmAnswer {
  return providerError(400, code, message);
}

/** Everything the stand-in cannot answer truthfully: loud, and never mistaken for one of Azure's answers. */
export function notModelled(what: string): ArmAnswer {
  return gatewayError(501, "NotModelledByStandIn", `The stand-in tenant does not model ${what}.`);
}

export function methodNotAllowed(method: string, path: string): ArmAnswer {
  // guess: text not captured; the status and code are documented.
  return gatewayError(
    405,
    "HttpMethodNotSupported",
    `The requested resource does not support http method '${method}' (${path}).`,
  );
}

export function preconditionFailed(message: string): ArmAnswer {
  return { status: 412, from: "provider", body: { error: { code: "PreconditionFailed", message } } };
}
