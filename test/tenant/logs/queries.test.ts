import { afterAll, beforeAll, expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { type LogTenant, NOW, startLogTenant } from "./logs-under-test.ts";

/** A table of our own, so that every answer below can be checked by eye. */
const TABLE = {
  T_CL: { TimeGenerated: "datetime", A: "string", N: "int", D: "dynamic" },
  U_CL: { TimeGenerated: "datetime", A: "string", B: "string", D: "string" },
};
const row = (table: string, at: string, columns: object) => ({ table, at, row: columns });

let tenant: LogTenant;
beforeAll(async () => {
  tenant = await startLogTenant(
    [
      row("T_CL", "-3h", { A: "x", N: 1, D: { a: { c: "Y" }, list: ["p", "x"], "odd key": 7 } }),
      row("T_CL", "-2h", { A: "x", N: 5, D: { a: { c: "z" }, list: [] } }),
      row("T_CL", "-1h", { A: "Hello World" }),
      row("U_CL", "-2h", { A: "x", B: "b1", D: "text" }),
      row("U_CL", "-1h", { A: "q", B: "b2" }),
    ],
    { clock: manualTenantClock(NOW), workspace: { customTables: TABLE } },
  );
});
afterAll(() => tenant.stop());

/** One column of the answer. */
const column = async (kql: string) => (await tenant.ask(kql)).map((each) => Object.values(each)[0]);

test.each<[what: string, kql: string, expected: readonly unknown[]]>([
  ["== minds case, =~ does not", "T_CL | where A == 'X' or D.a.c =~ 'y' | project N", [1]],
  ["!= is true of a null and a value", "T_CL | where N != 1 | project A", ["x", "Hello World"]],
  ["!~ is the opposite of =~", "T_CL | where A !~ 'X' | project A", ["Hello World"]],
  ["has wants whole terms", "T_CL | where A has 'world' | project A", ["Hello World"]],
  ["has does not find part of a term", "T_CL | where A has 'ell' | project A", []],
  ["contains finds part of a term", "T_CL | where A contains 'ELL' | project A", ["Hello World"]],
  ["has_any takes a list", "T_CL | where A has_any ('nope', 'hello') | project A", ["Hello World"]],
  [
    "startswith and endswith ignore case",
    "T_CL | where A startswith 'hello' and A endswith 'WORLD' | project A",
    ["Hello World"],
  ],
  [
    "in minds case and in~ does not",
    "T_CL | where A in ('X') or A in~ ('HELLO WORLD') | project A",
    ["Hello World"],
  ],
  ["!in is the opposite of in", "T_CL | where A !in ('x') | project A", ["Hello World"]],
  ["in takes a dynamic list", "let ids = dynamic(['x']); T_CL | where A in (ids) | project N", [1, 5]],
  ["in takes one column of a table", "T_CL | where A in ((U_CL | project A)) | project N", [1, 5]],
  ["between includes both ends", "T_CL | where N between (1 .. 5) | project N", [1, 5]],
  [
    "between takes a time and a span",
    "T_CL | where TimeGenerated between (ago(3h) .. 1h) | project N",
    [1, 5],
  ],
  [
    "ago and now are the tenant's",
    "T_CL | where TimeGenerated > ago(90m) and TimeGenerated < now() | project A",
    ["Hello World"],
  ],
  ["a comparison with null holds for nothing", "T_CL | where N < 100 or N >= 100 | project N", [1, 5]],
  ["not() of null is not true", "T_CL | where not(N > 100) | project N", [1, 5]],
  [
    "isempty and isnotempty are of text",
    "T_CL | where isempty(tostring(D.a.c)) | project A",
    ["Hello World"],
  ],
  ["a path that is not there is null", "T_CL | where isnull(D.no.such.path) | count", [3]],
  [
    "brackets reach odd names and places",
    'T_CL | where D["odd key"] == 7 | project tostring(D.list[1])',
    ["x"],
  ],
  ["places count from the end as well", "T_CL | where N == 1 | project tostring(D.list[-1])", ["x"]],
  ["a null becomes empty text", "T_CL | where A has 'hello' | project strcat('<', tostring(N), '>')", ["<>"]],
  [
    "coalesce takes the first that is not empty",
    "T_CL | where N == 5 | project coalesce(tostring(D.no), tostring(D.a.c), 'end')",
    ["z"],
  ],
  [
    "iff and case choose",
    "T_CL | where isnotnull(N) | project iff(N > 1, 'big', case(N == 1, 'one', 'none'))",
    ["one", "big"],
  ],
  ["column_ifexists falls back", "T_CL | take 1 | project column_ifexists('Nope', 'fallback')", ["fallback"]],
  ["parse_json reads JSON in text", "print x = parse_json('{\"a\":[1,2]}').a[1]", [2]],
  ["array_length of no list is null", "T_CL | where N == 1 or N == 5 | project array_length(D.list)", [2, 0]],
  ["top takes the greatest first", "T_CL | top 1 by N | project N", [5]],
  [
    "nulls come last going down and first going up",
    "T_CL | sort by N asc | project A",
    ["Hello World", "x", "x"],
  ],
  ["distinct is by value", "T_CL | distinct A", ["x", "Hello World"]],
  ["count answers one row even of none", "T_CL | where false | count", [0]],
  ["summarize without keys answers one row even of none", "T_CL | where false | summarize n = count()", [0]],
  [
    "countif and dcount count",
    "T_CL | summarize strcat(tostring(countif(N > 1)), '/', tostring(dcount(A)))",
    ["1/2"],
  ],
  [
    "min and max leave nulls out",
    "T_CL | summarize strcat(tostring(min(N)), '-', tostring(max(N)))",
    ["1-5"],
  ],
  ["bin cuts time", "T_CL | summarize n = count() by bin(TimeGenerated, 1d) | project n", [3]],
  [
    "mv-expand makes a row of each item and none of an empty list",
    "T_CL | where isnotnull(N) | mv-expand item = D.list to typeof(string) | project item",
    ["p", "x"],
  ],
  [
    "join keeps what has no partner if asked",
    "T_CL | where N == 1 or A has 'world' | join kind=leftouter (U_CL) on A | project B",
    ["b1", ""],
  ],
  ["join by default keeps one left row a key", "T_CL | join (U_CL) on A | project N", [1]],
  [
    "join kind=inner keeps all pairs",
    "T_CL | join kind=inner (U_CL) on $left.A == $right.A | project N",
    [1, 5],
  ],
  [
    "leftanti keeps what has no partner",
    "T_CL | join kind=leftanti (U_CL) on A | project A",
    ["Hello World"],
  ],
  ["union takes all rows", "union T_CL, U_CL | count", [5]],
  ["union isfuzzy leaves out what is not there", "union isfuzzy=true U_CL, NoSuch_CL | count", [2]],
  ["let names a table", "let few = T_CL | where N == 1; few | project A", ["x"]],
  ["materialize is read once", "let few = materialize(T_CL | take 2); few | count", [2]],
])("%s", async (_, kql, expected) => {
  expect(await column(kql)).toEqual(expected);
});

test("tolower, toint, tolong and todatetime convert", async () => {
  expect(
    await column(
      "print x = strcat(tolower('AB'), toint('7') + 1, tostring(todatetime('2026-01-02') > datetime(2026-01-01)))",
    ),
  ).toEqual(["ab8true"]);
});

test("rows come with their table and their workspace", async () => {
  expect(await tenant.ask("U_CL | take 1 | project Type, TenantId")).toEqual([
    { Type: "U_CL", TenantId: tenant.workspaceId },
  ]);
});

test("times and dynamic columns arrive as the SDK reads them", async () => {
  const [first] = await tenant.ask("T_CL | where N == 1");

  expect(first).toMatchObject({
    TimeGenerated: new Date("2026-11-20T07:00:00Z"),
    D: { a: { c: "Y" }, list: ["p", "x"] },
    N: 1,
  });
});

test("arg_max brings the rest of its row", async () => {
  expect(
    await tenant.ask("T_CL | summarize arg_max(TimeGenerated, *) by A | where A == 'x' | project N, D"),
  ).toEqual([{ N: 5, D: { a: { c: "z" }, list: [] } }]);
  expect(await tenant.ask("T_CL | summarize arg_max(N, D.a.c, A)")).toEqual([{ N: 5, D_a_c: "z", A: "x" }]);
});

test("make_set has each value once, make_list all of them", async () => {
  expect(await tenant.ask("T_CL | summarize make_set(A), make_list(N)")).toEqual([
    { set_A: ["x", "Hello World"], list_N: [1, 5] },
  ]);
});

test("columns of an expression are called what Kusto calls them", async () => {
  const [first] = await tenant.ask("T_CL | summarize count(), dcount(A), max(N) by tostring(D.a.c)");

  expect(Object.keys(first ?? {})).toEqual(["D_a_c", "count_", "dcount_A", "max_N"]);
});

test("a column with two types in a union becomes two columns", async () => {
  const [first] = await tenant.ask("union T_CL, U_CL | where B == 'b1' | project D_dynamic, D_string");

  expect(first).toEqual({ D_dynamic: null, D_string: "text" });
});

test("withsource says where a row is from", async () => {
  expect(
    await tenant.ask("union withsource=From T_CL, U_CL | summarize n = count() by From | sort by From asc"),
  ).toEqual([
    { From: "T_CL", n: 3 },
    { From: "U_CL", n: 2 },
  ]);
});

test("the request's timespan limits every table of the query", async () => {
  const rows = await tenant.ask("union T_CL, U_CL | summarize n = count()", {
    startTime: new Date("2026-11-20T07:30:00Z"),
    endTime: new Date("2026-11-20T08:30:00Z"),
  });

  expect(rows).toEqual([{ n: 2 }]);
});
