import type { Caller } from "../service.ts";
import type { AzureState, JsonObject } from "../state/azure/model.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";

/** One authorised request to ARM, taken apart. */
export interface ArmCall {
  readonly tenant: Tenant;
  readonly azure: AzureState;
  readonly request: WireRequest;
  readonly caller: Caller;
  /** Decoded path without trailing slash, casing as sent. */
  readonly path: string;
  /** What the route's template names, casing as sent; `scope` is the path before an extension resource, `/` at the top. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly apiVersion: string;
  /** `{}` when nothing was sent. */
  readonly body: JsonObject;
  readonly nowInMs: number;
}

export interface ArmAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Who made it: ARM's front door or the resource provider. Azure's headers tell the two apart. */
  readonly from?: "gateway" | "provider";
}

export interface Route {
  readonly method: "GET" | "HEAD" | "PUT" | "PATCH" | "POST" | "DELETE";
  readonly template: string;
  /** RBAC action where it cannot be read off the path; `anyone` = every caller with a valid token. */
  readonly action?: string;
  /** Scope the action is decided at, where it is not the resource in the path. */
  readonly scopeOf?: (call: ArmCall) => string;
  /** What role conditions may ask of this request. */
  readonly requestAttributes?: (call: ArmCall) => Readonly<Record<string, string>>;
  readonly resourceAttributes?: (call: ArmCall) => Readonly<Record<string, string>>;
  /** Reads by POST (queries) leave no trace in the activity log and no lock stops them. */
  readonly isQuery?: boolean;
  readonly handle: (call: ArmCall) => ArmAnswer;
}

export function ok(body: unknown, headers?: Readonly<Record<string, string>>): ArmAnswer {
  return headers === undefined ? { status: 200, body } : { status: 200, body, headers };
}

export function noContent(): ArmAnswer {
  return { status: 204 };
}

/** A template for something inside a resource group. */
export function inGroup(path: string): string {
  return `/subscriptions/{subscription}/resourceGroups/{group}/providers/${path}`;
}

/** A template for something of a subscription. */
export function inSubscription(path: string): string {
  return `/subscriptions/{subscription}/providers/${path}`;
}

/** A parameter the template must have named; a template without it is a defect. */
export function param(call: ArmCall, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new RouteTemplateError(name);
  return value;
}

/** A handler asked for a parameter that its route's template does not name. */
class RouteTemplateError extends Error {
  readonly code = "ROUTE_TEMPLATE";
  constructor(name: string) {
    super(`the route's template has no {${name}}`);
    this.name = "RouteTemplateError";
  }
}
