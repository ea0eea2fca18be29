import { expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { logsIngestion } from "../../../local/tenant/logs/ingestion-service.ts";
import { NOW, startLogTenant } from "./logs-under-test.ts";

const CASES = { customTables: { Cases_CL: { TimeGenerated: "datetime", CaseId: "string", Step: "string" } } };
const ruleId = (tenant: { names: { guid(kind: string, name: string): string } }) =>
  `dcr-${tenant.names.guid("collectionRule", "dcr-cases").replaceAll("-", "")}`;

test("rows sent to a rule's stream are in its table after the ingestion delay", async () => {
  const clock = manualTenantClock(NOW);
  await using tenant = await startLogTenant([], {
    clock,
    workspace: CASES,
    delays: { logIngestionInMs: 60_000 },
  });

  await tenant.ingestion("shipper").upload(ruleId(tenant), "Custom-Cases", [
    { CaseId: "c1", Step: "one" },
    { CaseId: "c1", Step: "two" },
  ]);

  expect(await tenant.ask("Cases_CL | count")).toEqual([{ Count: 0 }]);
  clock.advance(60_000);
  expect(await tenant.ask("Cases_CL | project CaseId, Step")).toEqual([
    { CaseId: "c1", Step: "one" },
    { CaseId: "c1", Step: "two" },
  ]);
});

test("the same rows sent twice are there twice", async () => {
  await using tenant = await startLogTenant([], { workspace: CASES });
  const rows = [{ CaseId: "c1", Step: "one" }];
  await tenant.ingestion("shipper").upload(ruleId(tenant), "Custom-Cases", rows);
  await tenant.ingestion("shipper").upload(ruleId(tenant), "Custom-Cases", rows);

  expect(await tenant.ask("Cases_CL | count")).toEqual([{ Count: 2 }]);
});

test("without Monitoring Metrics Publisher on the rule the answer is a 403", async () => {
  await using tenant = await startLogTenant([], { workspace: CASES });
  const failure = await tenant
    .ingestion("nobody")
    .upload(ruleId(tenant), "Custom-Cases", [{ CaseId: "c1" }])
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({ errors: [{ cause: { statusCode: 403, code: "OperationFailed" } }] });
  expect(await tenant.ask("Cases_CL | count")).toEqual([{ Count: 0 }]);
});

test("a body of more than a megabyte is refused", async () => {
  await using tenant = await startLogTenant([], { workspace: CASES });
  const url = new URL(
    `https://dce.ingest.monitor.azure.com/dataCollectionRules/${ruleId(tenant)}/streams/Custom-Cases?api-version=2023-01-01`,
  );
  const token = await tenant.tokenOf("shipper", "https://monitor.azure.com/.default");
  const { response } = logsIngestion.handle(
    {
      id: "r",
      method: "POST",
      host: url.hostname,
      url,
      headers: { authorization: `Bearer ${token}` },
      body: new Uint8Array(1_048_577),
      clientAddress: "20.50.0.10",
    },
    tenant.tenant,
  );

  expect(response.status).toBe(413);
});
