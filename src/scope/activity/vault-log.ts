import { z } from "zod";
import { kqlList } from "../identifiers.ts";
import { addressOf, type LogSource, momentOf, NEWEST, textOf, type Who } from "./log-source.ts";

const Text = z.string().nullish();

export const VaultRow = z.object({
  OperationName: z.string(),
  Status: z.coerce.number().nullish(),
  Address: Text,
  Uri: Text,
  ObjectId: Text,
  Oid: Text,
  AppId: Text,
  Upn: Text,
  Uti: Text,
  Agent: Text,
  CorrelationId: Text,
  VaultId: Text,
});

/** The same claim under three names, by age of the vault's log and by who calls. */
const CLAIMS = `Oid = coalesce(tostring(Identity.claim.oid), tostring(Identity.claim["http://schemas.microsoft.com/identity/claims/objectidentifier"])), AppId = tostring(Identity.claim.appid), Upn = tostring(Identity.claim.upn), Uti = tostring(Identity.claim.uti)`;

const column = (name: string) => `tostring(column_ifexists("${name}", ""))`;
const DIAGNOSTIC_CLAIMS = `Oid = iff(isnotempty(${column("identity_claim_oid_g")}), ${column("identity_claim_oid_g")}, ${column("identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g")}), AppId = ${column("identity_claim_appid_g")}, Upn = ${column("identity_claim_upn_s")}`;

// The first, unauthenticated call is the normal challenge and says nothing. ResultType is "Success" even for a 403.
const filter = (who: Who) =>
  `where Oid in~ ${kqlList(who.objectIds)} or AppId in~ ${kqlList(who.appIds)} or Upn in~ ${kqlList(who.userPrincipalNames)}
| where OperationName != "Authentication"`;

const RESOURCE_SPECIFIC = (who: Who) => `AZKVAuditLogs
| extend ${CLAIMS}
| ${filter(who)}`;

const DIAGNOSTICS = (who: Who) => `AzureDiagnostics
| where ResourceProvider =~ "MICROSOFT.KEYVAULT"
| extend ${DIAGNOSTIC_CLAIMS}
| ${filter(who)}`;

/** Which of the two tables has rows depends on each vault's diagnostic setting, so both are asked. */
export const VAULT_LOGS: readonly LogSource[] = [
  source(
    "AZKVAuditLogs",
    (who) => `${RESOURCE_SPECIFIC(who)}
| project TimeGenerated, OperationName, Status = HttpStatusCode, Address = CallerIpAddress, Uri = RequestUri, ObjectId = Id, Oid, AppId, Upn, Uti, Agent = ClientInfo, CorrelationId, VaultId = _ResourceId
${NEWEST}`,
    (who) => `${RESOURCE_SPECIFIC(who)}
| where HttpStatusCode < 400
| summarize Times = count() by Subject = Oid, Address = CallerIpAddress, Thing = Id`,
  ),
  source(
    "AzureDiagnostics",
    (who) => `${DIAGNOSTICS(who)}
| project TimeGenerated, OperationName, Status = toint(${column("httpStatusCode_d")}), Address = ${column("CallerIPAddress")}, Uri = ${column("requestUri_s")}, ObjectId = ${column("id_s")}, Oid, AppId, Upn, Uti = "", Agent = ${column("clientInfo_s")}, CorrelationId = ${column("CorrelationId")}, VaultId = _ResourceId
${NEWEST}`,
    (who) => `${DIAGNOSTICS(who)}
| where toint(${column("httpStatusCode_d")}) < 400
| summarize Times = count() by Subject = Oid, Address = ${column("CallerIPAddress")}, Thing = ${column("id_s")}`,
  ),
];

function source(table: string, kql: (who: Who) => string, usual: (who: Who) => string): LogSource {
  return {
    source: "key-vault",
    table,
    kql,
    usual,
    read: (row) => {
      const parsed = VaultRow.safeParse(row);
      const at = momentOf(row["TimeGenerated"]);
      if (!parsed.success || at === null) return null;
      const it = parsed.data;
      const uri = textOf(it.ObjectId) ?? textOf(it.Uri);
      const correlation = textOf(it.CorrelationId);
      return {
        // The table is left out: a vault may export to both, and then one call is in both.
        key: `key-vault ${correlation ?? ""} ${at} ${it.OperationName} ${uri ?? ""}`,
        weight: 0,
        actor: {
          objectId: textOf(it.Oid)?.toLowerCase() ?? null,
          appId: textOf(it.AppId),
          userPrincipalName: textOf(it.Upn),
        },
        links: [],
        activity: {
          at,
          source: "key-vault",
          operation: it.OperationName,
          target: vaultTarget(textOf(it.VaultId), uri),
          outcome: it.Status == null ? "unknown" : it.Status < 400 ? "success" : "failure",
          address: addressOf(it.Address),
          country: null,
          userAgent: textOf(it.Agent),
          credentialKeyId: null,
          tokenId: textOf(it.Uti),
          correlationId: correlation,
          attribution: "proven",
        },
        row,
      };
    },
  };
}

/** `<vault id>/secrets/<name>`, as reach has it; without version, because any version gives the value away. */
export function vaultTarget(vaultId: string | null, uri: string | null): string | null {
  const path = uri === null ? null : (URL.parse(uri)?.pathname ?? null);
  const parts = path === null ? null : /^\/(secrets|keys|certificates)\/([^/]+)/.exec(path);
  if (vaultId === null) return uri;
  return parts === null ? vaultId : `${vaultId}/${parts[1] ?? ""}/${parts[2] ?? ""}`;
}
