import { describe, expect, test } from "vitest";
import { type ArmUnderTest, armWith, everyPage } from "./arm-under-test.ts";

const log = (arm: ArmUnderTest, filter: string) =>
  `${arm.subscription}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=${encodeURIComponent(filter)}`;
const SINCE = "eventTimestamp ge 2026-11-19T19:47:39.897059";

const busy = () => {
  const arm = armWith({
    azure: {
      resourceGroups: [{ name: "rg-shop" }, { name: "rg-other" }],
      roleAssignments: [
        { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
        { principal: "servicePrincipal.deploy", role: "Contributor", scope: "prod" },
      ],
    },
  });
  const vault = (group: string, name: string) =>
    `${arm.subscription}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${name}`;
  arm.ask("PUT", vault("rg-shop", "kv1"), { as: "deploy", body: { location: "westeurope", properties: {} } });
  arm.clock.advance(1_000);
  arm.ask("DELETE", vault("rg-other", "kv2"));
  return arm;
};

describe("the activity log", () => {
  test("takes az's filter: an unquoted time without Z, and a group", () => {
    const arm = busy();
    const all = arm.ask("GET", log(arm, SINCE)).body.value ?? [];
    expect(all).toHaveLength(4);
    const some = arm.ask("GET", log(arm, `${SINCE} and resourceGroupName eq 'RG-SHOP'`)).body.value ?? [];
    expect(some).toHaveLength(2);
    expect(some[0]).toMatchObject({
      authorization: { action: "Microsoft.KeyVault/vaults/write" },
      caller: arm.principal("deploy"),
      httpRequest: { clientIpAddress: "203.0.113.7", method: "PUT" },
      eventName: { value: "EndRequest" },
      status: { value: "Succeeded" },
      subStatus: { value: "Created" },
      claims: { "http://schemas.microsoft.com/identity/claims/objectidentifier": arm.principal("deploy") },
    });
    expect(some[1]).toMatchObject({
      eventName: { value: "BeginRequest" },
      status: { value: "Started" },
      subStatus: { value: "" },
    });
    expect(some[1]?.["correlationId"]).toBe(some[0]?.["correlationId"]);
  });

  test("is newest first, and narrows by caller, status and resource", () => {
    const arm = busy();
    const all = arm.ask("GET", log(arm, SINCE)).body.value ?? [];
    expect(all[0]).toMatchObject({ subStatus: { value: "NoContent" } });
    const count = (clause: string) => arm.ask("GET", log(arm, `${SINCE} and ${clause}`)).body.value?.length;
    expect(count(`caller eq '${arm.principal("deploy")}'`)).toBe(2);
    expect(count("status eq 'Succeeded'")).toBe(2);
    expect(count(`resourceUri eq '${arm.group}/providers/Microsoft.KeyVault/vaults/kv1'`)).toBe(2);
    expect(count("eventChannels eq 'Admin, Operation'")).toBe(4);
  });

  test("a start more than 90 days back is 400 without an envelope", () => {
    const arm = busy();
    const answer = arm.ask("GET", log(arm, "eventTimestamp ge '2026-08-01T00:00:00Z'"));
    expect(answer.status).toBe(400);
    expect(answer.raw).toEqual({
      code: "BadRequest",
      message: "The start time cannot be more than 90 days in the past.",
    });
  });

  test("comes 200 a page, nextLink before value", () => {
    const arm = busy();
    for (let index = 0; index < 250; index += 1) {
      arm.ask("DELETE", `${arm.group}/providers/Microsoft.KeyVault/vaults/none${index}`);
    }
    const first = arm.ask("GET", log(arm, SINCE));
    expect(first.body.value).toHaveLength(200);
    expect(JSON.stringify(first.raw)).toMatch(/^\{"nextLink":"https:/);
    expect(everyPage(arm, log(arm, SINCE))).toHaveLength(504);
  });

  test("an empty window is an empty list, an unknown clause an error", () => {
    const arm = busy();
    expect(arm.ask("GET", log(arm, "eventTimestamp ge 2026-11-22T23:00:00Z")).raw).toEqual({ value: [] });
    expect(arm.ask("GET", log(arm, `${SINCE} and colour eq 'red'`))).toMatchObject({ status: 501 });
  });

  test("takes the right to read it", () => {
    const arm = busy();
    expect(arm.ask("GET", log(arm, SINCE), { as: "nobody" })).toMatchObject({
      status: 403,
      message: expect.stringContaining("'Microsoft.Insights/eventtypes/values/read'"),
    });
  });
});
