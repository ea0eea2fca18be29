import { z } from "zod";
import { kqlList } from "../identifiers.ts";
import { addressOf, type LogSource, momentOf, NEWEST, recordOf, textOf, type Who } from "./log-source.ts";

const Text = z.string().nullish();

export const AzureActivityRow = z.object({
  OperationNameValue: z.string(),
  ActivityStatusValue: Text,
  Caller: Text,
  CallerIpAddress: Text,
  Claims_d: z.unknown(),
  Authorization_d: z.unknown(),
  Properties_d: z.unknown(),
  ResourceId: Text,
  CorrelationId: Text,
  OperationId: Text,
});
export type AzureActivityRow = z.infer<typeof AzureActivityRow>;

const OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier";

/** The caller is an object id for applications and a name for people; the claims carry both ids. */
const WHOSE = (who: Who) =>
  `Caller in~ ${kqlList([...who.objectIds, ...who.userPrincipalNames])} or tostring(Claims_d.appid) in~ ${kqlList(who.appIds)}`;

/** Control-plane writes, deletes and actions; reads are not in this log. */
export const AZURE_ACTIVITY: LogSource = {
  source: "azure-activity",
  table: "AzureActivity",
  kql: (who) => `AzureActivity
| where ${WHOSE(who)}
| where CategoryValue == "Administrative"
| project TimeGenerated, OperationNameValue, ActivityStatusValue, Caller, CallerIpAddress, Claims_d, Authorization_d, Properties_d, ResourceId = _ResourceId, CorrelationId, OperationId
${NEWEST}`,
  usual: (who) => `AzureActivity
| where ${WHOSE(who)}
| where CategoryValue == "Administrative"
| summarize Times = count() by Subject = Caller, Address = CallerIpAddress`,
  read: (row) => {
    const parsed = AzureActivityRow.safeParse(row);
    const at = momentOf(row["TimeGenerated"]);
    if (!parsed.success || at === null) return null;
    const it = parsed.data;
    const claims = recordOf(it.Claims_d);
    const caller = textOf(it.Caller);
    const status = it.ActivityStatusValue ?? "";
    const target = textOf(recordOf(it.Properties_d)["entity"]) ?? textOf(it.ResourceId);
    return {
      // A write has a row for its start and one for its end.
      key: `AzureActivity ${textOf(it.OperationId) ?? it.CorrelationId ?? at} ${it.OperationNameValue.toLowerCase()} ${target?.toLowerCase() ?? ""}`,
      weight: /^(?:succe|fail)/i.test(status) ? 1 : 0,
      actor: {
        objectId: (textOf(claims[OBJECT_ID]) ?? textOf(claims["oid"]) ?? caller)?.toLowerCase() ?? null,
        appId: textOf(claims["appid"]),
        userPrincipalName: caller?.includes("@") === true ? caller : null,
      },
      links: [],
      activity: {
        at,
        source: "azure-activity",
        operation: operationOf(it),
        target,
        outcome: /^succe/i.test(status) ? "success" : /^fail/i.test(status) ? "failure" : "unknown",
        address: addressOf(it.CallerIpAddress),
        country: null,
        userAgent: null,
        credentialKeyId: null,
        tokenId: textOf(claims["uti"]),
        correlationId: textOf(it.CorrelationId),
        attribution: "proven",
      },
      row,
    };
  },
};

/** The exported name is in capitals; the authorisation that allowed the call has it as Azure spells it. */
function operationOf({ OperationNameValue, Authorization_d: authorization }: AzureActivityRow): string {
  const action = textOf(recordOf(authorization)["action"]);
  return action?.toLowerCase() === OperationNameValue.toLowerCase() ? action : OperationNameValue;
}
