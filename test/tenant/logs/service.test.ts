import { LogsQueryResultStatus } from "@azure/monitor-query-logs";
import { expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { appendRow } from "../../../local/tenant/state/logs.ts";
import { failureOf, NOW, startLogTenant } from "./logs-under-test.ts";

const DAY = { duration: "P1D" };
const signIn = (at: string, columns: object) => ({ table: "SigninLogs", at, row: columns });
const errorOf = (code: string, message: string) => ({
  error: {
    message: "The request had some invalid properties",
    code: "BadArgumentError",
    correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    innererror: {
      code: "SemanticError",
      message: "A semantic error occurred.",
      innererror: { code, message },
    },
  },
});

test("a wrong column is a semantic error that names it", async () => {
  await using tenant = await startLogTenant([]);
  const answer = await tenant.post(`/v1/workspaces/${tenant.workspaceId}/query`, {
    query: "SigninLogs | where IpAddress == ''",
  });

  expect(answer).toMatchObject({
    status: 400,
    body: errorOf("SEM0100", "'where' operator: Failed to resolve scalar expression named 'IpAddress'"),
  });
});

test("a table nothing was sent to is a semantic error, a table without rows is an empty answer", async () => {
  await using tenant = await startLogTenant([], { workspace: { missingTables: ["AKSAudit"] } });
  const path = `/v1/workspaces/${tenant.workspaceId}/query`;

  expect(await tenant.post(path, { query: "AKSAudit | where Verb == 'get'" })).toMatchObject({
    status: 400,
    body: errorOf(
      "SEM0100",
      "'where' operator: Failed to resolve table or column expression named 'AKSAudit'",
    ),
  });
  expect(await tenant.ask("SigninLogs")).toEqual([]);
});

test("a query that does not parse says where", async () => {
  await using tenant = await startLogTenant([]);
  const answer = await tenant.post(`/v1/workspaces/${tenant.workspaceId}/query`, {
    query: "SigninLogs\n| wher UserId == 1",
  });

  expect(answer).toMatchObject({
    status: 400,
    body: {
      error: {
        code: "BadArgumentError",
        innererror: {
          code: "SyntaxError",
          message: "A recognition error occurred in the query.",
          innererror: {
            code: "SYN0002",
            message: "Query could not be parsed at 'wher' on line [2,3]",
            line: 2,
            pos: 3,
            token: "wher",
          },
        },
      },
    },
  });
});

test.each([
  ["SigninLogs | evaluate bag_unpack(Status)", "the operator evaluate"],
  ["SigninLogs | summarize percentile(DurationMs, 95)", "the function percentile()"],
  ["SigninLogs | render timechart", "the operator render"],
  [
    "let f = (x:string) { SigninLogs | where UserId == x }; f('a')",
    "functions of one's own (let with parameters)",
  ],
  ["SigninLogs | mv-expand bagexpansion=array Status", "options of mv-expand"],
  ["SigninLogs | join kind=fullouter (AuditLogs) on CorrelationId", "join kind=fullouter"],
])("what is not modelled is an error that names it, never no rows: %s", async (query, what) => {
  await using tenant = await startLogTenant([]);

  expect(await tenant.post(`/v1/workspaces/${tenant.workspaceId}/query`, { query })).toMatchObject({
    status: 400,
    body: errorOf("NotModelled", `The stand-in tenant does not model ${what}.`),
  });
});

test("a control command is no query", async () => {
  await using tenant = await startLogTenant([]);
  expect(
    await tenant.post(`/v1/workspaces/${tenant.workspaceId}/query`, { query: ".show tables" }),
  ).toMatchObject({ status: 400 });
});

test("without a role on the workspace the answer is a 403 that says no more", async () => {
  await using tenant = await startLogTenant([]);
  const answer = await tenant.post(
    `/v1/workspaces/${tenant.workspaceId}/query`,
    { query: "SigninLogs" },
    "nobody",
  );

  expect(answer).toMatchObject({
    status: 403,
    body: {
      error: {
        message: "The provided credentials have insufficient access to perform the requested operation",
        code: "InsufficientAccessError",
      },
    },
  });
  expect(
    await failureOf(tenant.client("nobody").queryWorkspace(tenant.workspaceId, "SigninLogs", DAY)),
  ).toMatchObject({
    statusCode: 403,
    code: "InsufficientAccessError",
  });
});

test("a role on one table opens that table", async () => {
  await using tenant = await startLogTenant([]);
  const client = tenant.client("narrow");

  expect((await client.queryWorkspace(tenant.workspaceId, "SigninLogs", DAY)).status).toBe(
    LogsQueryResultStatus.Success,
  );
  expect(await failureOf(client.queryWorkspace(tenant.workspaceId, "AuditLogs", DAY))).toMatchObject({
    statusCode: 403,
  });
});

test("without a token the answer is a 401, and an unknown workspace is a 404", async () => {
  await using tenant = await startLogTenant([]);

  expect(
    await tenant.post(`/v1/workspaces/${tenant.workspaceId}/query`, { query: "SigninLogs" }, ""),
  ).toMatchObject({ status: 401 });
  expect(
    await tenant.post("/v1/workspaces/11111111-1111-4111-8111-111111111111/query", { query: "SigninLogs" }),
  ).toMatchObject({
    status: 404,
  });
});

test("an answer has one table named PrimaryResult and the service's headers", async () => {
  await using tenant = await startLogTenant([signIn("-1h", { UserId: "u1" })]);
  const answer = await tenant.post(`/v1/workspaces/${tenant.workspaceId}/query`, {
    query: "SigninLogs | project UserId, IsRisky",
  });

  expect(answer).toMatchObject({
    status: 200,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-expose-headers":
        "Retry-After,Age,WWW-Authenticate,x-resource-identities,x-ms-status-location",
    },
    body: {
      tables: [
        {
          name: "PrimaryResult",
          columns: [
            { name: "UserId", type: "string" },
            { name: "IsRisky", type: "bool" },
          ],
          rows: [["u1", null]],
        },
      ],
    },
  });
});

test("a Basic table refuses /query with the service's own words and answers /search", async () => {
  await using tenant = await startLogTenant([{ table: "AKSAudit", at: "-1h", row: { Verb: "get" } }], {
    clock: manualTenantClock(NOW),
    workspace: { basicTables: ["AKSAudit"] },
  });
  const path = `/v1/workspaces/${tenant.workspaceId}`;

  const refused = await tenant.post(`${path}/query`, { query: "AKSAudit | where Verb == 'get'" });
  expect(refused).toMatchObject({
    status: 400,
    body: { error: { code: "BadArgumentError", innererror: { code: "UnsupportedApiQueryValidationError" } } },
  });
  expect(JSON.stringify(refused.body)).toContain(
    "You can use 'https://api.loganalytics.io/v1/workspaces/{workspaceId}/search' instead.",
  );
  expect(
    await tenant.post(`${path}/search`, {
      query: "AKSAudit | where Verb == 'get' | project Verb",
      timespan: "P1D",
    }),
  ).toMatchObject({
    status: 200,
    body: { tables: [{ rows: [["get"]] }] },
  });
  expect(
    await tenant.post(`${path}/search`, { query: "AKSAudit | summarize count() by Verb", timespan: "P1D" }),
  ).toMatchObject({ status: 400 });
  expect(await tenant.post(`${path}/search`, { query: "AKSAudit | project Verb" })).toMatchObject({
    status: 400,
  });
});

test("a table whose store does not answer gives a partial answer, which the SDK does not throw", async () => {
  await using tenant = await startLogTenant([signIn("-1h", { UserId: "u1" })], {
    clock: manualTenantClock(NOW),
    workspace: { failingTables: ["AuditLogs"] },
  });
  const result = await tenant
    .client("analyst")
    .queryWorkspace(tenant.workspaceId, "union SigninLogs, AuditLogs | project UserId", { duration: "P30D" });

  expect(result.status).toBe(LogsQueryResultStatus.PartialFailure);
  expect(result).toMatchObject({
    partialError: { code: "PartialError" },
    partialTables: [{ rows: [["u1"]] }],
  });
});

test("a row is there after its ingestion delay and not before", async () => {
  const clock = manualTenantClock(NOW);
  await using tenant = await startLogTenant([], { clock, delays: { logIngestionInMs: 300_000 } });
  appendRow(tenant.tenant, "SigninLogs", { UserId: "late" });

  expect(await tenant.ask("SigninLogs | where UserId == 'late'")).toEqual([]);
  clock.advance(300_000);
  const [row] = await tenant.ask("SigninLogs | where UserId == 'late' | project TimeGenerated");
  expect(row).toEqual({ TimeGenerated: new Date(NOW) });
});

test("more queries than the limit are a 429", async () => {
  await using tenant = await startLogTenant([], { clock: manualTenantClock(NOW), throttling: 0.01 });
  const path = `/v1/workspaces/${tenant.workspaceId}/query`;
  await tenant.post(path, { query: "SigninLogs" });
  await tenant.post(path, { query: "SigninLogs" });

  const answer = await tenant.post(path, { query: "SigninLogs" });

  expect(answer.status).toBe(429);
  expect(answer.headers["retry-after"]).toBe("30");
});

test("a batch answers each query with a status of its own", async () => {
  await using tenant = await startLogTenant([signIn("-1h", { UserId: "u1" })], {
    clock: manualTenantClock(NOW),
  });
  const [good, bad] = await tenant.client("analyst").queryBatch([
    { workspaceId: tenant.workspaceId, query: "SigninLogs | project UserId", timespan: { duration: "P30D" } },
    { workspaceId: tenant.workspaceId, query: "SigninLogs | project Nope", timespan: { duration: "P30D" } },
  ]);

  expect(good).toMatchObject({ status: LogsQueryResultStatus.Success, tables: [{ rows: [["u1"]] }] });
  // The SDK calls every answer with an error in it partial, this one too, which has no rows at all.
  expect(bad).toMatchObject({
    status: LogsQueryResultStatus.PartialFailure,
    partialError: { code: "BadArgumentError" },
  });
});
