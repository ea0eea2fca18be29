import { z } from "zod";
import { kqlList } from "../identifiers.ts";
import { type LogSource, momentOf, NEWEST, textOf } from "./log-source.ts";

const Text = z.string().nullish();

export const AuditRow = z.object({
  OperationName: z.string(),
  Result: Text,
  CorrelationId: Text,
  Id: Text,
  InitiatedBy: z.object({
    app: z.object({ servicePrincipalId: Text, appId: Text, displayName: Text }).nullish(),
    user: z.object({ id: Text, userPrincipalName: Text, ipAddress: Text }).nullish(),
  }),
  TargetResources: z.array(
    z.object({
      id: Text,
      displayName: Text,
      type: Text,
      modifiedProperties: z.array(z.object({ displayName: Text, oldValue: Text, newValue: Text })).nullish(),
    }),
  ),
});
export type AuditRow = z.infer<typeof AuditRow>;

/** What the principals did in the directory, and what anyone did to them: a second secret may come from an accomplice. */
export const DIRECTORY_AUDIT: LogSource = {
  source: "directory-audit",
  table: "AuditLogs",
  kql: (who) => `AuditLogs
| extend ByPrincipal = tostring(InitiatedBy.app.servicePrincipalId), ByApp = tostring(InitiatedBy.app.appId), ByUser = tostring(InitiatedBy.user.id), Target = tostring(TargetResources[0].id), SecondTarget = tostring(TargetResources[1].id)
| where ByPrincipal in~ ${kqlList(who.objectIds)} or ByApp in~ ${kqlList(who.appIds)} or ByUser in~ ${kqlList(who.objectIds)} or Target in~ ${kqlList(who.targetIds)} or SecondTarget in~ ${kqlList(who.targetIds)}
| project TimeGenerated, Id, OperationName, Result, CorrelationId, InitiatedBy, TargetResources
${NEWEST}`,
  read: (row) => {
    const parsed = AuditRow.safeParse(row);
    const at = momentOf(row["TimeGenerated"]);
    if (!parsed.success || at === null) return null;
    const it = parsed.data;
    const { app, user } = it.InitiatedBy;
    const [target] = it.TargetResources;
    const correlation = textOf(it.CorrelationId);
    return {
      key: `AuditLogs ${textOf(it.Id) ?? `${correlation ?? ""} ${at} ${it.OperationName}`}`,
      weight: 0,
      actor: {
        objectId: (textOf(app?.servicePrincipalId) ?? textOf(user?.id))?.toLowerCase() ?? null,
        appId: textOf(app?.appId),
        userPrincipalName: textOf(user?.userPrincipalName),
      },
      links: correlation === null ? [] : [correlation.toLowerCase()],
      activity: {
        at,
        source: "directory-audit",
        // Certificates-and-secrets names end with a blank in the real log.
        operation: it.OperationName.trim(),
        target: textOf(target?.id) ?? textOf(target?.displayName),
        outcome: it.Result === "success" ? "success" : it.Result === "failure" ? "failure" : "unknown",
        // Applications have no address here; the Graph activity log may give one for the same request.
        address: textOf(user?.ipAddress),
        country: null,
        userAgent: null,
        credentialKeyId: null,
        tokenId: null,
        correlationId: correlation,
        attribution: "proven",
      },
      row,
    };
  },
};
