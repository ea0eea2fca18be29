import type { Tenant } from "../tenant.ts";
import {
  type EntraError,
  invalidScope,
  missingParameter,
  scopeNotDefault,
  unknownResource,
} from "./errors.ts";
import { resourceNamed, type TokenResource } from "./resources.ts";

const OIDC = new Set(["openid", "profile", "email", "offline_access"]);
const DEFAULT = "/.default";

export type Asked =
  | { readonly kind: "resource"; readonly resource: TokenResource; readonly scopes: readonly string[] }
  | { readonly kind: "refused"; readonly error: EntraError };

/** What a client asks for at the v1 endpoint (`resource`) or the v2 one (`scope`, which for an application must end in `/.default`). */
export function askedResource(
  tenant: Tenant,
  parameters: URLSearchParams,
  isApplication: boolean,
  asOf: number,
): Asked {
  const named = parameters.get("resource");
  if (named !== null) return find(tenant, named, [], asOf);
  const scopes = (parameters.get("scope") ?? "").split(/\s+/).filter((it) => it !== "" && !OIDC.has(it));
  const [first] = scopes;
  if (first === undefined) return { kind: "refused", error: missingParameter("scope") };
  if (first.endsWith(DEFAULT)) {
    // "https://management.azure.com//.default" means the resource with its trailing slash.
    return find(tenant, first.slice(0, -DEFAULT.length), [], asOf);
  }
  if (isApplication) return { kind: "refused", error: scopeNotDefault(first) };
  const slash = first.lastIndexOf("/");
  if (slash < 0 || first.startsWith("https://graph.microsoft.com/")) {
    const values = scopes.map((it) => it.replace("https://graph.microsoft.com/", ""));
    return find(tenant, "https://graph.microsoft.com", values, asOf);
  }
  const resource = first.slice(0, slash);
  if (resource === "") return { kind: "refused", error: invalidScope(first) };
  return find(
    tenant,
    resource,
    scopes.map((it) => it.slice(it.lastIndexOf("/") + 1)),
    asOf,
  );
}

function find(tenant: Tenant, name: string, scopes: readonly string[], asOf: number): Asked {
  const resource = resourceNamed(tenant.state.directory, name, asOf);
  return resource === undefined
    ? { kind: "refused", error: unknownResource(name, tenant.displayName) }
    : { kind: "resource", resource, scopes };
}
