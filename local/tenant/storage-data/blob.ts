import { storageBlobRow } from "../logs/rows/storage.ts";
import { resourcesBelow, type Resource } from "../state/azure.ts";
import { appendRow } from "../state/logs.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest, WireResponse } from "../wire.ts";
import { authorizeBlob, delegationSecret, revokedAt, type BlobAuthentication } from "./blob-authorization.ts";
import { BLOB_ERRORS, type BlobError } from "./blob-errors.ts";
import { BLOB_OPERATIONS, readBlobRequest, type BlobRequest } from "./blob-operations.ts";
import { resourceNamed } from "./keys.ts";
import type { Plane } from "./plane.ts";
import { delegationKey } from "./shared-access-signature.ts";

/**
 * The blob service, to the door and no further: keys, signatures and tokens are checked for good and calls are logged,
 * but no blob is held. A credential that is still taken sees lists and 404s; one that is not sees a 403.
 */
export const blobPlane: Plane = {
  host: /^([a-z0-9]{3,24})\.blob\.core\.windows\.net$/,
  handle: (request, tenant, name) => {
    const asked = readBlobRequest(request.method, request.url);
    const operation = `blob ${asked?.operation.name ?? `${request.method} (unknown)`}`;
    const account = resourceNamed(tenant, "Microsoft.Storage/storageAccounts", name);
    if (account === undefined)
      return { operation, response: refusal(request, tenant, BLOB_ERRORS.noSuchAccount) };
    if (asked === undefined) {
      return {
        operation,
        response: refusal(request, tenant, BLOB_ERRORS.notModelled(`this call of the blob service`)),
      };
    }
    const access = authorizeBlob({ tenant, request, account, ...asked });
    const by: BlobAuthentication = access.kind === "allowed" ? access.by : { kind: "Anonymous" };
    const response =
      access.kind === "refused"
        ? refusal(request, tenant, access.error)
        : answer(request, tenant, account, asked, by);
    log(tenant, request, account, asked, by, response);
    return { operation, response };
  },
};

function answer(
  request: WireRequest,
  tenant: Tenant,
  account: Resource,
  asked: BlobRequest,
  by: BlobAuthentication,
): WireResponse {
  const containers = [
    ...resourcesBelow(
      tenant.state.azure,
      account.id,
      "Microsoft.Storage/storageAccounts/blobServices/containers",
    ),
  ];
  switch (asked.operation) {
    case BLOB_OPERATIONS.listContainers:
      return xml(
        request,
        tenant,
        `<EnumerationResults ServiceEndpoint="https://${account.name}.blob.core.windows.net/"><Containers>${containers
          .map(
            ({ name }) =>
              `<Container><Name>${name}</Name><Properties><Etag>"0x0"</Etag><Last-Modified>${new Date(0).toUTCString()}</Last-Modified></Properties></Container>`,
          )
          .join("")}</Containers><NextMarker /></EnumerationResults>`,
      );
    case BLOB_OPERATIONS.getDelegationKey:
      return by.kind === "OAuth"
        ? delegationKeyFor(request, tenant, account, by)
        : refusal(request, tenant, BLOB_ERRORS.permissionMismatch);
    case BLOB_OPERATIONS.listBlobs:
    case BLOB_OPERATIONS.getContainer:
      if (!containers.some(({ name }) => name === asked.container)) {
        return refusal(request, tenant, BLOB_ERRORS.containerNotFound);
      }
      return asked.operation === BLOB_OPERATIONS.listBlobs
        ? xml(
            request,
            tenant,
            `<EnumerationResults ServiceEndpoint="https://${account.name}.blob.core.windows.net/" ContainerName="${asked.container}"><Blobs /><NextMarker /></EnumerationResults>`,
          )
        : { status: 200, headers: headersOf(request, tenant) };
    case BLOB_OPERATIONS.getBlob:
    case BLOB_OPERATIONS.getBlobProperties:
    case BLOB_OPERATIONS.deleteBlob:
      return refusal(request, tenant, BLOB_ERRORS.blobNotFound);
    default:
      return refusal(
        request,
        tenant,
        BLOB_ERRORS.notModelled("writing blobs; use Azurite for storage that keeps them"),
      );
  }
}

function delegationKeyFor(
  request: WireRequest,
  tenant: Tenant,
  account: Resource,
  by: Extract<BlobAuthentication, { kind: "OAuth" }>,
): WireResponse {
  const body = Buffer.from(request.body).toString("utf8");
  const inBody = (element: string) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(body)?.[1] ?? "";
  const facts = new Map([
    ["skoid", by.objectId],
    ["sktid", by.tenantId],
    ["skt", inBody("Start")],
    ["ske", inBody("Expiry")],
    ["sks", "b"],
    ["skv", request.headers["x-ms-version"] ?? ""],
  ]);
  const value = delegationKey(delegationSecret(tenant, account), revokedAt(tenant, account), facts).toString(
    "base64",
  );
  const of = (name: string) => facts.get(name) ?? "";
  return xml(
    request,
    tenant,
    `<UserDelegationKey><SignedOid>${of("skoid")}</SignedOid><SignedTid>${of("sktid")}</SignedTid><SignedStart>${of("skt")}</SignedStart>` +
      `<SignedExpiry>${of("ske")}</SignedExpiry><SignedService>b</SignedService><SignedVersion>${of("skv")}</SignedVersion><Value>${value}</Value></UserDelegationKey>`,
  );
}

function xml(request: WireRequest, tenant: Tenant, body: string): WireResponse {
  return {
    status: 200,
    headers: { ...headersOf(request, tenant), "Content-Type": "application/xml" },
    body: `<?xml version="1.0" encoding="utf-8"?>${body}`,
  };
}

function refusal(request: WireRequest, tenant: Tenant, { status, code, message }: BlobError): WireResponse {
  const at = new Date(tenant.clock.now()).toISOString();
  return {
    status,
    headers: {
      ...headersOf(request, tenant),
      "x-ms-error-code": code,
      "Content-Type": "application/xml",
      ...(status === 401
        ? {
            "WWW-Authenticate": `Bearer authorization_uri=https://login.microsoftonline.com/${tenant.id}/oauth2/authorize resource_id=https://storage.azure.com`,
          }
        : {}),
    },
    // An answer to HEAD has no body; its code is in the header.
    ...(request.method === "HEAD"
      ? {}
      : {
          body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}\nRequestId:${request.id}\nTime:${at}</Message></Error>`,
        }),
  };
}

function headersOf(request: WireRequest, tenant: Tenant): Record<string, string> {
  return {
    Server: "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0",
    "x-ms-request-id": request.id,
    "x-ms-version": request.headers["x-ms-version"] ?? "2024-11-04",
    Date: new Date(tenant.clock.now()).toUTCString(),
    ...(request.headers["x-ms-client-request-id"] === undefined
      ? {}
      : { "x-ms-client-request-id": request.headers["x-ms-client-request-id"] }),
  };
}

function log(
  tenant: Tenant,
  request: WireRequest,
  account: Resource,
  { operation, container, blob }: BlobRequest,
  by: BlobAuthentication,
  { status, headers }: WireResponse,
): void {
  appendRow(
    tenant,
    "StorageBlobLogs",
    storageBlobRow({
      at: tenant.clock.now(),
      requestId: request.id,
      accountName: account.name,
      accountResourceId: account.id,
      location: account.location,
      operation: operation.name,
      // The log leaves a signature out of the URI, as Azure does.
      uri: withoutSignature(request.url),
      objectKey: `/${[account.name, container, blob].filter((part) => part !== "").join("/")}`,
      statusCode: status,
      statusText: status < 400 ? "Success" : (headers?.["x-ms-error-code"] ?? "ClientOtherError"),
      callerIpAddress: `${request.clientAddress}:443`,
      userAgent: request.headers["user-agent"] ?? "",
      operationVersion: request.headers["x-ms-version"],
      authentication: by,
    }),
  );
}

function withoutSignature(url: URL): string {
  const shown = new URL(url);
  if (shown.searchParams.has("sig")) shown.searchParams.set("sig", "XXXXX");
  return shown.href;
}
