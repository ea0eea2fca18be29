import type { LogRow } from "../../state/logs.ts";

export interface VaultAuditFacts {
  readonly at: number;
  readonly requestId: string;
  readonly clientRequestId?: string | undefined;
  /** `SecretGet`, `SecretList`, `KeySign`, `Authentication` … */
  readonly operation: string;
  readonly operationVersion: string;
  readonly httpStatus: number;
  /** ARM id of the vault. */
  readonly vaultResourceId: string;
  readonly requestUri: string;
  /** Id of the secret or key acted on, where there is one. */
  readonly objectId?: string | undefined;
  readonly callerIpAddress: string;
  readonly userAgent: string;
  /** Claims of the token, none before there is one. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly isRbac: boolean;
  /** False when the vault's firewall turned the caller away. */
  readonly isAddressAuthorized?: boolean | undefined;
  readonly appliedAssignmentId?: string | undefined;
}

/**
 * A row of AZKVAuditLogs. ResultType is "Success" even for a 403, as measured on the real table; only HttpStatusCode and
 * ResultSignature tell.
 */
export function vaultAuditRow(facts: VaultAuditFacts): LogRow {
  return {
    TimeGenerated: new Date(facts.at).toISOString(),
    OperationName: facts.operation,
    OperationVersion: facts.operationVersion,
    ResultType: "Success",
    ResultSignature: signatureOf(facts.httpStatus),
    ResultDescription: "",
    HttpStatusCode: facts.httpStatus,
    CallerIpAddress: facts.callerIpAddress,
    ClientInfo: facts.userAgent,
    CorrelationId: facts.clientRequestId ?? facts.requestId,
    RequestUri: facts.requestUri,
    Id: facts.objectId ?? "",
    Identity: { claim: identityClaims(facts.claims) },
    IsRbacAuthorized: facts.isRbac && facts.httpStatus < 400,
    IsAccessPolicyMatch: !facts.isRbac && facts.httpStatus < 400,
    IsAddressAuthorized: facts.isAddressAuthorized ?? true,
    AppliedAssignmentId: facts.appliedAssignmentId ?? "",
    DurationMs: 0,
    Tlsversion: "TLS1_3",
    _ResourceId: facts.vaultResourceId.toLowerCase(),
    _SubscriptionId: subscriptionOf(facts.vaultResourceId),
    SourceSystem: "Azure",
  };
}

/** The same event as the older diagnostic setting exports it: AzureDiagnostics, flattened, its address column spelt differently. */
export function vaultDiagnosticsRow(facts: VaultAuditFacts): LogRow {
  const claims = identityClaims(facts.claims);
  const [, group] = /\/resourceGroups\/([^/]+)/i.exec(facts.vaultResourceId) ?? [];
  const name = facts.vaultResourceId.slice(facts.vaultResourceId.lastIndexOf("/") + 1);
  return {
    TimeGenerated: new Date(facts.at).toISOString(),
    Category: "AuditEvent",
    ResourceProvider: "MICROSOFT.KEYVAULT",
    ResourceType: "VAULTS",
    Resource: name.toUpperCase(),
    ResourceGroup: (group ?? "").toUpperCase(),
    ResourceId: facts.vaultResourceId.toUpperCase(),
    SubscriptionId: subscriptionOf(facts.vaultResourceId),
    OperationName: facts.operation,
    OperationVersion: facts.operationVersion,
    ResultType: "Success",
    ResultSignature: signatureOf(facts.httpStatus),
    ResultDescription: "",
    httpStatusCode_d: facts.httpStatus,
    CallerIPAddress: facts.callerIpAddress,
    clientInfo_s: facts.userAgent,
    CorrelationId: facts.clientRequestId ?? facts.requestId,
    requestUri_s: facts.requestUri,
    id_s: facts.objectId ?? "",
    identity_claim_appid_g: claims["appid"] ?? "",
    identity_claim_oid_g: claims["oid"] ?? "",
    identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g: "",
    identity_claim_upn_s: claims["upn"] ?? "",
    identity_claim_xms_mirid_s: claims["xms_mirid"] ?? "",
    DurationMs: 0,
    Type: "AzureDiagnostics",
    _ResourceId: facts.vaultResourceId.toLowerCase(),
    SourceSystem: "Azure",
  };
}

const LOGGED_CLAIMS = ["appid", "oid", "upn", "ipaddr", "xms_mirid", "xms_az_rid", "idtyp", "appidacr"];

function identityClaims(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    LOGGED_CLAIMS.flatMap((name) => {
      const value = claims[name];
      return typeof value === "string" && value !== "" ? [[name, value]] : [];
    }),
  );
}

const SIGNATURES: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  204: "No Content",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  429: "Too Many Requests",
};

function signatureOf(status: number): string {
  return SIGNATURES[status] ?? String(status);
}

function subscriptionOf(resourceId: string): string {
  return /^\/subscriptions\/([^/]+)/i.exec(resourceId)?.[1] ?? "";
}
