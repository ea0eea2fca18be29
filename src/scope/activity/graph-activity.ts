import { z } from "zod";
import { kqlList } from "../identifiers.ts";
import { addressOf, type LogSource, momentOf, NEWEST, textOf, type Who } from "./log-source.ts";

const Text = z.string().nullish();

const GraphRow = z.object({
  ServicePrincipalId: Text,
  UserId: Text,
  AppId: Text,
  IPAddress: Text,
  RequestMethod: z.string(),
  RequestUri: z.string(),
  ResponseStatusCode: z.coerce.number(),
  SignInActivityId: Text,
  RequestId: Text,
  ClientRequestId: Text,
  OperationId: Text,
  Agent: Text,
});

const WHOSE = (who: Who) =>
  `ServicePrincipalId in~ ${kqlList(who.objectIds)} or UserId in~ ${kqlList(who.objectIds)}`;

/** Calls to Microsoft Graph. `SignInActivityId` is what the sign-in tables call `UniqueTokenIdentifier`. */
export const GRAPH_ACTIVITY: LogSource = {
  source: "graph-activity",
  table: "MicrosoftGraphActivityLogs",
  kql: (who) => `MicrosoftGraphActivityLogs
| where ${WHOSE(who)}
| project TimeGenerated, ServicePrincipalId, UserId, AppId, IPAddress, RequestMethod, RequestUri, ResponseStatusCode, SignInActivityId, RequestId, ClientRequestId, OperationId, Agent = UserAgent
${NEWEST}`,
  usual: (who) => `MicrosoftGraphActivityLogs
| where ${WHOSE(who)}
| summarize Times = count() by Subject = iff(isempty(ServicePrincipalId), UserId, ServicePrincipalId), Address = IPAddress`,
  read: (row) => {
    const parsed = GraphRow.safeParse(row);
    const at = momentOf(row["TimeGenerated"]);
    if (!parsed.success || at === null) return null;
    const it = parsed.data;
    const id = textOf(it.RequestId);
    return {
      key: `MicrosoftGraphActivityLogs ${id ?? `${at} ${it.RequestMethod} ${it.RequestUri}`}`,
      weight: 0,
      actor: {
        objectId: (textOf(it.ServicePrincipalId) ?? textOf(it.UserId))?.toLowerCase() ?? null,
        appId: textOf(it.AppId),
        userPrincipalName: null,
      },
      links: [it.RequestId, it.ClientRequestId, it.OperationId].flatMap(
        (link) => textOf(link)?.toLowerCase() ?? [],
      ),
      activity: {
        at,
        source: "graph-activity",
        operation: it.RequestMethod,
        target: it.RequestUri,
        outcome: it.ResponseStatusCode < 400 ? "success" : "failure",
        address: addressOf(it.IPAddress),
        country: null,
        userAgent: textOf(it.Agent),
        credentialKeyId: null,
        tokenId: textOf(it.SignInActivityId),
        correlationId: id,
        attribution: "proven",
      },
      row,
    };
  },
};
