import { vaultAuditRow, vaultDiagnosticsRow } from "../logs/rows/vault.ts";
import type { Caller } from "../service.ts";
import { appendRow } from "../state/logs.ts";
import type { VaultData } from "../state/vaults.ts";
import type { Tenant } from "../tenant.ts";
import type { WireRequest } from "../wire.ts";
import type { Vault } from "./vault.ts";

export interface Audited {
  readonly tenant: Tenant;
  readonly request: WireRequest;
  readonly vault: Vault;
  readonly data: VaultData;
  readonly operation: string;
  readonly status: number;
  readonly caller: Caller | undefined;
  readonly objectId: string | undefined;
  readonly assignmentId: string | undefined;
  readonly isAddressAuthorized: boolean;
}

/** Exports one request to the tables the vault's diagnostic setting names. Throttled requests are logged as well. */
export function audit({
  tenant,
  request,
  vault,
  data,
  operation,
  status,
  caller,
  objectId,
  assignmentId,
  isAddressAuthorized,
}: Audited): void {
  const facts = {
    at: tenant.clock.now(),
    requestId: request.id,
    clientRequestId: request.headers["x-ms-client-request-id"],
    operation,
    operationVersion: request.url.searchParams.get("api-version") ?? "",
    httpStatus: status,
    vaultResourceId: vault.resourceId,
    requestUri: request.url.href,
    objectId,
    callerIpAddress: request.clientAddress,
    userAgent: request.headers["user-agent"] ?? "",
    claims: caller?.claims ?? {},
    isRbac: vault.isRbac,
    isAddressAuthorized,
    appliedAssignmentId: assignmentId,
  };
  switch (data.diagnostics) {
    case "none":
      return;
    case "resource-specific":
      appendRow(tenant, "AZKVAuditLogs", vaultAuditRow(facts));
      return;
    case "azure-diagnostics":
      appendRow(tenant, "AzureDiagnostics", vaultDiagnosticsRow(facts));
      return;
    case "both":
      appendRow(tenant, "AZKVAuditLogs", vaultAuditRow(facts));
      appendRow(tenant, "AzureDiagnostics", vaultDiagnosticsRow(facts));
      return;
    default:
      data.diagnostics satisfies never;
  }
}
