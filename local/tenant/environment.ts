import type { TenantHandle } from "./start.ts";

/** What makes a process take the stand-in for Azure: proxy, authority, managed identity, and a responder who may sign in. */
export function environmentFor(
  tenant: Pick<
    TenantHandle,
    "proxyUrl" | "caFile" | "identityEndpoint" | "identityHeader" | "callers" | "tenant" | "state"
  >,
): Record<string, string> {
  const { responder } = tenant.callers;
  const [subscription] = tenant.state.azure.subscriptions.values();
  return {
    HTTPS_PROXY: tenant.proxyUrl,
    https_proxy: tenant.proxyUrl,
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
    // Node: fetch heeds the proxy only with this, and the authority only with the file named.
    NODE_USE_ENV_PROXY: "1",
    NODE_EXTRA_CA_CERTS: tenant.caFile,
    // Python's requests (az, the Python SDKs), and everything built on OpenSSL or Go.
    REQUESTS_CA_BUNDLE: tenant.caFile,
    SSL_CERT_FILE: tenant.caFile,
    CURL_CA_BUNDLE: tenant.caFile,
    IDENTITY_ENDPOINT: tenant.identityEndpoint,
    IDENTITY_HEADER: tenant.identityHeader,
    AZURE_TENANT_ID: tenant.tenant.id,
    AZURE_CLIENT_ID: responder.appId,
    AZURE_CLIENT_SECRET: responder.secret ?? "",
    AZURE_SUBSCRIPTION_ID: subscription?.id ?? "",
    AZURE_CORE_COLLECT_TELEMETRY: "no",
  };
}
