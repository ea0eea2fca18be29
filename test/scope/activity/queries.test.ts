import { describe, expect, test } from "vitest";
import { analyze } from "../../../local/tenant/logs/kusto/language.ts";
import { scenarioNames } from "../../../local/tenant/scenario/names.ts";
import { loadLogs } from "../../../local/tenant/state/logs.ts";
import { tablesOf } from "../../../local/tenant/logs/tables.ts";
import { callsWithoutName } from "../../../src/scope/activity/cluster-log.ts";
import { LOG_SOURCES } from "../../../src/scope/activity/collect.ts";
import type { Who } from "../../../src/scope/activity/log-source.ts";
import { keyedCallsFrom } from "../../../src/scope/activity/storage-log.ts";
import { kqlText } from "../../../src/scope/identifiers.ts";
import { signInsFrom } from "../../../src/scope/related.ts";
import { callersInActivity, callersInCluster } from "../../../src/scope/resolve/callers.ts";

const ID = "0b6f4c1e-4e5a-4c36-9d8e-2f4f1f2e3d4c";
const CLUSTER = `/subscriptions/${ID}/resourcegroups/rg/providers/microsoft.containerservice/managedclusters/aks`;
const who: Who = {
  objectIds: [ID],
  appIds: [ID],
  userPrincipalNames: [`o'brien"\\ada@contoso.onmicrosoft.com`],
  targetIds: [ID],
  kinds: new Set(["service-principal", "managed-identity", "user"]),
};
const [workspace] = loadLogs(
  { workspaces: [{ name: "law" }] },
  scenarioNames({ scenario: "queries", seed: 1, nowInMs: 0 }),
).workspaces.values();
if (workspace === undefined) throw new Error("no workspace");
const tables = tablesOf(workspace);
/** Microsoft's parser and binder; throws with what is wrong. */
const columnsOf = (kql: string) => analyze(kql, tables).columns.map(({ name }) => name);

describe("every query is good KQL over the tables' own columns", () => {
  test.each(LOG_SOURCES)("$table", (source) => {
    const kql = source.kql(who);
    expect(kql).not.toBeNull();
    expect(columnsOf(kql ?? "")).toContain("TimeGenerated");
  });

  test.each(LOG_SOURCES.filter((source) => source.usual !== undefined))(
    "usual activity in $table",
    (source) => {
      expect(columnsOf(source.usual?.(who) ?? "")).toEqual(expect.arrayContaining(["Subject", "Address"]));
    },
  );

  test.each([
    ["calls on a cluster by nobody in particular", callsWithoutName([CLUSTER], ["203.0.113.50"])],
    ["storage calls with keys", keyedCallsFrom(["203.0.113.50"])],
    ["sign-ins from an address", signInsFrom(["203.0.113.50"])],
    ["callers of a resource", callersInActivity([CLUSTER])],
    ["callers in a cluster", callersInCluster([CLUSTER])],
  ])("%s", (_, kql) => {
    expect(columnsOf(kql)).toContain("TimeGenerated");
  });

  test("a misspelt column would be found", () => {
    expect(() => columnsOf("AzureActivity | project CallerIPAddress")).toThrow();
  });
});

describe("text in a query is data", () => {
  test("quotes and backslashes stay inside the literal", () => {
    expect(kqlText(String.raw`a"b\c`)).toBe(String.raw`"a\"b\\c"`);
    const kql = `AuditLogs | where OperationName == ${kqlText(`x" or true or OperationName == "`)}`;
    expect(columnsOf(kql)).toContain("OperationName");
    expect(kql.match(/(?<!\\)"/g)).toHaveLength(2);
  });

  test("control characters are refused", () => {
    expect(() => kqlText("a\nb")).toThrow(TypeError);
  });
});
