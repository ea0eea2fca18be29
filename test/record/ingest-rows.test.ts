import { expect, test } from "vitest";
import { type RecordedEntry } from "../../src/record/entry.ts";
import { ONE_ROW_PER_ENTRY, sendRows } from "../../src/record/ingest-rows.ts";
import { startLogTenant } from "../tenant/logs/logs-under-test.ts";

const TABLE = {
  customTables: {
    Cases_CL: {
      TimeGenerated: "datetime",
      CaseId: "string",
      EntryId: "string",
      Seq: "long",
      Type: "string",
      Actor: "string",
      Data: "string",
      Hash: "string",
    },
  },
};

function entry(seq: number): RecordedEntry {
  return {
    seq,
    at: "2026-11-20T09:30:00.000Z",
    caseId: "case-a",
    actor: { kind: "system", component: "containment" },
    type: "closed",
    id: `closed:${seq}`,
    data: { reason: "contained" },
    prev: "0".repeat(64),
    hash: "1".repeat(64),
  };
}

test("entries sent twice count once in a query that asks for one row per entry", async () => {
  await using tenant = await startLogTenant([], { workspace: TABLE });
  const ruleId = `dcr-${tenant.names.guid("collectionRule", "dcr-cases").replaceAll("-", "")}`;
  const destination = { ruleId, stream: "Custom-Cases" };
  const client = tenant.ingestion("shipper");
  await sendRows(client, destination, [entry(1), entry(2)]);
  await sendRows(client, destination, [entry(2), entry(3)]);
  await sendRows(client, destination, []);

  expect(await tenant.ask("Cases_CL | count")).toEqual([{ Count: 4 }]);
  expect(await tenant.ask(`Cases_CL | ${ONE_ROW_PER_ENTRY} | sort by Seq asc | project Seq, Data`)).toEqual([
    { Seq: 1, Data: '{"reason":"contained"}' },
    { Seq: 2, Data: '{"reason":"contained"}' },
    { Seq: 3, Data: '{"reason":"contained"}' },
  ]);
});

test("a refusal is not taken for success", async () => {
  await using tenant = await startLogTenant([], { workspace: TABLE });
  const ruleId = `dcr-${tenant.names.guid("collectionRule", "dcr-cases").replaceAll("-", "")}`;
  await expect(
    sendRows(tenant.ingestion("nobody"), { ruleId, stream: "Custom-Cases" }, [entry(1)]),
  ).rejects.toThrow();
});
