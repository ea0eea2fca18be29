import { createHash } from "node:crypto";
import type { Place } from "../../entra/sign-in-log.ts";
import { type ActivityFacts, activityRow } from "../../logs/rows/activity.ts";
import { aksAuditRow } from "../../logs/rows/aks-audit.ts";
import { graphActivityRow } from "../../logs/rows/graph-activity.ts";
import { storageBlobRow } from "../../logs/rows/storage.ts";
import { vaultAuditRow } from "../../logs/rows/vault.ts";
import { type LogRow, storeRow } from "../../state/logs.ts";
import { auditRowOf } from "./audits.ts";
import type { Cast } from "./cast.ts";
import type { EventOf, HistoryEvent } from "./format.ts";
import { type Moment, signInRows } from "./sign-ins.ts";

type Rows = readonly (readonly [table: string, row: LogRow])[];

/** Writes a history into the logs, and ARM's part of it into the activity log. All of it is old: queries see it at once. */
export function playHistory(
  events: readonly HistoryEvent[],
  cast: Cast,
  locate: (address: string) => Place,
): void {
  const activity: { readonly facts: ActivityFacts; readonly tenantId: string }[] = [];
  const written: { readonly at: number; readonly rows: Rows }[] = [];
  events.forEach((event, index) => {
    for (const [turn, at] of momentsOf(event, cast).entries()) {
      const id = (part: string) => cast.names.guid("event", `${index}.${turn}.${part}`);
      const tokenId = createHash("sha256").update(id("token")).digest("base64url").slice(0, 22);
      written.push({ at, rows: rowsOf(event, cast, { at, id, tokenId }, locate, activity) });
    }
  });
  written.sort((one, other) => one.at - other.at);
  activity.sort((one, other) => one.facts.at - other.facts.at);
  cast.state.azure.activity.unshift(...activity);
  for (const workspace of cast.state.logs.workspaces.values()) {
    for (const { rows } of written) {
      for (const [table, row] of rows)
        if (!workspace.missingTables.has(table)) storeRow(workspace, table, row, 0);
    }
  }
}

function momentsOf({ at, every, until }: HistoryEvent, { names }: Cast): number[] {
  const first = Date.parse(names.at(at));
  if (every === undefined) return [first];
  const last = Date.parse(names.at(until ?? "now"));
  const step = Date.parse(names.at(`+${every}`)) - Date.parse(names.at("now"));
  return Array.from(
    { length: Math.max(0, Math.floor((last - first) / step) + 1) },
    (_, index) => first + index * step,
  );
}

function rowsOf(
  event: HistoryEvent,
  cast: Cast,
  moment: Moment,
  locate: (address: string) => Place,
  activity: { readonly facts: ActivityFacts; readonly tenantId: string }[],
): Rows {
  switch (event.what) {
    case "sign-in":
      return signInRows(event, cast, moment, locate);
    case "azure": {
      const facts = activityFacts(event, cast, moment);
      activity.push({ facts, tenantId: cast.tenantId });
      return [["AzureActivity", activityRow(facts)]];
    }
    case "vault":
      return [["AZKVAuditLogs", vaultRow(event, cast, moment)]];
    case "cluster": {
      const row = clusterRow(event, cast, moment);
      const isRead = ["get", "list", "watch"].includes(event.verb);
      return isRead
        ? [["AKSAudit", row]]
        : [
            ["AKSAudit", row],
            ["AKSAuditAdmin", row],
          ];
    }
    case "audit":
      return [["AuditLogs", auditRowOf(event, cast, moment)]];
    case "graph":
      return [["MicrosoftGraphActivityLogs", graphRow(event, cast, moment)]];
    case "blob":
      return [["StorageBlobLogs", blobRow(event, cast, moment)]];
    default:
      return event satisfies never;
  }
}

function activityFacts(event: EventOf<"azure">, cast: Cast, { at, id, tokenId }: Moment): ActivityFacts {
  const actor = cast.actor(event.who);
  const resourceId = cast.resource(event.on);
  return {
    at,
    eventDataId: id("event"),
    correlationId: id("correlation"),
    operationId: id("operation"),
    operation: event.operation,
    status: event.status,
    httpStatus: event.httpStatus,
    resourceId,
    caller: actor.upn ?? actor.objectId,
    callerIpAddress: event.from,
    claims: cast.claimsOf(actor, event.from, at, tokenId),
    authorization: {
      action: event.operation,
      scope: resourceId,
      ...(event.allowedBy === undefined
        ? {}
        : {
            evidence: {
              role: event.allowedBy,
              // Without dashes, as real records have it.
              principalId: actor.objectId.replaceAll("-", ""),
              principalType: actor.kind === "user" ? "User" : "ServicePrincipal",
            },
          }),
    },
    method: event.operation.endsWith("/action")
      ? "POST"
      : event.operation.endsWith("/delete")
        ? "DELETE"
        : "PUT",
    properties: {
      statusCode: String(event.httpStatus),
      serviceRequestId: id("request"),
      ...(event.body === undefined ? {} : { requestbody: JSON.stringify(event.body) }),
    },
  };
}

function vaultRow(event: EventOf<"vault">, cast: Cast, { at, id, tokenId }: Moment): LogRow {
  const actor = cast.actor(event.who);
  const base = `https://${event.vault}.vault.azure.net/secrets`;
  const objectId = event.secret === undefined ? undefined : `${base}/${event.secret}`;
  return vaultAuditRow({
    at,
    requestId: id("request"),
    clientRequestId: id("client"),
    operation: event.operation,
    operationVersion: "7.4",
    httpStatus: event.httpStatus,
    vaultResourceId: cast.resource(event.vault, "Microsoft.KeyVault/vaults"),
    requestUri: `${objectId ?? base}?api-version=7.4`,
    objectId,
    callerIpAddress: event.from,
    userAgent: event.userAgent,
    claims: cast.claimsOf(actor, event.from, at, tokenId),
    isRbac: true,
  });
}

function clusterRow(event: EventOf<"cluster">, cast: Cast, { at, id }: Moment): LogRow {
  const { username, groups, who } = event.user;
  return aksAuditRow({
    at,
    auditId: id("audit"),
    clusterResourceId: cast.resource(event.cluster, "Microsoft.ContainerService/managedClusters"),
    verb: event.verb,
    requestUri: event.uri,
    stage: event.stage,
    user: { username, groups, entraObjectId: who === undefined ? undefined : cast.actor(who).objectId },
    sourceIps: event.from,
    userAgent: event.userAgent,
    object: event.object,
    statusCode: event.httpStatus,
    level: event.request === undefined ? "Metadata" : "RequestResponse",
    requestObject: event.request,
  });
}

function graphRow(event: EventOf<"graph">, cast: Cast, { at, id, tokenId }: Moment): LogRow {
  const actor = cast.actor(event.who);
  const isUser = actor.kind === "user";
  return graphActivityRow({
    at,
    requestId: id("request"),
    tenantId: cast.tenantId,
    appId: actor.appId,
    ...(isUser ? { userId: actor.objectId } : { servicePrincipalId: actor.objectId }),
    ipAddress: event.from,
    method: event.method,
    uri: event.uri,
    statusCode: event.httpStatus,
    tokenId,
    tokenIssuedAt: at,
    roles: [],
    scopes: [],
    clientAuthMethod: isUser ? 0 : actor.kind === "application" ? 1 : 2,
    userAgent: event.userAgent,
  });
}

function blobRow(event: EventOf<"blob">, cast: Cast, { at, id }: Moment): LogRow {
  const accountResourceId = cast.resource(event.account, "Microsoft.Storage/storageAccounts");
  const keys = cast.state.azure.keys.get(accountResourceId.toLowerCase());
  const keyNamed = (name: string) => keys?.get(name.toLowerCase())?.value ?? "";
  return storageBlobRow({
    at,
    requestId: id("request"),
    accountName: event.account,
    accountResourceId,
    operation: event.operation,
    uri: `https://${event.account}.blob.core.windows.net/${event.blob}`,
    objectKey: `/${event.account}/${event.blob}`,
    statusCode: event.httpStatus,
    statusText: event.httpStatus < 400 ? "Success" : "AuthorizationFailure",
    callerIpAddress: event.from,
    userAgent: "Azure-Storage/2.0.0-2.0.1 (Python CPython 3.11.2; Linux)",
    authentication: blobAuthentication(event, cast, keyNamed),
  });
}

function blobAuthentication({ by }: EventOf<"blob">, cast: Cast, keyNamed: (name: string) => string) {
  if ("who" in by) {
    const { objectId, appId } = cast.actor(by.who);
    return { kind: "OAuth" as const, objectId, appId, tenantId: cast.tenantId };
  }
  if ("key" in by) return { kind: "AccountKey" as const, keyName: by.key, key: keyNamed(by.key) };
  return { kind: "SAS" as const, keyName: by.signedWith, key: keyNamed(by.signedWith), signature: by.sas };
}
