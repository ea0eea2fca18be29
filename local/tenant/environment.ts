import { PRODUCT } from "./scenario/product.ts";
import type { TenantHandle } from "./handle.ts";

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

/** The product's own settings for this tenant: whom it runs as, what signs its records, which workspaces it asks. */
export function productSettings({
  tenant,
  names,
  state,
}: Pick<TenantHandle, "tenant" | "names" | "state">): Record<string, string> {
  return {
    TOURNIQUET_TENANT_ID: tenant.id,
    TOURNIQUET_API_CLIENT_ID: names.guid("appId", PRODUCT.api),
    TOURNIQUET_READER_CLIENT_ID: names.guid("clientId", PRODUCT.reader),
    TOURNIQUET_ACTOR_CLIENT_ID: names.guid("clientId", PRODUCT.actor),
    TOURNIQUET_RECORD_KEY: `https://${PRODUCT.vault}.vault.azure.net/keys/${PRODUCT.recordKey}`,
    TOURNIQUET_WORKSPACES: [...state.logs.workspaces.keys()].join(","),
  };
}
