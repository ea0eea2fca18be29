import { describe, expect, test } from "vitest";
import { decide } from "../../../local/tenant/authorization/decide.ts";
import { type ArmUnderTest, armWith } from "./arm-under-test.ts";

const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const GUID = "11111111-2222-4333-8444-555555555555";

const pim = () =>
  armWith({
    directory: {
      users: [{ name: "ada" }],
      groups: [{ name: "ops", members: ["user.ada"] }],
      applications: [{ name: "owner" }, { name: "deploy" }],
    },
    azure: {
      roleAssignments: [{ name: "owner", principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
      roleSchedules: [
        { kind: "eligibility", name: "ada", principal: "user.ada", role: "Owner", scope: "prod" },
        { kind: "eligibility", name: "ops", principal: "group.ops", role: "Contributor", scope: "prod" },
        {
          kind: "eligibility",
          name: "gone",
          principal: "user.ada",
          role: "Reader",
          scope: "prod",
          end: "-1d",
        },
        {
          kind: "assignment",
          name: "active",
          principal: "user.ada",
          role: "Contributor",
          scope: "prod/rg-shop",
        },
      ],
    },
  });
const base = (arm: ArmUnderTest, what: string) =>
  `${arm.subscription}/providers/Microsoft.Authorization/${what}`;
const count = (arm: ArmUnderTest, what: string, filter = "") =>
  arm.ask("GET", `${base(arm, what)}?$filter=${encodeURIComponent(filter)}`).body.value?.length;
const request = (arm: ArmUnderTest, what: string, properties: object) =>
  arm.ask("PUT", `${base(arm, what)}/${GUID}`, { apiVersion: "2020-10-01", body: { properties } });

describe("eligibility", () => {
  test("lists what may be activated, by principal and through groups, without what has ended", () => {
    const arm = pim();
    const ada = arm.names.guid("user", "ada");
    expect(count(arm, "roleEligibilityScheduleInstances")).toBe(2);
    expect(count(arm, "roleEligibilityScheduleInstances", `principalId eq '${ada}'`)).toBe(1);
    expect(count(arm, "roleEligibilityScheduleInstances", `assignedTo('${ada}')`)).toBe(2);
  });

  test("gives no access until it is activated", () => {
    const arm = pim();
    const ask = (scope: string) =>
      decide(arm.tenant, {
        objectId: arm.names.guid("user", "ada"),
        action: "Microsoft.Storage/storageAccounts/write",
        scope,
      }).allowed;
    expect(ask(arm.subscription)).toBe(false);
    expect(ask(arm.group)).toBe(true);
  });

  test("AdminRemove takes it away with a request that answers 201 Revoked", () => {
    const arm = pim();
    const answer = request(arm, "roleEligibilityScheduleRequests", {
      requestType: "AdminRemove",
      principalId: arm.names.guid("user", "ada"),
      roleDefinitionId: `${arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/${OWNER}`,
    });
    expect(answer.status).toBe(201);
    expect(answer.body.properties).toMatchObject({ requestType: "AdminRemove", status: "Revoked" });
    expect(
      count(arm, "roleEligibilityScheduleInstances", `principalId eq '${arm.names.guid("user", "ada")}'`),
    ).toBe(0);
    expect(arm.ask("GET", `${base(arm, "roleEligibilityScheduleRequests")}/${GUID}`).status).toBe(200);
  });

  test("AdminRemove of nothing is refused", () => {
    const arm = pim();
    expect(
      request(arm, "roleEligibilityScheduleRequests", {
        requestType: "AdminRemove",
        principalId: arm.principal("deploy"),
        roleDefinitionId: OWNER,
      }),
    ).toMatchObject({ status: 400, code: "RoleAssignmentDoesNotExist" });
  });

  test("no service principal can be made eligible", () => {
    const arm = pim();
    expect(
      request(arm, "roleEligibilityScheduleRequests", {
        requestType: "AdminAssign",
        principalId: arm.principal("deploy"),
        roleDefinitionId: OWNER,
      }).status,
    ).toBe(400);
    expect(
      request(arm, "roleEligibilityScheduleRequests", {
        requestType: "AdminAssign",
        principalId: arm.names.guid("group", "ops"),
        roleDefinitionId: OWNER,
      }).status,
    ).toBe(201);
  });
});

describe("assignments made through PIM", () => {
  test("are listed beside the plain ones, and are role assignments too", () => {
    const arm = pim();
    expect(count(arm, "roleAssignmentScheduleInstances")).toBe(2);
    expect(count(arm, "roleAssignments", `principalId eq '${arm.names.guid("user", "ada")}'`)).toBe(1);
  });

  test("AdminRemove removes the role assignment with the schedule", () => {
    const arm = pim();
    const answer = arm.ask(
      "PUT",
      `${arm.group}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/${GUID}`,
      {
        body: {
          properties: {
            requestType: "AdminRemove",
            principalId: arm.names.guid("user", "ada"),
            roleDefinitionId: CONTRIBUTOR,
          },
        },
      },
    );
    expect(answer.status).toBe(201);
    expect(count(arm, "roleAssignments", `principalId eq '${arm.names.guid("user", "ada")}'`)).toBe(0);
    expect(count(arm, "roleAssignmentScheduleInstances")).toBe(1);
  });
});

describe("roles", () => {
  test("are found by name, case aside, with their real ids", () => {
    const arm = pim();
    const found = arm.ask(
      "GET",
      `${base(arm, "roleDefinitions")}?$filter=${encodeURIComponent("roleName eq 'key vault secrets user'")}`,
    );
    expect(found.body.value).toMatchObject([
      {
        name: "4633458b-17de-408a-b874-0445c86b69e6",
        properties: {
          type: "BuiltInRole",
          permissions: [{ dataActions: [expect.any(String), expect.any(String)] }],
        },
      },
    ]);
  });

  test("of one's own are made, used, and not deleted while they are", () => {
    const arm = pim();
    const role = `${base(arm, "roleDefinitions")}/${GUID}`;
    const made = arm.ask("PUT", role, {
      body: {
        properties: {
          roleName: "Key lister",
          permissions: [{ actions: ["Microsoft.Storage/storageAccounts/listKeys/action"] }],
          assignableScopes: [arm.subscription],
        },
      },
    });
    expect(made.status).toBe(201);
    const assignment = `${base(arm, "roleAssignments")}/21111111-2222-4333-8444-555555555555`;
    arm.ask("PUT", assignment, {
      body: { properties: { roleDefinitionId: role, principalId: arm.principal("deploy") } },
    });
    expect(
      decide(arm.tenant, {
        objectId: arm.principal("deploy"),
        action: "Microsoft.Storage/storageAccounts/listKeys/action",
        scope: arm.group,
      }).allowed,
    ).toBe(true);
    expect(arm.ask("DELETE", role)).toMatchObject({ status: 400, code: "RoleDefinitionHasAssignments" });
    arm.ask("DELETE", assignment);
    expect(arm.ask("DELETE", role).status).toBe(200);
    expect(arm.ask("GET", role)).toMatchObject({ status: 404, code: "RoleDefinitionDoesNotExist" });
  });

  test("classic administrators are an empty list, deny assignments readable, and writing them not modelled", () => {
    const arm = pim();
    expect(arm.ask("GET", base(arm, "classicAdministrators")).raw).toEqual({ value: [] });
    expect(arm.ask("GET", base(arm, "denyAssignments")).raw).toEqual({ value: [] });
    expect(arm.ask("PUT", `${base(arm, "denyAssignments")}/${GUID}`, { body: {} }).status).toBe(501);
  });
});
