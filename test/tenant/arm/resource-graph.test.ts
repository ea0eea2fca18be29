import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type ArmUnderTest, armWith, type AskOptions } from "./arm-under-test.ts";

const Result = z.looseObject({
  totalRecords: z.number(),
  count: z.number(),
  data: z.array(z.record(z.string(), z.unknown())),
  facets: z.array(z.unknown()),
  resultTruncated: z.string(),
  $skipToken: z.string().optional(),
});

const PATH = "/providers/Microsoft.ResourceGraph/resources";

function graph(arm: ArmUnderTest, query: string, more: object = {}, options: AskOptions = {}) {
  return arm.ask("POST", PATH, { apiVersion: "2024-04-01", body: { query, ...more }, ...options });
}

function rows(arm: ArmUnderTest, query: string, more: object = {}, options: AskOptions = {}) {
  const answer = graph(arm, query, more, options);
  expect(answer.status, JSON.stringify(answer.raw)).toBe(200);
  return Result.parse(answer.raw);
}

const assignmentsQuery = (ids: readonly string[]) =>
  `authorizationresources | where type =~ 'Microsoft.Authorization/roleAssignments' | where tostring(properties.principalId) in~ (${ids.map((id) => `'${id}'`).join(",")}) | project id, properties | order by id asc`;

describe("authorizationresources", () => {
  const layered = () =>
    armWith({
      azure: {
        managementGroups: [{ name: "corp" }],
        subscriptions: [{ name: "prod", managementGroup: "corp" }],
        roleAssignments: [
          { name: "o", principal: "servicePrincipal.owner", role: "Owner", scope: "managementGroup/corp" },
          { name: "mg", principal: "servicePrincipal.deploy", role: "Reader", scope: "managementGroup/corp" },
          { name: "rg", principal: "servicePrincipal.deploy", role: "Reader", scope: "prod/rg-shop" },
        ],
        roleSchedules: [{ kind: "eligibility", principal: "user.ada", role: "Owner", scope: "prod" }],
      },
      directory: { users: [{ name: "ada" }], applications: [{ name: "owner" }, { name: "deploy" }] },
    });

  test("leaves out what is assigned at a management group unless the scope filter says above", () => {
    const arm = layered();
    const query = assignmentsQuery([arm.principal("deploy")]);
    expect(rows(arm, query).count).toBe(1);
    expect(rows(arm, query, { options: { authorizationScopeFilter: "AtScopeAboveAndBelow" } }).count).toBe(2);
    expect(rows(arm, query, { options: { authorizationScopeFilter: "AtScopeAndAbove" } }).count).toBe(1);
    expect(rows(arm, query, { options: { authorizationScopeFilter: "AtScopeExact" } }).count).toBe(0);
  });

  test("API versions before the option pass over it", () => {
    const arm = layered();
    const found = rows(
      arm,
      assignmentsQuery([arm.principal("deploy")]),
      { options: { authorizationScopeFilter: "AtScopeAboveAndBelow" } },
      { apiVersion: "2021-03-01" },
    );
    expect(found.count).toBe(1);
  });

  test("has no PIM-eligible assignments", () => {
    const arm = layered();
    expect(rows(arm, assignmentsQuery([arm.names.guid("user", "ada")])).count).toBe(0);
  });

  test("has role definitions beside assignments", () => {
    const arm = layered();
    const found = rows(
      arm,
      "authorizationresources | where type =~ 'microsoft.authorization/roledefinitions' | where properties.roleName =~ 'owner' | project name",
    );
    expect(found.data).toEqual([{ name: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" }]);
  });

  test("shows a removed assignment until its lag is over", () => {
    const arm = armWith({ delays: { resourceGraphInMs: 60_000 } });
    const id = arm.names.guid("roleAssignment", "reader");
    const query = assignmentsQuery([arm.principal("reader")]);
    arm.ask("DELETE", `${arm.subscription}/providers/Microsoft.Authorization/roleAssignments/${id}`);
    arm.clock.advance(59_999);
    expect(rows(arm, query).count).toBe(1);
    arm.clock.advance(1);
    expect(rows(arm, query).count).toBe(0);
  });
});

describe("resources", () => {
  const shop = () =>
    armWith({
      azure: {
        subscriptions: [{ name: "prod" }, { name: "test" }],
        resourceGroups: [{ name: "rg-shop" }, { name: "rg-test", subscription: "test" }],
        identities: [{ name: "id-shop", resourceGroup: "rg-shop" }],
        resources: [
          {
            type: "Microsoft.KeyVault/vaults",
            name: "kv-shop",
            resourceGroup: "rg-shop",
            properties: {
              accessPolicies: [
                { objectId: "one", permissions: { secrets: ["get"] } },
                { objectId: "two", permissions: { secrets: ["list"] } },
              ],
            },
          },
          {
            type: "Microsoft.Compute/virtualMachines",
            name: "vm-shop",
            resourceGroup: "rg-shop",
            identity: { user: ["id-shop"] },
            tags: { team: "shop" },
          },
          { type: "Microsoft.KeyVault/vaults", name: "kv-test", resourceGroup: "rg-test" },
        ],
        roleAssignments: [
          { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
          { principal: "servicePrincipal.owner", role: "Owner", scope: "test" },
          { principal: "servicePrincipal.reader", role: "Reader", scope: "prod/rg-shop" },
        ],
      },
    });

  test("vault access policies are expanded one row each", () => {
    const arm = shop();
    const found = rows(
      arm,
      "resources | where type =~ 'microsoft.keyvault/vaults' | mv-expand policy = properties.accessPolicies | where tostring(policy.objectId) == 'two' | project id, name, policy | order by id asc",
    );
    expect(found.data).toHaveLength(1);
    expect(found.data[0]).toMatchObject({ name: "kv-shop", policy: { objectId: "two" } });
  });

  test("`identity has` finds what an identity is attached to", () => {
    const arm = shop();
    const id =
      `${arm.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop`.toLowerCase();
    const found = rows(arm, `resources | where identity has '${id}' | project id, type`);
    expect(found.data.map((row) => row["type"])).toEqual(["microsoft.compute/virtualmachines"]);
  });

  test("types and groups are lower case, ids are as written", () => {
    const arm = shop();
    const found = rows(
      arm,
      "resources | where name == 'vm-shop' | project id, type, resourceGroup, subscriptionId",
    );
    expect(found.data[0]).toEqual({
      id: `${arm.group}/providers/Microsoft.Compute/virtualMachines/vm-shop`,
      type: "microsoft.compute/virtualmachines",
      resourceGroup: "rg-shop",
      subscriptionId: arm.subscription.split("/").at(-1),
    });
  });

  test("scopes that cannot be read are left out without a word", () => {
    const arm = shop();
    expect(rows(arm, "resources | project name | order by name asc", {}, { as: "reader" }).data).toEqual([
      { name: "id-shop" },
      { name: "kv-shop" },
      { name: "vm-shop" },
    ]);
    expect(rows(arm, "resources | project name", {}, { as: "nobody" })).toMatchObject({
      totalRecords: 0,
      data: [],
    });
  });

  test("403 only when none of the scopes that are named can be read", () => {
    const arm = shop();
    const [prod, other] = ["prod", "test"].map((name) => arm.names.guid("subscription", name));
    expect(graph(arm, "resources", { subscriptions: [prod, other] }, { as: "reader" }).status).toBe(200);
    expect(graph(arm, "resources", { subscriptions: [other] }, { as: "reader" }).status).toBe(403);
  });

  test("named subscriptions narrow the query", () => {
    const arm = shop();
    const found = rows(arm, "resources | project name", {
      subscriptions: [arm.names.guid("subscription", "test")],
    });
    expect(found.data).toEqual([{ name: "kv-test" }]);
  });

  test("a deleted resource stays until the lag is over", () => {
    const arm = armWith({
      delays: { resourceGraphInMs: 1_000 },
      azure: {
        resources: [{ type: "Microsoft.KeyVault/vaults", name: "kv", resourceGroup: "rg-shop" }],
        roleAssignments: [{ principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
      },
    });
    arm.ask("DELETE", `${arm.group}/providers/Microsoft.KeyVault/vaults/kv`);
    expect(rows(arm, "resources").count).toBe(1);
    arm.clock.advance(1_000);
    expect(rows(arm, "resources").count).toBe(0);
  });

  test.each([
    ["where name has 'shop'", 3],
    ["where name has 'sho'", 0],
    ["where name contains 'SHO'", 3],
    ["where name startswith 'KV'", 2],
    ["where name !startswith 'kv'", 2],
    ["where name == 'KV-SHOP'", 0],
    ["where name =~ 'KV-SHOP'", 1],
    ["where name in ('kv-shop','kv-test')", 2],
    ["where name !in~ ('KV-shop','kv-test')", 2],
    ["where tags.team == 'shop'", 1],
    ["where tags['team'] == 'shop'", 1],
    ["where isnull(tags.team)", 3],
    ["where isnotempty(tostring(tags.team)) and type =~ 'microsoft.compute/virtualMachines'", 1],
    ["where not(name has 'shop') or name =~ 'kv-shop'", 2],
    ["extend short = tolower(name) | where short == 'kv-shop' | project short", 1],
    ["where type =~ 'microsoft.keyvault/vaults' | limit 1", 1],
  ])("%s finds %i", (query, count) => {
    const arm = shop();
    expect(rows(arm, `resources | ${query}`).count).toBe(count);
  });

  test("summarize counts by column", () => {
    const arm = shop();
    expect(rows(arm, "resources | summarize count() by type | order by type asc").data).toEqual([
      { type: "microsoft.compute/virtualmachines", count_: 1 },
      { type: "microsoft.keyvault/vaults", count_: 2 },
      { type: "microsoft.managedidentity/userassignedidentities", count_: 1 },
    ]);
  });
});

describe("pages", () => {
  const many = () =>
    armWith({
      azure: {
        resources: Array.from({ length: 2_100 }, (_, index) => ({
          type: "Microsoft.Network/publicIPAddresses",
          name: `ip-${String(index).padStart(4, "0")}`,
          resourceGroup: "rg-shop",
        })),
        roleAssignments: [{ principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
      },
    });

  test("hold 1,000 rows; $skipToken leads on and resultTruncated is the string false", () => {
    const arm = many();
    const query = "resources | project id | order by id asc";
    const first = rows(arm, query, { options: { $top: 5_000 } });
    expect(first).toMatchObject({ totalRecords: 2_100, count: 1_000, resultTruncated: "false", facets: [] });
    const second = rows(arm, query, { options: { $skipToken: first.$skipToken } });
    const third = rows(arm, query, { options: { $skipToken: second.$skipToken } });
    expect(third.count).toBe(100);
    expect(third.$skipToken).toBeUndefined();
    const ids = [first, second, third].flatMap(({ data }) => data.map((row) => row["id"]));
    expect(new Set(ids).size).toBe(2_100);
  });

  test('a limit in the query that cuts gives "true" and no token', () => {
    const arm = many();
    const cut = rows(arm, "resources | project id | limit 1500");
    expect(cut).toMatchObject({ count: 1_000, resultTruncated: "true" });
    expect(cut.$skipToken).toBeUndefined();
  });

  test('nothing but dynamic columns gives "true" and no token', () => {
    const arm = many();
    const cut = rows(arm, "resources | project properties");
    expect(cut.resultTruncated).toBe("true");
    expect(cut.$skipToken).toBeUndefined();
  });
});

describe("refusals", () => {
  test("a query that cannot be read is 400 BadRequest with InvalidQuery and where it went wrong", () => {
    const arm = armWith();
    const answer = graph(arm, "resources |");
    expect(answer).toMatchObject({
      status: 400,
      code: "BadRequest",
      message: expect.stringMatching(
        /^Please provide below info when asking for support: timestamp = .*, correlationId = /,
      ),
    });
    expect(answer.body.error?.["details"]).toMatchObject([
      { code: "InvalidQuery" },
      { code: "ParserFailure", line: 1, characterPositionInLine: 11, token: "<EOF>" },
    ]);
  });

  test.each([
    "resources | join kind=inner (resources) on id",
    "resources | extend x = hash(name)",
    "securityresources",
  ])("%s is refused as not modelled, not answered empty", (query) => {
    const arm = armWith({
      azure: {
        resources: [{ type: "Microsoft.KeyVault/vaults", name: "kv", resourceGroup: "rg-shop" }],
        roleAssignments: [{ principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
      },
    });
    expect(graph(arm, query)).toMatchObject({ status: 501, code: "NotModelledByStandIn" });
  });

  test("an unknown column is an invalid query, not an empty answer", () => {
    const arm = armWith({
      azure: {
        resources: [{ type: "Microsoft.KeyVault/vaults", name: "kv", resourceGroup: "rg-shop" }],
        roleAssignments: [{ principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
      },
    });
    expect(graph(arm, "resources | where nmae == 'kv'").status).toBe(400);
  });

  test("the sixteenth query within five seconds is 429 RateLimiting with Retry-After 5", () => {
    const arm = armWith({ throttling: 1 });
    const first = graph(arm, "resources");
    expect(first.headers).toMatchObject({
      "x-ms-user-quota-remaining": "14",
      "x-ms-user-quota-resets-after": "00:00:05",
      "x-ms-ratelimit-remaining-tenant-resource-requests": "14",
    });
    for (let index = 0; index < 14; index += 1) graph(arm, "resources");
    const refused = graph(arm, "resources");
    expect(refused).toMatchObject({ status: 429, code: "RateLimiting" });
    expect(refused.headers["Retry-After"]).toBe("5");
  });

  test("a query leaves nothing in the activity log", () => {
    const arm = armWith();
    graph(arm, "resources");
    expect(arm.tenant.state.azure.activity).toHaveLength(0);
  });
});
