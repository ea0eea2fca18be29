import type { LogRow } from "../../state/logs.ts";
import { visibleRows } from "../../state/logs.ts";
import type { GraphCall, Route } from "../call.ts";
import type { Entity, Operator } from "../entities.ts";
import { missingReportPermission } from "../errors.ts";
import { collection } from "../odata/collection.ts";
import { NEEDS, require } from "../permissions.ts";

const TIME: readonly Operator[] = ["eq", "ge", "le", "gt", "lt"];

/** The audit log as Graph shows it: the same rows that are exported, as soon as they can be queried. */
const directoryAudit: Entity<LogRow> = {
  type: "directoryAudit",
  resource: "DirectoryAudit",
  json: (_call, row) => ({
    id: row["Id"],
    category: row["Category"],
    correlationId: row["CorrelationId"],
    result: row["Result"],
    resultReason: row["ResultReason"] ?? "",
    activityDisplayName: row["OperationName"],
    activityDateTime: row["TimeGenerated"],
    loggedByService: row["LoggedByService"],
    operationType: row["AADOperationType"] ?? null,
    initiatedBy: row["InitiatedBy"],
    targetResources: row["TargetResources"],
    additionalDetails: row["AdditionalDetails"] ?? [],
  }),
  filter: {
    id: ["eq"],
    activityDateTime: TIME,
    activityDisplayName: ["eq", "startswith"],
    category: ["eq"],
    correlationId: ["eq"],
    result: ["eq"],
    loggedByService: ["eq"],
    initiatedBy: ["eq"],
    targetResources: ["any", "eq"],
  },
  orderBy: ["activityDateTime"],
};

const signIn: Entity<LogRow> = {
  type: "signIn",
  resource: "SignIn",
  json: (_call, row) => ({
    id: row["Id"] ?? row["UniqueTokenIdentifier"],
    createdDateTime: row["TimeGenerated"],
    userDisplayName: row["UserDisplayName"] ?? null,
    userPrincipalName: row["UserPrincipalName"] ?? null,
    userId: row["UserId"] ?? null,
    appId: row["AppId"] ?? null,
    appDisplayName: row["AppDisplayName"] ?? null,
    ipAddress: row["IPAddress"] ?? null,
    correlationId: row["CorrelationId"] ?? null,
    resourceDisplayName: row["ResourceDisplayName"] ?? null,
    resourceId: row["ResourceIdentity"] ?? null,
    status: { errorCode: Number(row["ResultType"] ?? 0), failureReason: row["ResultDescription"] ?? null },
  }),
  filter: {
    id: ["eq"],
    createdDateTime: TIME,
    userId: ["eq"],
    userPrincipalName: ["eq", "startswith"],
    appId: ["eq"],
    ipAddress: ["eq", "startswith"],
    correlationId: ["eq"],
  },
  orderBy: ["createdDateTime"],
};

/** Every workspace gets the same rows; the first one that there is answers. Newest first, as the reports are. */
function rowsOf(call: GraphCall, table: string): LogRow[] {
  const [workspace] = call.tenant.state.logs.workspaces.values();
  return workspace === undefined ? [] : [...visibleRows(workspace, table, call.now)].toReversed();
}

function requireReports(call: GraphCall): void {
  require(call, { ...NEEDS.readReports, refusal: () => missingReportPermission(NEEDS.readReports.anyOf) });
}

function idOf(entity: Entity<LogRow>, call: GraphCall) {
  return (row: LogRow): string => {
    const { id } = entity.json(call, row);
    return typeof id === "string" ? id : "";
  };
}

export const reportRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/auditLogs/directoryAudits",
    kind: "reports",
    handle: (call) => {
      requireReports(call);
      return collection(call, directoryAudit, {
        context: "auditLogs/directoryAudits",
        items: rowsOf(call, "AuditLogs"),
        idOf: idOf(directoryAudit, call),
      });
    },
  },
  {
    // v1.0 has people's interactive sign-ins only; those of service principals are in the logs.
    method: "GET",
    path: "/auditLogs/signIns",
    kind: "reports",
    handle: (call) => {
      requireReports(call);
      return collection(call, signIn, {
        context: "auditLogs/signIns",
        items: rowsOf(call, "SigninLogs"),
        idOf: idOf(signIn, call),
      });
    },
  },
];
