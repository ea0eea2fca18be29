import { describe, expect, test } from "vitest";
import { armWith, everyPage, TENANT_ID } from "./arm-under-test.ts";

const vault = (group: string, name = "kv") => `${group}/providers/Microsoft.KeyVault/vaults/${name}`;

describe("who may come in", () => {
  test("without a token: 401 AuthenticationFailed and where to get one", () => {
    const arm = armWith();
    const answer = arm.ask("GET", arm.subscription, { as: "" });
    expect(answer).toMatchObject({
      status: 401,
      code: "AuthenticationFailed",
      message: "Authentication failed. The 'Authorization' header is missing.",
    });
    expect(answer.headers["WWW-Authenticate"]).toBe(
      `Bearer authorization_uri="https://login.windows.net/${TENANT_ID}", error="invalid_token", error_description="The authentication failed because of missing 'Authorization' header."`,
    );
    expect(answer.headers["x-ms-failure-cause"]).toBe("gateway");
    expect(answer.headers["x-ms-request-id"]).toBe(answer.headers["x-ms-correlation-request-id"]);
  });

  test("with an expired token: 401 ExpiredAuthenticationToken with both times as ARM writes them", () => {
    const arm = armWith();
    const answer = arm.ask("GET", arm.subscription, { as: "expired" });
    expect(answer).toMatchObject({
      status: 401,
      code: "ExpiredAuthenticationToken",
      message:
        "The access token expiry UTC time '11/22/2026 3:46:33 AM' is earlier than current UTC time '11/22/2026 12:00:00 PM'.",
    });
    expect(answer.headers["WWW-Authenticate"]).toContain('error_description="The access token has expired."');
  });

  test("without a role: 403 AuthorizationFailed naming the object id twice, the action and the scope", () => {
    const arm = armWith();
    const id = arm.principal("nobody");
    expect(arm.ask("GET", vault(arm.group), { as: "nobody" })).toMatchObject({
      status: 403,
      code: "AuthorizationFailed",
      message: `The client '${id}' with object id '${id}' does not have authorization to perform action 'Microsoft.KeyVault/vaults/read' over scope '${vault(arm.group)}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    });
  });

  test("a missing right is found before a missing resource: nothing is given away", () => {
    const arm = armWith();
    expect(arm.ask("GET", vault(`${arm.subscription}/resourceGroups/none`), { as: "nobody" }).status).toBe(
      403,
    );
    expect(arm.ask("GET", vault(`${arm.subscription}/resourceGroups/none`))).toMatchObject({
      status: 404,
      code: "ResourceGroupNotFound",
      message: "Resource group 'none' could not be found.",
    });
  });

  test.each([
    ["POST", "listKeys", "Microsoft.Storage/storageAccounts/listKeys/action"],
    ["POST", "regenerateKey", "Microsoft.Storage/storageAccounts/regenerateKey/action"],
  ])("a reader's %s %s is refused as %s", (method, action, named) => {
    const arm = armWith({
      azure: {
        resources: [{ type: "Microsoft.Storage/storageAccounts", name: "st", resourceGroup: "rg-shop" }],
        roleAssignments: [{ principal: "servicePrincipal.reader", role: "Reader", scope: "prod" }],
      },
    });
    const path = `${arm.group}/providers/Microsoft.Storage/storageAccounts/st/${action}`;
    expect(arm.ask(method, path, { as: "reader" })).toMatchObject({
      status: 403,
      message: expect.stringContaining(`'${named}' over scope '${path.slice(0, -action.length - 1)}'`),
    });
  });
});

describe("what every answer has", () => {
  test("an absent api-version is 400 MissingApiVersionParameter; any value is taken", () => {
    const arm = armWith();
    expect(arm.ask("GET", arm.subscription, { apiVersion: null })).toMatchObject({
      status: 400,
      code: "MissingApiVersionParameter",
      message: "The api-version query parameter (?api-version=) is required for all requests.",
    });
    expect(arm.ask("GET", arm.subscription, { apiVersion: "1999-01-01" }).status).toBe(200);
  });

  test("unknown and malformed subscriptions are told apart", () => {
    const arm = armWith();
    const unknown = "99999999-9999-4999-8999-999999999999";
    expect(arm.ask("GET", `/subscriptions/${unknown}`)).toMatchObject({
      status: 404,
      code: "SubscriptionNotFound",
      message: `The subscription '${unknown}' could not be found.`,
    });
    expect(arm.ask("GET", "/subscriptions/nonsense")).toMatchObject({
      status: 400,
      code: "InvalidSubscriptionId",
      message: "The provided subscription identifier 'nonsense' is malformed or invalid.",
    });
  });

  test("a missing resource is 404 ResourceNotFound with the provider's path", () => {
    const arm = armWith();
    expect(arm.ask("GET", vault(arm.group))).toMatchObject({
      status: 404,
      code: "ResourceNotFound",
      message:
        "The Resource 'Microsoft.KeyVault/vaults/kv' under resource group 'rg-shop' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    });
  });

  test("paths are compared without case, and + is a space", () => {
    const arm = armWith({ azure: { resourceGroups: [{ name: "rg shop" }] } });
    expect(arm.ask("GET", `${arm.subscription.toUpperCase()}/RESOURCEGROUPS/RG+SHOP`).status).toBe(200);
  });

  test("the routing id ends in the correlation id, and in the request id if the client sent its own", () => {
    const arm = armWith();
    const own = arm.ask("GET", arm.subscription);
    expect(own.headers["x-ms-routing-request-id"]).toBe(
      `WESTEUROPE:20261122T120000Z:${own.headers["x-ms-correlation-request-id"]}`,
    );
    const sent = arm.ask("GET", arm.subscription, {
      headers: { "x-ms-correlation-request-id": "0123456789abcdef0123456789abcdef" },
    });
    expect(sent.headers["x-ms-correlation-request-id"]).toBe("0123456789abcdef0123456789abcdef");
    expect(sent.headers["x-ms-routing-request-id"]?.endsWith(sent.headers["x-ms-request-id"] ?? "-")).toBe(
      true,
    );
  });

  test("HEAD asks whether a group exists: 204 or 404, without a body", () => {
    const arm = armWith();
    expect(arm.ask("HEAD", arm.group)).toMatchObject({ status: 204, raw: undefined });
    expect(arm.ask("HEAD", `${arm.subscription}/resourceGroups/none`)).toMatchObject({
      status: 404,
      raw: undefined,
    });
    expect(arm.tenant.state.azure.activity).toHaveLength(0);
  });

  test("what is not modelled says so and is never mistaken for Azure", () => {
    const arm = armWith();
    expect(arm.ask("GET", `${arm.group}/providers/Microsoft.Quantum/workspaces/q`)).toMatchObject({
      status: 501,
      code: "NotModelledByStandIn",
    });
  });

  test("long lists come in pages with an absolute nextLink that is followed as it is", () => {
    const arm = armWith({
      azure: { resourceGroups: Array.from({ length: 2_300 }, (_, index) => ({ name: `rg-${index}` })) },
    });
    const path = `${arm.subscription}/resourceGroups`;
    expect(arm.ask("GET", path).body.nextLink).toMatch(/^https:\/\/management\.azure\.com\/subscriptions\//);
    expect(everyPage(arm, path)).toHaveLength(2_300);
  });
});

describe("throttling", () => {
  test("the 251st read at once is 429 with Retry-After, and other principals are not held up by it", () => {
    const arm = armWith({ throttling: 1 });
    const first = arm.ask("GET", arm.subscription);
    expect(first.headers["x-ms-ratelimit-remaining-subscription-reads"]).toBe("249");
    expect(first.headers["x-ms-ratelimit-remaining-subscription-global-reads"]).toBe("3749");
    for (let index = 0; index < 249; index += 1) arm.ask("GET", arm.subscription);
    const refused = arm.ask("GET", arm.subscription);
    expect(refused).toMatchObject({
      status: 429,
      code: "SubscriptionRequestsThrottled",
      message: expect.stringMatching(
        /^Number of 'read' requests for subscription '.*' actor '.*' exceeded\./,
      ),
    });
    expect(Number(refused.headers["Retry-After"])).toBeGreaterThan(0);
    expect(arm.ask("GET", arm.subscription, { as: "reader" }).status).toBe(200);
    arm.clock.advance(10_000);
    expect(arm.ask("GET", arm.subscription).status).toBe(200);
  });
});

describe("locks", () => {
  const locked = (level: "CanNotDelete" | "ReadOnly") =>
    armWith({
      azure: {
        resources: [{ type: "Microsoft.Storage/storageAccounts", name: "st", resourceGroup: "rg-shop" }],
        locks: [{ name: "keep", scope: "prod/rg-shop", level }],
        roleAssignments: [{ principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
      },
    });
  const account = (group: string) => `${group}/providers/Microsoft.Storage/storageAccounts/st`;

  test("CanNotDelete stops deletes and nothing else", () => {
    const arm = locked("CanNotDelete");
    expect(arm.ask("DELETE", account(arm.group))).toMatchObject({ status: 409, code: "ScopeLocked" });
    expect(arm.ask("POST", `${account(arm.group)}/listKeys`).status).toBe(200);
    expect(arm.ask("DELETE", arm.group)).toMatchObject({ status: 409, code: "ScopeLocked" });
  });

  test("ReadOnly stops POSTs such as listKeys and regenerateKey as write operations", () => {
    const arm = locked("ReadOnly");
    for (const action of ["listKeys", "regenerateKey"]) {
      expect(arm.ask("POST", `${account(arm.group)}/${action}`, { body: { keyName: "key1" } })).toMatchObject(
        {
          status: 409,
          code: "ScopeLocked",
          message: `The scope '${account(arm.group)}' cannot perform write operation because following scope(s) are locked: '${arm.group}'. Please remove the lock and try again.`,
        },
      );
    }
    expect(arm.ask("GET", account(arm.group)).status).toBe(200);
  });

  test("a lock does not stop its own removal", () => {
    const arm = locked("ReadOnly");
    expect(arm.ask("DELETE", `${arm.group}/providers/Microsoft.Authorization/locks/keep`).status).toBe(200);
    expect(arm.ask("POST", `${account(arm.group)}/listKeys`).status).toBe(200);
    expect(arm.ask("GET", `${arm.group}/providers/Microsoft.Authorization/locks/keep`)).toMatchObject({
      status: 404,
      code: "LockNotFound",
      message: "The lock 'keep' could not be found.",
    });
  });

  test("a lock that is written answers 201 with level under properties", () => {
    const arm = armWith();
    const path = `${arm.group}/providers/Microsoft.Authorization/locks/new`;
    const made = arm.ask("PUT", path, { body: { properties: { level: "CanNotDelete" } } });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      properties: { level: "CanNotDelete" },
      id: path,
      type: "Microsoft.Authorization/locks",
      name: "new",
    });
  });
});

describe("what ARM notes", () => {
  test("every write is two events and two AzureActivity rows, with who, from where and by which role", () => {
    const arm = armWith();
    const path = `${arm.group}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555`;
    arm.ask("PUT", path, {
      body: {
        properties: {
          roleDefinitionId: "/x/b24988ac-6180-42a0-ab88-20f7382dd24c",
          principalId: arm.principal("deploy"),
        },
      },
    });
    const [workspace] = arm.tenant.state.logs.workspaces.values();
    const rows = workspace?.rows.get("AzureActivity")?.map(({ row }) => row) ?? [];
    expect(rows.map((row) => row["ActivityStatusValue"])).toEqual(["Start", "Success"]);
    expect(rows[1]).toMatchObject({
      OperationNameValue: "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
      Caller: arm.principal("owner"),
      CallerIpAddress: "203.0.113.7",
      ActivitySubstatusValue: "Created",
    });
    expect(rows[1]?.["Authorization"]).toContain('"role":"Owner"');
    expect(rows[0]?.["Properties"]).toContain(arm.principal("deploy"));
  });

  test("a refused write is noted as failed, and reads are not noted at all", () => {
    const arm = armWith();
    arm.ask("GET", arm.group);
    expect(arm.tenant.state.azure.activity).toHaveLength(0);
    arm.ask("DELETE", vault(arm.group), { as: "reader" });
    expect(arm.tenant.state.azure.activity.map(({ facts }) => facts.status)).toEqual(["Start", "Failure"]);
  });

  test("a delete of nothing ends with the sub-status NoContent", () => {
    const arm = armWith();
    arm.ask("DELETE", vault(arm.group));
    expect(arm.tenant.state.azure.activity.at(-1)?.facts).toMatchObject({
      status: "Success",
      httpStatusText: "NoContent",
    });
  });

  test("a password that is set never reaches the log", () => {
    const arm = armWith({
      azure: {
        resources: [{ type: "Microsoft.Sql/servers", name: "sql", resourceGroup: "rg-shop" }],
        roleAssignments: [{ principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
      },
    });
    arm.ask("PATCH", `${arm.group}/providers/Microsoft.Sql/servers/sql`, {
      body: { properties: { administratorLoginPassword: "Very-Secret-1" } },
    });
    expect(arm.tenant.state.azure.activity.length).toBeGreaterThan(0);
    expect(JSON.stringify(arm.tenant.state.azure.activity)).not.toContain("Very-Secret-1");
    expect(
      JSON.stringify(arm.ask("GET", `${arm.group}/providers/Microsoft.Sql/servers/sql`).raw),
    ).not.toContain("Very-Secret-1");
  });
});
