import type { Tenant } from "../tenant.ts";
import type { WireResponse } from "../wire.ts";
import { DISCOVERY_HEADERS } from "./headers.ts";

/** Names by which a request may mean this tenant. */
export function isThisTenant(tenant: Tenant, name: string): boolean {
  return [tenant.id, tenant.domain].includes(name.toLowerCase());
}

/** Which clouds there are and where to go on: asked before anything else by MSAL, without saying who asks. */
export function instanceDiscovery(tenant: Tenant): WireResponse {
  return {
    status: 200,
    headers: DISCOVERY_HEADERS,
    body: {
      tenant_discovery_endpoint: `https://login.microsoftonline.com/${tenant.id}/v2.0/.well-known/openid-configuration`,
      "api-version": "1.1",
      metadata: [
        {
          preferred_network: "login.microsoftonline.com",
          preferred_cache: "login.windows.net",
          aliases: [
            "login.microsoftonline.com",
            "login.windows.net",
            "login.microsoft.com",
            "sts.windows.net",
          ],
        },
      ],
    },
  };
}

export function openIdConfiguration(tenant: Tenant, asked: string, version: "1.0" | "2.0"): WireResponse {
  const base = "https://login.microsoftonline.com";
  const isCommon = asked === "common" || asked === "organizations";
  const path = isCommon ? asked : tenant.id;
  const oauth = version === "2.0" ? "oauth2/v2.0" : "oauth2";
  return {
    status: 200,
    headers: DISCOVERY_HEADERS,
    body: {
      token_endpoint: `${base}/${path}/${oauth}/token`,
      token_endpoint_auth_methods_supported: [
        "client_secret_post",
        "private_key_jwt",
        "client_secret_basic",
        "self_signed_tls_client_auth",
      ],
      jwks_uri: version === "2.0" ? `${base}/${path}/discovery/v2.0/keys` : `${base}/${path}/discovery/keys`,
      response_modes_supported: ["query", "fragment", "form_post"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
      issuer:
        version === "2.0"
          ? `${base}/${isCommon ? "{tenantid}" : tenant.id}/v2.0`
          : `https://sts.windows.net/${isCommon ? "{tenantid}" : tenant.id}/`,
      request_uri_parameter_supported: false,
      userinfo_endpoint: "https://graph.microsoft.com/oidc/userinfo",
      authorization_endpoint: `${base}/${path}/${oauth}/authorize`,
      device_authorization_endpoint: `${base}/${path}/${oauth}/devicecode`,
      http_logout_supported: true,
      frontchannel_logout_supported: true,
      end_session_endpoint: `${base}/${path}/${oauth}/logout`,
      claims_supported: [
        "sub",
        "iss",
        "cloud_instance_name",
        "cloud_graph_host_name",
        "msgraph_host",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "acr",
        "nonce",
        "preferred_username",
        "name",
        "tid",
        "ver",
        "at_hash",
        "c_hash",
        "email",
      ],
      kerberos_endpoint: `${base}/${path}/kerberos`,
      tenant_region_scope: isCommon ? null : "EU",
      cloud_instance_name: "microsoftonline.com",
      cloud_graph_host_name: "graph.windows.net",
      msgraph_host: "graph.microsoft.com",
      rbac_url: "https://pas.windows.net",
    },
  };
}

export function signingKeys(tenant: Tenant, jwk: Readonly<Record<string, unknown>>): WireResponse {
  return {
    status: 200,
    headers: DISCOVERY_HEADERS,
    body: { keys: [{ ...jwk, issuer: `https://login.microsoftonline.com/${tenant.id}/v2.0` }] },
  };
}
