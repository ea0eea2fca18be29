import { createHash } from "node:crypto";
import type { LogRow } from "../../state/logs.ts";

export interface StorageBlobFacts {
  readonly at: number;
  readonly requestId: string;
  readonly accountName: string;
  readonly accountResourceId: string;
  readonly location?: string | undefined;
  /** `GetBlob`, `ListBlobs`, `PutBlob` … */
  readonly operation: string;
  readonly uri: string;
  readonly objectKey: string;
  readonly statusCode: number;
  readonly statusText: string;
  /** With its port, as this table has it. */
  readonly callerIpAddress: string;
  readonly userAgent: string;
  readonly operationVersion?: string | undefined;
  readonly authentication:
    | { readonly kind: "AccountKey"; readonly keyName: string; readonly key: string }
    | { readonly kind: "SAS"; readonly keyName: string; readonly key: string; readonly signature: string }
    | {
        readonly kind: "OAuth";
        readonly objectId: string;
        readonly appId: string;
        readonly tenantId: string;
        readonly upn?: string;
      }
    | { readonly kind: "Anonymous" };
}

/** A row of StorageBlobLogs. Only OAuth calls name a requester; key and SAS calls have a hash of the key instead. */
export function storageBlobRow(facts: StorageBlobFacts): LogRow {
  const { authentication } = facts;
  const oauth = authentication.kind === "OAuth" ? authentication : undefined;
  return {
    TimeGenerated: new Date(facts.at).toISOString(),
    AccountName: facts.accountName,
    AuthenticationType: authentication.kind,
    AuthenticationHash: authenticationHash(authentication),
    AuthorizationDetails: [],
    CallerIpAddress: facts.callerIpAddress,
    Category:
      facts.operation.startsWith("Put") || facts.operation.startsWith("Delete")
        ? "StorageWrite"
        : "StorageRead",
    CorrelationId: facts.requestId,
    ClientRequestId: "",
    Location: facts.location ?? "",
    OperationName: facts.operation,
    OperationVersion: facts.operationVersion ?? "2024-11-04",
    ObjectKey: facts.objectKey,
    Protocol: "HTTPS",
    RequesterAppId: oauth?.appId ?? "",
    RequesterObjectId: oauth?.objectId ?? "",
    RequesterTenantId: oauth?.tenantId ?? "",
    RequesterUpn: oauth?.upn ?? "",
    RequesterAudience: oauth === undefined ? "" : "https://storage.azure.com",
    ServiceType: "blob",
    // A text in this table, a number in most others.
    StatusCode: String(facts.statusCode),
    StatusText: facts.statusText,
    Uri: facts.uri,
    UserAgentHeader: facts.userAgent,
    TlsVersion: "TLS 1.3",
    DurationMs: 0,
    _ResourceId: facts.accountResourceId.toLowerCase(),
    SourceSystem: "Azure",
  };
}

function authenticationHash(authentication: StorageBlobFacts["authentication"]): string {
  switch (authentication.kind) {
    case "AccountKey":
      return `${authentication.keyName}(${sha256(authentication.key)})`;
    case "SAS":
      return `${authentication.keyName}(${sha256(authentication.key)}),SasSignature(${sha256(authentication.signature)})`;
    case "OAuth":
    case "Anonymous":
      return "";
    default:
      return authentication satisfies never;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex").toUpperCase();
}
