import { describe, expect, test } from "vitest";
import { addManagedIdentity } from "../../../local/tenant/state/directory.ts";
import { READER, graphUnderTest } from "./graph-under-test.ts";

const EVENTUAL = { consistencylevel: "eventual" };
const MANY = { applications: Array.from({ length: 230 }, (_, index) => ({ name: `app-${index}` })) };

describe("addresses", () => {
  test("an application answers to its object id and to the alternate key of its appId", () => {
    const under = graphUnderTest();
    const byId = under.get(READER, `/applications/${under.id("application.reader")}`);
    const byAppId = under.get(READER, `/applications(appId='${under.appId("reader")}')`);
    expect(byId.status).toBe(200);
    expect(byAppId.body).toEqual(byId.body);
    expect(byId.body["@odata.context"]).toBe(
      "https://graph.microsoft.com/v1.0/$metadata#applications/$entity",
    );
    expect(byAppId.operation).toBe("GET /applications/{id}");
  });

  test("what is not there is a 404 that names the id", () => {
    const under = graphUnderTest();
    const { status, error } = under.get(READER, `/servicePrincipals/${under.tenant.id}`);
    expect(status).toBe(404);
    expect(error).toEqual({
      code: "Request_ResourceNotFound",
      message: `Resource '${under.tenant.id}' does not exist or one of its queried reference-property objects are not present.`,
      innerError: {
        date: "2026-11-20T10:00:00",
        "request-id": "00000000-0000-4000-8000-000000000001",
        "client-request-id": "00000000-0000-4000-8000-000000000001",
      },
    });
  });

  test("a managed identity has a service principal and no application object", () => {
    const under = graphUnderTest();
    addManagedIdentity(
      under.tenant.state.directory,
      {
        principalId: under.names.guid("identity", "vm"),
        clientId: under.names.guid("clientId", "vm"),
        displayName: "vm",
        resourceId:
          "/subscriptions/s/resourcegroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/vm",
        userAssigned: true,
      },
      under.clock.now() - 60 * 86_400_000,
    );
    const { body } = under.get(READER, `/servicePrincipals/${under.id("identity.vm")}`);
    expect(body).toMatchObject({ servicePrincipalType: "ManagedIdentity", appOwnerOrganizationId: null });
    expect(body["alternativeNames"]).toEqual([
      "isExplicit=True",
      expect.stringContaining("userAssignedIdentities/vm"),
    ]);
    expect(under.get(READER, `/applications(appId='${under.id("clientId.vm")}')`).status).toBe(404);
    // Valid 90 days, rolled at 45: sixty days on there are two.
    expect(body["keyCredentials"]).toHaveLength(2);
  });

  test("Microsoft's own principals belong to Microsoft's tenant and carry Graph's real app role ids", () => {
    const under = graphUnderTest();
    const { body } = under.get(READER, "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')");
    expect(body["appOwnerOrganizationId"]).toBe("f8cdef31-a31e-4b4a-93e4-5f571e91255a");
    expect(body["appRoles"]).toContainEqual(
      expect.objectContaining({
        id: "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
        value: "Application.ReadWrite.All",
      }),
    );
  });

  test("what is not modelled is refused by name, never answered emptily", () => {
    const under = graphUnderTest();
    for (const [path, what] of [
      ["/identity/conditionalAccess/policies", "identity/conditionalAccess/policies"],
      ["/applications?$apply=groupby((displayName))", "$apply"],
      ["/applications?$expand=tokenLifetimePolicies", "tokenLifetimePolicies"],
      ["/applications?$filter=length(displayName) gt 3", "length"],
    ] as const) {
      const { status, error } = under.get(READER, path);
      expect(status, path).toBe(400);
      expect(error?.code).toBe("NotModelledByStandIn");
      expect(error?.message).toContain(what);
    }
  });
});

describe("pages", () => {
  test("a page has 100 unless asked otherwise, and its nextLink comes before value", () => {
    const under = graphUnderTest({ directory: MANY });
    const first = under.get(READER, "/applications");
    expect(first.value).toHaveLength(100);
    expect(Object.keys(first.body)).toEqual(["@odata.context", "@odata.nextLink", "value"]);
    const seen = [...first.value];
    for (let next = first.body["@odata.nextLink"]; typeof next === "string";) {
      expect(next).toMatch(/^https:\/\/graph\.microsoft\.com\/v1\.0\/applications\?\$skiptoken=[\w-]+$/);
      const page = under.get(READER, next);
      seen.push(...page.value);
      next = page.body["@odata.nextLink"];
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(232);
  });

  test("the other options stay on the nextLink", () => {
    const under = graphUnderTest({ directory: MANY });
    const { body } = under.get(READER, "/applications?$select=id&$top=5");
    expect(body["@odata.nextLink"]).toMatch(/\?\$select=id&\$top=5&\$skiptoken=/);
  });

  test("an application deleted between two pages makes none of the others be skipped", () => {
    const under = graphUnderTest({ directory: MANY });
    const first = under.get(READER, "/applications?$top=50");
    const [gone] = first.value;
    under.tenant.state.directory.applications.remove(String(gone?.["id"]), under.clock.now());
    const second = under.get(READER, String(first.body["@odata.nextLink"]));
    const names = [...first.value, ...second.value].map(({ displayName }) => displayName);
    expect(names).toEqual(Array.from({ length: 100 }, (_, index) => `app-${index}`));
  });

  test("more than 999 a page is refused", () => {
    expect(graphUnderTest().get(READER, "/applications?$top=1000").status).toBe(400);
  });
});

describe("queries", () => {
  test("$select shows what was asked, and an unknown property is refused", () => {
    const under = graphUnderTest();
    const path = `/applications/${under.id("application.reader")}`;
    expect(under.get(READER, `${path}?$select=id,appId`).body).toEqual({
      "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications(id,appId)/$entity",
      id: under.id("application.reader"),
      appId: under.appId("reader"),
    });
    const refused = under.get(READER, `${path}?$select=nonsense`);
    expect(refused.status).toBe(400);
    expect(refused.error?.message).toContain("Could not find a property named 'nonsense'");
  });

  test("the filters az sends are understood; a quote is doubled", () => {
    const under = graphUnderTest({ directory: { applications: [{ name: "odd", displayName: "it's odd" }] } });
    const found = (filter: string) =>
      under
        .get(READER, `/servicePrincipals?$filter=${encodeURIComponent(filter)}`)
        .value.map(({ displayName }) => displayName);
    expect(found("displayName eq 'it''s odd'")).toEqual(["it's odd"]);
    expect(found("startswith(displayName,'IT')")).toEqual(["it's odd"]);
    expect(found(`appId eq '${under.appId("odd")}'`)).toEqual(["it's odd"]);
    expect(found(`servicePrincipalNames/any(c:c eq '${under.appId("odd")}')`)).toEqual(["it's odd"]);
    expect(found(`servicePrincipalNames/any(c:c eq '${under.id("servicePrincipal.odd")}')`)).toEqual([]);
    expect(found("id in ('00000000-0000-0000-0000-000000000001') or displayName eq 'reader'")).toEqual([
      "reader",
    ]);
  });

  test("passwordCredentials cannot be filtered on, so that sweeps page everything", () => {
    const answer = graphUnderTest().get(
      READER,
      "/applications?$filter=passwordCredentials/any(c:c/displayName eq 'x')",
    );
    expect(answer.status).toBe(400);
    expect(answer.error?.code).toBe("Request_UnsupportedQuery");
  });

  test("ne, not and sorting need ConsistencyLevel and $count; without the header $count=true is ignored", () => {
    const under = graphUnderTest();
    for (const query of [
      "$filter=displayName ne 'x'",
      "$filter=not startswith(displayName,'x')",
      "$orderby=displayName",
    ]) {
      expect(under.get(READER, `/applications?${query}`).error?.code, query).toBe("Request_UnsupportedQuery");
      expect(under.get(READER, `/applications?${query}&$count=true`, EVENTUAL).status, query).toBe(200);
    }
    expect(under.get(READER, "/applications?$count=true").body).not.toHaveProperty("@odata.count");
    expect(under.get(READER, "/applications?$count=true", EVENTUAL).body["@odata.count"]).toBe(2);
  });

  test("$count and $search are refused without the header, each in its own words", () => {
    const under = graphUnderTest();
    expect(under.get(READER, "/applications/$count").error).toMatchObject({
      code: "Request_BadRequest",
    });
    expect(under.get(READER, "/applications/$count", EVENTUAL).body).toEqual({ text: "2" });
    const search = '/applications?$search="displayName:read"';
    expect(under.get(READER, search).error?.code).toBe("Request_UnsupportedQuery");
    expect(under.get(READER, search, EVENTUAL).value.map(({ displayName }) => displayName)).toEqual([
      "reader",
    ]);
  });

  test("$expand shows no more than twenty", () => {
    const users = Array.from({ length: 25 }, (_, index) => ({ name: `u${index}` }));
    const under = graphUnderTest({
      directory: {
        users,
        applications: [{ name: "deploy", owners: users.map(({ name }) => `user.${name}`) }],
      },
    });
    const path = `/applications/${under.id("application.deploy")}`;
    expect(under.get(READER, `${path}?$expand=owners($select=id)`).body["owners"]).toHaveLength(20);
    expect(under.get(READER, `${path}/owners`).value).toHaveLength(25);
  });
});

describe("answers", () => {
  test("a success is OData 4.0 with metadata minimal; an error is plain JSON without OData-Version", () => {
    const under = graphUnderTest();
    const good = under.get(READER, "/applications");
    expect(good.headers).toMatchObject({
      "OData-Version": "4.0",
      "Content-Type":
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
      "x-ms-resource-unit": "2",
      "request-id": "00000000-0000-4000-8000-000000000001",
    });
    expect(JSON.parse(good.headers["x-ms-ags-diagnostic"] ?? "")).toHaveProperty("ServerInfo.DataCenter");
    const bad = under.get(READER, "/applications/none");
    expect(bad.headers["Content-Type"]).toBe("application/json");
    expect(bad.headers).not.toHaveProperty("OData-Version");
  });

  test.each([
    ["malformed", "CompactToken parsing failed with error code: 80049217"],
    ["wrong-audience", "Access token validation failure. Invalid audience."],
    ["expired", "Lifetime validation failed, the token is expired."],
  ] as const)("a token that is %s is a 401 with the challenge and without resource units", (why, message) => {
    const under = graphUnderTest();
    const { status, headers, error } = under.get(under.refuseWith(why), "/applications");
    expect(status).toBe(401);
    expect(error).toMatchObject({ code: "InvalidAuthenticationToken", message });
    expect(headers["WWW-Authenticate"]).toBe(
      'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
    );
    expect(headers).not.toHaveProperty("x-ms-resource-unit");
  });

  test("a CAE token whose principal was cut off is challenged with claims", () => {
    const under = graphUnderTest();
    const { headers, error } = under.get(under.refuseWith("revoked"), "/applications");
    expect(error?.message).toContain("TokenIssuedBeforeRevocationTimestamp");
    const claims = /claims="([^"]+)"/.exec(headers["WWW-Authenticate"] ?? "")?.[1] ?? "";
    expect(JSON.parse(Buffer.from(claims, "base64").toString())).toMatchObject({
      access_token: { nbf: { essential: true } },
    });
  });
});

describe("links", () => {
  const NESTED = {
    users: [{ name: "alice" }],
    groups: [
      { name: "inner", members: ["servicePrincipal.deploy", "user.alice", "group.outer"] },
      { name: "outer", members: ["group.inner"] },
    ],
    applications: [
      { name: "deploy", owners: ["user.alice"], servicePrincipal: { owners: ["servicePrincipal.reader"] } },
    ],
    roleAssignments: [{ principal: "servicePrincipal.deploy", role: "Directory Readers" }],
  };

  test("transitiveMemberOf walks nested groups, cycles once, and has directory roles among them", () => {
    const under = graphUnderTest({ directory: NESTED });
    const { value } = under.get(
      READER,
      `/servicePrincipals/${under.id("servicePrincipal.deploy")}/transitiveMemberOf`,
    );
    expect(value.map((it) => [it["@odata.type"], it["displayName"]])).toEqual([
      ["#microsoft.graph.group", "inner"],
      ["#microsoft.graph.group", "outer"],
      ["#microsoft.graph.directoryRole", "Directory Readers"],
    ]);
    const direct = under.get(
      READER,
      `/servicePrincipals/${under.id("servicePrincipal.deploy")}/memberOf`,
    ).value;
    expect(direct.map(({ displayName }) => displayName)).toEqual(["inner", "Directory Readers"]);
  });

  test("members through groups in a group are found transitively only", () => {
    const under = graphUnderTest({ directory: NESTED });
    const members = (link: string) =>
      under
        .get(READER, `/groups/${under.id("group.outer")}/${link}`)
        .value.map(({ displayName }) => displayName);
    expect(members("members")).toEqual(["inner"]);
    expect(new Set(members("transitiveMembers"))).toEqual(new Set(["alice", "deploy", "inner", "outer"]));
  });

  test("a cast is an advanced query", () => {
    const under = graphUnderTest({ directory: NESTED });
    const path = `/servicePrincipals/${under.id("servicePrincipal.deploy")}/transitiveMemberOf/microsoft.graph.group`;
    expect(under.get(READER, path).status).toBe(400);
    expect(under.get(READER, `${path}?$count=true`, EVENTUAL).value).toHaveLength(2);
  });

  test("owners and ownedObjects are the two ends of one link, each item saying what it is", () => {
    const under = graphUnderTest({ directory: NESTED });
    const owners = under.get(READER, `/applications/${under.id("application.deploy")}/owners`).value;
    expect(owners).toMatchObject([{ "@odata.type": "#microsoft.graph.user", id: under.id("user.alice") }]);
    const owned = under.get(
      READER,
      `/servicePrincipals/${under.id("servicePrincipal.reader")}/ownedObjects`,
    ).value;
    expect(owned).toMatchObject([
      { "@odata.type": "#microsoft.graph.servicePrincipal", id: under.id("servicePrincipal.deploy") },
    ]);
  });

  test("getByIds says what each is, leaves out what is not, and costs three units", () => {
    const under = graphUnderTest({ directory: NESTED });
    const ids = [under.id("user.alice"), under.id("servicePrincipal.deploy"), under.tenant.id];
    const { value, headers } = under.post(READER, "/directoryObjects/getByIds", {
      ids,
      types: ["servicePrincipal", "user"],
    });
    expect(value.map((it) => it["@odata.type"])).toEqual([
      "#microsoft.graph.user",
      "#microsoft.graph.servicePrincipal",
    ]);
    expect(headers["x-ms-resource-unit"]).toBe("3");
  });
});
