import { z } from "zod";
import { kqlList } from "../identifiers.ts";
import { addressOf, type LoggedEvent, type LogSource, momentOf, NEWEST, textOf } from "./log-source.ts";
import type { LogRow } from "../../azure/logs.ts";

const Text = z.string().nullish();

const StorageRow = z.object({
  OperationName: z.string(),
  AuthenticationType: Text,
  AuthenticationHash: Text,
  // A text in this table.
  StatusCode: z.coerce.string(),
  CallerIpAddress: Text,
  RequesterObjectId: Text,
  RequesterAppId: Text,
  RequesterUpn: Text,
  Uri: Text,
  CorrelationId: Text,
  Agent: Text,
  ResourceId: Text,
});

const COLUMNS =
  "TimeGenerated, OperationName, AuthenticationType, AuthenticationHash, StatusCode, CallerIpAddress, RequesterObjectId, RequesterAppId, RequesterUpn, Uri, CorrelationId, Agent = UserAgentHeader, ResourceId = _ResourceId";

/** Blob calls with a token: only those name their caller. */
export const STORAGE_LOG: LogSource = {
  source: "storage",
  table: "StorageBlobLogs",
  kql: (who) => `StorageBlobLogs
| where RequesterObjectId in~ ${kqlList(who.objectIds)} or RequesterAppId in~ ${kqlList(who.appIds)}
| project ${COLUMNS}
${NEWEST}`,
  read: (row) => storageEvent(row, "proven"),
};

/** Calls with an account key or a SAS from given addresses: they have a hash of the key instead of a caller. */
export function keyedCallsFrom(addresses: readonly string[]): string {
  return `StorageBlobLogs
| where AuthenticationType in ("AccountKey", "SAS")
| extend Address = tostring(split(CallerIpAddress, ":")[0])
| where Address in ${kqlList(addresses)}
| project ${COLUMNS}
${NEWEST}`;
}

export function storageEvent(row: LogRow, attribution: "proven" | "inferred"): LoggedEvent | null {
  const parsed = StorageRow.safeParse(row);
  const at = momentOf(row["TimeGenerated"]);
  if (!parsed.success || at === null) return null;
  const it = parsed.data;
  const correlation = textOf(it.CorrelationId);
  return {
    key: `StorageBlobLogs ${correlation ?? ""} ${at} ${it.OperationName} ${it.Uri ?? ""}`,
    weight: 0,
    actor: {
      objectId: textOf(it.RequesterObjectId)?.toLowerCase() ?? null,
      appId: textOf(it.RequesterAppId),
      userPrincipalName: textOf(it.RequesterUpn),
    },
    links: [],
    activity: {
      at,
      source: "storage",
      operation: it.OperationName,
      target: targetOf(it),
      outcome: Number(it.StatusCode) < 400 ? "success" : "failure",
      address: addressOf(it.CallerIpAddress),
      country: null,
      userAgent: textOf(it.Agent),
      credentialKeyId: null,
      tokenId: null,
      correlationId: correlation,
      attribution,
    },
    row,
  };
}

/** Without its query: a SAS is in there, and a SAS is a secret. */
function targetOf(it: z.infer<typeof StorageRow>): string | null {
  const url = it.Uri == null ? null : URL.parse(it.Uri);
  return url === null ? textOf(it.ResourceId) : `${url.origin}${url.pathname}`;
}
