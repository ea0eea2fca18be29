import { expect, test } from "vitest";
import { activityRow, claimTexts } from "../../../local/tenant/logs/rows/activity.ts";
import { aksAuditRow } from "../../../local/tenant/logs/rows/aks-audit.ts";
import { AUDIT_OPERATIONS, auditRow } from "../../../local/tenant/logs/rows/audit.ts";
import { graphActivityRow } from "../../../local/tenant/logs/rows/graph-activity.ts";
import { securityAlertRow, securityIncidentRow } from "../../../local/tenant/logs/rows/security.ts";
import {
  interactiveSignInRow,
  managedIdentitySignInRow,
  nonInteractiveSignInRow,
  servicePrincipalSignInRow,
} from "../../../local/tenant/logs/rows/sign-in.ts";
import { storageBlobRow } from "../../../local/tenant/logs/rows/storage.ts";
import { vaultAuditRow, vaultDiagnosticsRow } from "../../../local/tenant/logs/rows/vault.ts";
import { tablesOf } from "../../../local/tenant/logs/tables.ts";
import { scenarioNames } from "../../../local/tenant/scenario/names.ts";
import { loadLogs, type LogRow, storeRow } from "../../../local/tenant/state/logs.ts";
import { SIGN_INS } from "../../../src/scope/activity/sign-ins.ts";
import { VAULT_LOGS } from "../../../src/scope/activity/vault-log.ts";
import { AZURE_ACTIVITY } from "../../../src/scope/activity/azure-activity.ts";
import { CLUSTER_LOG, callsWithoutName } from "../../../src/scope/activity/cluster-log.ts";
import { DIRECTORY_AUDIT } from "../../../src/scope/activity/directory-audit.ts";
import { GRAPH_ACTIVITY } from "../../../src/scope/activity/graph-activity.ts";
import { keyedCallsFrom, STORAGE_LOG } from "../../../src/scope/activity/storage-log.ts";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { appendRow } from "../../../local/tenant/state/logs.ts";
import { NOW, startLogTenant } from "./logs-under-test.ts";

const OBJECT_ID = "11111111-1111-4111-8111-111111111111";
const APP_ID = "22222222-2222-4222-8222-222222222222";
const TENANT_ID = "33333333-3333-4333-8333-333333333333";
const UPN = "ada@contoso.onmicrosoft.com";
const at = Date.parse(NOW) - 3_600_000;
const VAULT = `/subscriptions/${TENANT_ID}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv`;

const signIn = {
  at,
  id: "id",
  correlationId: "c",
  tenantId: TENANT_ID,
  appId: APP_ID,
  ipAddress: "203.0.113.50",
  resultType: "0",
  uniqueTokenIdentifier: "uti",
  resourceDisplayName: "Azure Key Vault",
  resourceIdentity: "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
};
const user = {
  ...signIn,
  userId: OBJECT_ID,
  userPrincipalName: UPN,
  userDisplayName: "Ada",
  appDisplayName: "Azure CLI",
};
const vaultCall = {
  at,
  requestId: "r",
  operation: "SecretGet",
  operationVersion: "7.4",
  httpStatus: 403,
  vaultResourceId: VAULT,
  requestUri: "https://kv.vault.azure.net/secrets/s/?api-version=7.4",
  callerIpAddress: "203.0.113.50",
  userAgent: "az",
  claims: { oid: OBJECT_ID, appid: APP_ID },
  isRbac: true,
};

/** One row of each kind, for the table it goes to. */
const ROWS: readonly (readonly [table: string, row: LogRow])[] = [
  [
    "AADServicePrincipalSignInLogs",
    servicePrincipalSignInRow({
      ...signIn,
      servicePrincipalId: OBJECT_ID,
      servicePrincipalName: "deploy",
      credential: { kind: "secret", keyId: "k" },
    }),
  ],
  [
    "AADManagedIdentitySignInLogs",
    managedIdentitySignInRow({ ...signIn, servicePrincipalId: OBJECT_ID, servicePrincipalName: "id" }),
  ],
  ["SigninLogs", interactiveSignInRow(user)],
  ["AADNonInteractiveUserSignInLogs", nonInteractiveSignInRow(user)],
  [
    "AuditLogs",
    auditRow({
      at,
      id: "i",
      correlationId: "c",
      tenantId: TENANT_ID,
      operationName: AUDIT_OPERATIONS.updateApplicationCredentials,
      category: "ApplicationManagement",
      initiatedBy: { kind: "app", servicePrincipalId: OBJECT_ID, appId: APP_ID, displayName: "deploy" },
      targets: [{ id: "t", type: "Application" }],
    }),
  ],
  [
    "MicrosoftGraphActivityLogs",
    graphActivityRow({
      at,
      requestId: "r",
      tenantId: TENANT_ID,
      appId: APP_ID,
      servicePrincipalId: OBJECT_ID,
      ipAddress: "203.0.113.50",
      method: "GET",
      uri: "https://graph.microsoft.com/v1.0/users",
      statusCode: 200,
      tokenId: "uti",
      tokenIssuedAt: at,
      roles: ["Directory.Read.All"],
      scopes: [],
      clientAuthMethod: 1,
    }),
  ],
  [
    "AzureActivity",
    activityRow({
      at,
      eventDataId: "e",
      correlationId: "c",
      operation: "Microsoft.Authorization/roleAssignments/write",
      status: "Success",
      httpStatus: 201,
      resourceId: VAULT,
      caller: OBJECT_ID,
      callerIpAddress: "203.0.113.50",
      claims: { appid: APP_ID, oid: OBJECT_ID, xms_tcdt: 1 },
      authorization: {
        action: "Microsoft.Authorization/roleAssignments/write",
        scope: VAULT,
        evidence: { principalId: OBJECT_ID },
      },
    }),
  ],
  ["AZKVAuditLogs", vaultAuditRow(vaultCall)],
  ["AzureDiagnostics", vaultDiagnosticsRow(vaultCall)],
  [
    "StorageBlobLogs",
    storageBlobRow({
      at,
      requestId: "r",
      accountName: "st",
      accountResourceId: VAULT,
      operation: "GetBlob",
      uri: "https://st.blob.core.windows.net/c/b",
      objectKey: "/st/c/b",
      statusCode: 200,
      statusText: "Success",
      callerIpAddress: "203.0.113.50:4711",
      userAgent: "az",
      authentication: { kind: "OAuth", objectId: OBJECT_ID, appId: APP_ID, tenantId: TENANT_ID },
    }),
  ],
  [
    "AKSAudit",
    aksAuditRow({
      at,
      auditId: "a",
      clusterResourceId: VAULT,
      verb: "get",
      requestUri: "/api/v1/namespaces/shop/pods/web/exec",
      stage: "ResponseStarted",
      user: { username: OBJECT_ID, entraObjectId: OBJECT_ID },
      sourceIps: ["10.0.0.1", "203.0.113.50"],
      userAgent: "kubectl",
      object: { resource: "pods", namespace: "shop", name: "web", subresource: "exec" },
      statusCode: 101,
    }),
  ],
  [
    "SecurityAlert",
    securityAlertRow({
      at,
      systemAlertId: "s",
      displayName: "d",
      alertType: "t",
      severity: "High",
      productName: "p",
      startTime: at,
      endTime: at,
      entities: [],
    }),
  ],
  [
    "SecurityIncident",
    securityIncidentRow({
      at,
      incidentName: "n",
      incidentNumber: 1,
      title: "t",
      severity: "High",
      status: "New",
      alertIds: [],
      createdTime: at,
    }),
  ],
];

test.each(ROWS)("a row of %s has no column the table has not", (table, row) => {
  const logs = loadLogs(
    { workspaces: [{ name: "law" }] },
    scenarioNames({ scenario: "rows", seed: 1, nowInMs: at }),
  );
  const [workspace] = logs.workspaces.values();
  if (workspace === undefined) throw new Error("no workspace");
  // This table has the columns its rows have: it must see one.
  if (table === "AzureDiagnostics") storeRow(workspace, table, row, 0);
  const columns = new Set(
    tablesOf(workspace)
      .get(table)
      ?.map(({ name }) => name),
  );

  expect(Object.keys(row).filter((name) => !columns.has(name))).toEqual([]);
});

test("the certificates-and-secrets operation has an en dash and ends with a blank", () => {
  expect(AUDIT_OPERATIONS.updateApplicationCredentials).toBe(
    "Update application \u2013 Certificates and secrets management ",
  );
});

test("interactive sign-ins have dynamic details, non-interactive ones JSON in text", () => {
  expect(typeof interactiveSignInRow(user)["LocationDetails"]).toBe("object");
  expect(typeof nonInteractiveSignInRow(user)["LocationDetails"]).toBe("string");
});

test("a refused vault call is Success in ResultType, and its address column is spelt differently in each table", () => {
  expect(vaultAuditRow(vaultCall)).toMatchObject({
    ResultType: "Success",
    HttpStatusCode: 403,
    CallerIpAddress: "203.0.113.50",
  });
  expect(vaultDiagnosticsRow(vaultCall)).toMatchObject({
    ResultType: "Success",
    httpStatusCode_d: 403,
    CallerIPAddress: "203.0.113.50",
  });
});

test("activity-log operations are upper case, ids in evidence have no dashes, claims are all text", () => {
  const row = ROWS.find(([table]) => table === "AzureActivity")?.[1];

  expect(row).toMatchObject({
    OperationNameValue: "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
    Authorization_d: { evidence: { principalId: OBJECT_ID.replaceAll("-", "") } },
    Claims_d: { "http://schemas.microsoft.com/identity/claims/objectidentifier": OBJECT_ID, xms_tcdt: "1" },
    _ResourceId: VAULT.toLowerCase(),
  });
  expect(claimTexts({ groups: ["a", "b"] })).toEqual({ groups: "a,b" });
});

test("a blob call by key or SAS names no caller but a hash of the key", () => {
  const row = storageBlobRow({
    at,
    requestId: "r",
    accountName: "st",
    accountResourceId: VAULT,
    operation: "GetBlob",
    uri: "https://st.blob.core.windows.net/c/b",
    objectKey: "/st/c/b",
    statusCode: 200,
    statusText: "Success",
    callerIpAddress: "203.0.113.50:4711",
    userAgent: "az",
    authentication: { kind: "SAS", keyName: "key1", key: "k", signature: "s" },
  });

  expect(row["RequesterObjectId"]).toBe("");
  expect(row["AuthenticationHash"]).toMatch(/^key1\([0-9A-F]{64}\),SasSignature\([0-9A-F]{64}\)$/);
});

test("every query of the product is modelled, finds its row, and reads it", async () => {
  await using tenant = await startLogTenant([], { clock: manualTenantClock(NOW) });
  for (const [table, row] of ROWS) appendRow(tenant.tenant, table, row);
  const who = {
    objectIds: [OBJECT_ID],
    appIds: [APP_ID],
    userPrincipalNames: [UPN],
    targetIds: [OBJECT_ID],
    kinds: new Set(["service-principal", "managed-identity", "user"] as const),
  };
  const sources = [
    ...SIGN_INS,
    ...VAULT_LOGS,
    AZURE_ACTIVITY,
    CLUSTER_LOG,
    DIRECTORY_AUDIT,
    GRAPH_ACTIVITY,
    STORAGE_LOG,
  ];

  for (const source of sources) {
    const found = await tenant.ask(source.kql(who) ?? "");
    expect(found, source.table).toHaveLength(1);
    const rows = found.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          value instanceof Date ? value.toISOString() : value,
        ]),
      ),
    );
    expect(
      rows.map((row) => source.read(row)?.activity.at),
      source.table,
    ).toEqual([new Date(at).toISOString()]);
    const usual = source.usual?.(who);
    if (usual != null) await tenant.ask(usual);
  }
  await tenant.ask(callsWithoutName([VAULT], ["203.0.113.50"]));
  expect(await tenant.ask(keyedCallsFrom(["203.0.113.50"]))).toEqual([]);
});
