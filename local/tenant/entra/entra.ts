import type { Service } from "../service.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { applicationGrant } from "./application-grant.ts";
import { instanceDiscovery, isThisTenant, openIdConfiguration, signingKeys } from "./discovery.ts";
import { errorResponse, missingParameter, noTenantNamed, unknownTenant, unsupportedGrant } from "./errors.ts";
import type { Grant } from "./grant.ts";
import type { OutsideIssuers } from "./issuers.ts";
import type { SigningKey } from "./keys.ts";
import type { Locate } from "./sign-in-log.ts";
import { userGrant } from "./user-grant.ts";

const HOSTS = new Set([
  "login.microsoftonline.com",
  "login.windows.net",
  "login.microsoft.com",
  "sts.windows.net",
]);
const NO_TENANT = new Set(["common", "organizations", "consumers"]);

export interface EntraOptions {
  readonly key: SigningKey;
  readonly issuers: OutsideIssuers;
  readonly locate: Locate;
  readonly riskPolicyId?: string | undefined;
}

/** Microsoft Entra ID's sign-in side: discovery, keys and the token endpoint, v1 and v2. Browser flows are not modelled. */
export function createEntra(options: EntraOptions): Service {
  return {
    name: "entra",
    serves: (host) => HOSTS.has(host),
    handle: (request, tenant) => {
      const path = request.url.pathname.replace(/\/$/, "");
      if (/^\/[^/]+\/discovery\/instance$/.test(path)) {
        return { operation: "GET /common/discovery/instance", response: instanceDiscovery(tenant) };
      }
      const [, name = "", rest = ""] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
      switch (rest) {
        case "v2.0/.well-known/openid-configuration":
        case ".well-known/openid-configuration":
          return {
            operation: `GET /{tenant}/${rest}`,
            response: configuration(tenant, request, name, rest.startsWith("v2.0") ? "2.0" : "1.0"),
          };
        case "discovery/v2.0/keys":
        case "discovery/keys":
          return { operation: `GET /{tenant}/${rest}`, response: signingKeys(tenant, options.key.jwk) };
        case "oauth2/v2.0/token":
        case "oauth2/token":
          return {
            operation: `POST /{tenant}/${rest}`,
            response: token(tenant, request, name, rest === "oauth2/token" ? "1.0" : "2.0", options),
          };
        default:
          return { operation: `${request.method} /unknown`, response: notModelled(path) };
      }
    },
  };
}

function configuration(
  tenant: Tenant,
  request: WireRequest,
  name: string,
  version: "1.0" | "2.0",
): WireResponse {
  if (!isThisTenant(tenant, name) && !NO_TENANT.has(name))
    return errorResponse(unknownTenant(name), request, tenant);
  return openIdConfiguration(tenant, name, version);
}

function token(
  tenant: Tenant,
  request: WireRequest,
  name: string,
  version: "1.0" | "2.0",
  options: EntraOptions,
): WireResponse {
  const parameters = new URLSearchParams(Buffer.from(request.body).toString("utf8"));
  takeBasicCredentials(request, parameters);
  const fail = (error: Parameters<typeof errorResponse>[0]) =>
    errorResponse(error, request, tenant, parameters);
  const grantType = parameters.get("grant_type");
  // People may come by way of "organizations": their name says which tenant they are of.
  const isForPerson = grantType === "password" || grantType === "refresh_token";
  if (NO_TENANT.has(name) ? !isForPerson : !isThisTenant(tenant, name)) {
    return fail(NO_TENANT.has(name) ? noTenantNamed : unknownTenant(name));
  }
  const grant: Grant = { riskPolicyId: undefined, ...options, tenant, request, parameters, version };
  switch (grantType) {
    case "client_credentials":
      return applicationGrant(grant);
    case "password":
    case "refresh_token":
      return userGrant(grant);
    case null:
      return fail(missingParameter("grant_type"));
    default:
      return fail(unsupportedGrant(grantType));
  }
}

/** `client_secret_basic`: the same two parameters, in a header. */
function takeBasicCredentials(request: WireRequest, parameters: URLSearchParams): void {
  const basic = /^basic\s+(\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
  if (basic === undefined || parameters.has("client_id")) return;
  const [id = "", secret = ""] = Buffer.from(basic, "base64").toString("utf8").split(":");
  parameters.set("client_id", decodeURIComponent(id));
  parameters.set("client_secret", decodeURIComponent(secret));
}

function notModelled(path: string): WireResponse {
  return {
    status: 404,
    headers: { "Content-Type": "text/plain; charset=utf-8" },
    body: `The stand-in tenant does not model ${path} of login.microsoftonline.com.\n`,
  };
}
