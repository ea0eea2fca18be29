import { ClientSecretCredential } from "@azure/identity";
import { LogsIngestionClient } from "@azure/monitor-ingestion";
import { LogsQueryClient, LogsQueryResultStatus } from "@azure/monitor-query-logs";
import { request } from "undici";
import { z } from "zod";
import { type StartOptions, startTenant, type TenantHandle } from "../../../local/tenant/start.ts";

export const NOW = "2026-11-20T10:00:00Z";

const withSecret = (name: string) => ({ name, secrets: [{ name: "only" }] });
const WORKSPACE = "prod/rg/Microsoft.OperationalInsights/workspaces/law-test";

const scenario = (rows: readonly object[], workspace: object) => ({
  name: "logs-under-test",
  describes: "One workspace with a few rows, and callers who may read all of it, some of it and none.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: { applications: ["analyst", "narrow", "nobody", "shipper"].map(withSecret) },
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: "rg" }],
    resources: [
      {
        type: "Microsoft.OperationalInsights/workspaces",
        name: "law-test",
        resourceGroup: "rg",
        properties: { customerId: "{{workspace.law-test}}" },
      },
      {
        type: "Microsoft.Insights/dataCollectionRules",
        name: "dcr-cases",
        resourceGroup: "rg",
        properties: {},
      },
    ],
    roleDefinitions: [
      {
        name: "one-table",
        actions: [
          "Microsoft.OperationalInsights/workspaces/query/read",
          "Microsoft.OperationalInsights/workspaces/query/SigninLogs/read",
        ],
        assignableScopes: ["prod"],
      },
    ],
    roleAssignments: [
      { principal: "servicePrincipal.analyst", role: "Log Analytics Reader", scope: "prod" },
      { principal: "servicePrincipal.narrow", role: "one-table", scope: WORKSPACE },
      {
        principal: "servicePrincipal.shipper",
        role: "Monitoring Metrics Publisher",
        scope: "prod/rg/Microsoft.Insights/dataCollectionRules/dcr-cases",
      },
    ],
  },
  logs: {
    workspaces: [{ name: "law-test", ...workspace }],
    collectionRules: [{ name: "dcr-cases", workspace: "law-test", streams: { "Custom-Cases": "Cases_CL" } }],
    rows,
  },
});

export interface LogTenant extends TenantHandle {
  readonly workspaceId: string;
  client(application: string): LogsQueryClient;
  ingestion(application: string): LogsIngestionClient;
  /** Rows of the first table as records, asked for as the analyst. */
  ask(
    kql: string,
    timespan?: Parameters<LogsQueryClient["queryWorkspace"]>[2],
  ): Promise<Record<string, unknown>[]>;
  tokenOf(application: string, scope: string): Promise<string>;
  /** A call as no SDK would make it; without a token if the application is "". */
  post(
    path: string,
    body: unknown,
    application?: string,
  ): Promise<{ status: number; headers: Readonly<Record<string, unknown>>; body: unknown }>;
}

/** Starts a tenant whose one workspace has these rows, and makes real clients for its callers. They do not retry. */
export async function startLogTenant(
  rows: readonly object[],
  options: Omit<StartOptions, "scenario"> & { readonly workspace?: object } = {},
): Promise<LogTenant> {
  const { workspace = {}, ...start } = options;
  const tenant = await startTenant({ ...start, scenario: scenario(rows, workspace) });
  const workspaceId = tenant.names.guid("workspace", "law-test");
  const clientOptions = { ...tenant.clientOptions(), retryOptions: { maxRetries: 0 } };
  const credential = (application: string) =>
    new ClientSecretCredential(
      tenant.tenant.id,
      tenant.names.guid("appId", application),
      tenant.names.secret("keyId", `${application}.only`),
      clientOptions,
    );
  const client = (application: string) => new LogsQueryClient(credential(application), clientOptions);
  const tokenOf = async (application: string, scope: string) =>
    (await credential(application).getToken(scope)).token;
  return Object.assign(tenant, {
    workspaceId,
    tokenOf,
    client,
    ingestion: (application: string) =>
      new LogsIngestionClient(
        "https://dce-test.westeurope-1.ingest.monitor.azure.com",
        credential(application),
        clientOptions,
      ),
    ask: async (
      kql: string,
      timespan: Parameters<LogsQueryClient["queryWorkspace"]>[2] = { duration: "P30D" },
    ) => {
      const result = await client("analyst").queryWorkspace(workspaceId, kql, timespan);
      if (result.status !== LogsQueryResultStatus.Success) throw new Error("only part of an answer");
      const [table] = result.tables;
      return (table?.rows ?? []).map((row) =>
        Object.fromEntries(
          (table?.columnDescriptors ?? []).map(({ name }, index) => [name ?? "", row[index]]),
        ),
      );
    },
    post: async (path: string, body: unknown, application = "analyst") => {
      const token =
        application === "" ? undefined : await tokenOf(application, "https://api.loganalytics.io/.default");
      const answer = await request(`https://api.loganalytics.io${path}`, {
        method: "POST",
        dispatcher: tenant.dispatcher(),
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      });
      return { status: answer.statusCode, headers: answer.headers, body: await answer.body.json() };
    },
  });
}

const Failure = z.looseObject({ statusCode: z.number(), code: z.string().optional(), message: z.string() });

export async function failureOf(call: Promise<unknown>) {
  return Failure.parse(
    await call.then(
      () => {
        throw new Error("the call was not refused");
      },
      (reason: unknown) => reason,
    ),
  );
}
