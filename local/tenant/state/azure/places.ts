import type { ScenarioNames } from "../../scenario/names.ts";
import type { PrincipalType } from "./model.ts";
import type { AzureSection } from "./section.ts";

/** Turns the short ways in which a scenario says where and who into ARM ids and object ids. */
export interface Places {
  subscription(name: string | undefined): string;
  group(name: string, subscription: string | undefined): string;
  resource(place: {
    type: string;
    name: string;
    resourceGroup?: string | undefined;
    subscription?: string | undefined;
  }): string;
  scope(text: string): string;
  principal(text: string): { readonly id: string; readonly type: PrincipalType };
}

/** A scenario names a place that its file does not have. */
export class ScenarioPlaceError extends Error {
  readonly code = "SCENARIO_PLACE";
  constructor(message: string) {
    super(message);
    this.name = "ScenarioPlaceError";
  }
}

const KINDS_OF_PRINCIPAL: Readonly<Record<string, PrincipalType>> = {
  user: "User",
  group: "Group",
  servicePrincipal: "ServicePrincipal",
  identity: "ServicePrincipal",
};

export function placesOf(section: AzureSection, names: ScenarioNames): Places {
  const known = new Set(section.subscriptions.map(({ name }) => name));
  const groups = new Map(section.resourceGroups.map((group) => [group.name, group.subscription]));

  const subscription = (name: string | undefined): string => {
    const chosen = name ?? section.subscriptions[0]?.name;
    if (chosen === undefined || !known.has(chosen)) {
      throw new ScenarioPlaceError(`no subscription "${chosen ?? ""}" in the azure section`);
    }
    return `/subscriptions/${names.guid("subscription", chosen)}`;
  };
  const group = (name: string, inSubscription: string | undefined): string =>
    `${subscription(inSubscription ?? groups.get(name))}/resourceGroups/${name}`;
  const resource: Places["resource"] = ({ type, name, resourceGroup, subscription: inSubscription }) => {
    const place =
      resourceGroup === undefined ? subscription(inSubscription) : group(resourceGroup, inSubscription);
    return `${place}/${providerPath(type, name)}`;
  };
  const scope = (text: string): string => {
    if (text.startsWith("/")) return text === "/" ? "/" : text.replace(/\/+$/, "");
    const [first = "", second, namespace, ...rest] = text.split("/");
    if (first === "managementGroup")
      return `/providers/Microsoft.Management/managementGroups/${second ?? ""}`;
    if (second === undefined) return subscription(first);
    if (namespace === undefined) return group(second, first);
    return `${group(second, first)}/providers/${[namespace, ...rest].join("/")}`;
  };
  const principal: Places["principal"] = (text) => {
    const dot = text.indexOf(".");
    const kind = dot === -1 ? undefined : text.slice(0, dot);
    const type = kind === undefined ? undefined : KINDS_OF_PRINCIPAL[kind];
    if (kind !== undefined && type !== undefined) {
      return { id: names.guid(kind, text.slice(dot + 1)), type };
    }
    if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)) {
      return { id: text, type: "ServicePrincipal" };
    }
    throw new ScenarioPlaceError(`"${text}" is neither an object id nor kind.name of a principal`);
  };
  return { subscription, group, resource, scope, principal };
}

/** `Microsoft.Web/sites/slots` + `shop/staging` → `providers/Microsoft.Web/sites/shop/slots/staging`. */
function providerPath(type: string, name: string): string {
  const [namespace = "", ...types] = type.split("/");
  const parts = name.split("/");
  if (parts.length !== types.length) {
    throw new ScenarioPlaceError(`"${name}" needs ${types.length} part(s) for ${type}`);
  }
  return ["providers", namespace, ...types.flatMap((part, index) => [part, parts[index] ?? ""])].join("/");
}
