import { describe, expect, test } from "vitest";
import { armWith } from "./arm-under-test.ts";

const CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const GUID = "11111111-2222-4333-8444-555555555555";
const assignments = (scope: string, name = "") =>
  `${scope === "/" ? "" : scope}/providers/Microsoft.Authorization/roleAssignments${name === "" ? "" : `/${name}`}`;

const contributorFor = (principalId: string, more = {}) => ({
  properties: {
    roleDefinitionId: `/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/${CONTRIBUTOR}`,
    principalId,
    ...more,
  },
});

describe("creating", () => {
  test("answers 201 with createdBy null, and the GET afterwards fills it", () => {
    const arm = armWith();
    const path = assignments(arm.group, GUID);
    const made = arm.ask("PUT", path, { body: contributorFor(arm.principal("deploy")) });

    expect(made.status).toBe(201);
    expect(made.body.properties).toMatchObject({
      createdBy: null,
      principalType: "ServicePrincipal",
      condition: null,
      conditionVersion: null,
      delegatedManagedIdentityResourceId: null,
      description: null,
      scope: arm.group,
    });
    expect(arm.ask("GET", path).body.properties).toMatchObject({ createdBy: arm.principal("owner") });
  });

  test("puts properties first, as captures have it", () => {
    const arm = armWith();
    const made = arm.ask("PUT", assignments(arm.group, GUID), {
      body: contributorFor(arm.principal("deploy")),
    });
    expect(JSON.stringify(made.raw)).toMatch(/^\{"properties":\{"roleDefinitionId"/);
  });

  test("the same principal, role and scope under another name is 409 RoleAssignmentExists with the id undashed", () => {
    const arm = armWith();
    arm.ask("PUT", assignments(arm.group, GUID), { body: contributorFor(arm.principal("deploy")) });
    const again = arm.ask("PUT", assignments(arm.group, "99999999-2222-4333-8444-555555555555"), {
      body: contributorFor(arm.principal("deploy")),
    });
    expect(again).toMatchObject({
      status: 409,
      code: "RoleAssignmentExists",
      message:
        "The role assignment already exists. The ID of the existing role assignment is 11111111222243338444555555555555.",
    });
  });

  test("another principal under the same name is 400 RoleAssignmentUpdateNotPermitted", () => {
    const arm = armWith();
    arm.ask("PUT", assignments(arm.group, GUID), { body: contributorFor(arm.principal("deploy")) });
    expect(
      arm.ask("PUT", assignments(arm.group, GUID), { body: contributorFor(arm.principal("nobody")) }),
    ).toMatchObject({
      status: 400,
      code: "RoleAssignmentUpdateNotPermitted",
      message: "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    });
  });

  test("an unknown principal is 400 PrincipalNotFound, two blanks and all, unless its type is said", () => {
    const arm = armWith();
    const stranger = "77777777-2222-4333-8444-555555555555";
    expect(arm.ask("PUT", assignments(arm.group, GUID), { body: contributorFor(stranger) })).toMatchObject({
      status: 400,
      code: "PrincipalNotFound",
      message: expect.stringMatching(
        /^Principal 77777777222243338444555555555555 does not exist in the directory .*Group\.  See https:\/\/aka\.ms\/docs-principaltype$/,
      ),
    });
    expect(
      arm.ask("PUT", assignments(arm.group, GUID), {
        body: contributorFor(stranger, { principalType: "ServicePrincipal" }),
      }).status,
    ).toBe(201);
  });

  test("a wrong principal type is 400 UnmatchedPrincipalType, with the served typo", () => {
    const arm = armWith();
    expect(
      arm.ask("PUT", assignments(arm.group, GUID), {
        body: contributorFor(arm.principal("deploy"), { principalType: "User" }),
      }),
    ).toMatchObject({
      status: 400,
      code: "UnmatchedPrincipalType",
      message: expect.stringContaining(
        "has type 'ServicePrincipal' , which is different from specified PrinciaplType 'User'.",
      ),
    });
  });

  test("a role that does not exist is 404 RoleDefinitionDoesNotExist", () => {
    const arm = armWith();
    expect(
      arm.ask("PUT", assignments(arm.group, GUID), {
        body: { properties: { roleDefinitionId: `/x/${GUID}`, principalId: arm.principal("deploy") } },
      }),
    ).toMatchObject({ status: 404, code: "RoleDefinitionDoesNotExist" });
  });

  test("restoring with the same GUID brings condition, version and description back unchanged", () => {
    const condition =
      "((!(ActionMatches{'Microsoft.KeyVault/vaults/secrets/getSecret/action'})) OR (@Resource[Microsoft.KeyVault/vaults/secrets:name] StringEquals 'db'))";
    const arm = armWith();
    const path = assignments(arm.group, GUID);
    const body = contributorFor(arm.principal("deploy"), {
      condition,
      conditionVersion: "2.0",
      description: "for the shop",
      principalType: "ServicePrincipal",
    });
    arm.ask("PUT", path, { body });
    const before = arm.ask("GET", path).body.properties;
    arm.ask("DELETE", path);
    arm.ask("PUT", path, { body });
    const after = arm.ask("GET", path).body.properties;
    for (const key of [
      "condition",
      "conditionVersion",
      "description",
      "principalType",
      "roleDefinitionId",
      "scope",
    ]) {
      expect(after?.[key]).toEqual(before?.[key]);
    }
  });
});

describe("deleting", () => {
  test("answers 200 with what was there, and 204 without a body when nothing was", () => {
    const arm = armWith();
    const path = assignments(arm.subscription, arm.names.guid("roleAssignment", "reader"));
    const gone = arm.ask("DELETE", path);
    expect(gone.status).toBe(200);
    expect(gone.body.properties).toMatchObject({ principalId: arm.principal("reader") });
    const again = arm.ask("DELETE", path);
    expect(again.status).toBe(204);
    expect(again.raw).toBeUndefined();
  });

  test("the last Owner of a subscription is 412 CannotDeleteLastRbacAdminAssignment", () => {
    const arm = armWith();
    const path = assignments(arm.subscription, arm.names.guid("roleAssignment", "owner"));
    expect(arm.ask("DELETE", path)).toMatchObject({
      status: 412,
      code: "CannotDeleteLastRbacAdminAssignment",
      message: "Cannot delete the last RBAC admin assignment",
    });
  });

  test("the last Owner may be removed by a Global Administrator", () => {
    const arm = armWith({
      directory: {
        applications: [{ name: "owner" }],
        roleAssignments: [{ principal: "servicePrincipal.owner", role: "Global Administrator" }],
      },
    });
    const path = assignments(arm.subscription, arm.names.guid("roleAssignment", "owner"));
    expect(arm.ask("DELETE", path).status).toBe(200);
  });

  test("a CanNotDelete lock on the group stops it with 409 ScopeLocked", () => {
    const arm = armWith({
      azure: {
        roleAssignments: [
          { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" },
          { name: "mine", principal: "servicePrincipal.deploy", role: "Reader", scope: "prod/rg-shop" },
        ],
        locks: [{ name: "keep", scope: "prod/rg-shop", level: "CanNotDelete" }],
      },
    });
    const path = assignments(arm.group, arm.names.guid("roleAssignment", "mine"));
    expect(arm.ask("DELETE", path)).toMatchObject({
      status: 409,
      code: "ScopeLocked",
      message: `The scope '${path}' cannot perform delete operation because following scope(s) are locked: '${arm.group}'. Please remove the lock and try again.`,
    });
  });

  test("cannot be done at a child scope: an inherited assignment is not there", () => {
    const arm = armWith();
    const name = arm.names.guid("roleAssignment", "reader");
    expect(arm.ask("DELETE", assignments(arm.group, name)).status).toBe(204);
    expect(arm.ask("GET", assignments(arm.subscription, name)).status).toBe(200);
  });

  test("a missing one is 404 RoleAssignmentNotFound to GET", () => {
    const arm = armWith();
    expect(arm.ask("GET", assignments(arm.group, GUID))).toMatchObject({
      status: 404,
      code: "RoleAssignmentNotFound",
    });
  });
});

describe("listing", () => {
  const layered = () =>
    armWith({
      directory: {
        applications: [{ name: "owner" }, { name: "deploy" }],
        groups: [
          { name: "inner", members: ["servicePrincipal.deploy"] },
          { name: "outer", members: ["group.inner"] },
        ],
      },
      azure: {
        managementGroups: [{ name: "corp" }],
        subscriptions: [{ name: "prod", managementGroup: "corp" }],
        roleAssignments: [
          { name: "o", principal: "servicePrincipal.owner", role: "Owner", scope: "managementGroup/corp" },
          { name: "mg", principal: "servicePrincipal.deploy", role: "Reader", scope: "managementGroup/corp" },
          { name: "sub", principal: "servicePrincipal.deploy", role: "Reader", scope: "prod" },
          { name: "rg", principal: "servicePrincipal.deploy", role: "Reader", scope: "prod/rg-shop" },
          { name: "viaGroup", principal: "group.outer", role: "Contributor", scope: "prod/rg-shop" },
        ],
      },
    });
  const namesOf = (arm: ReturnType<typeof armWith>, path: string) =>
    new Set(
      (arm.ask("GET", path).body.value ?? []).map((item) =>
        ["o", "mg", "sub", "rg", "viaGroup"].find(
          (name) => arm.names.guid("roleAssignment", name) === item.name,
        ),
      ),
    );

  test("principalId eq finds at, above and below the scope", () => {
    const arm = layered();
    const filter = encodeURIComponent(`principalId eq '${arm.principal("deploy")}'`);
    expect(namesOf(arm, `${assignments(arm.subscription)}?$filter=${filter}`)).toEqual(
      new Set(["mg", "sub", "rg"]),
    );
  });

  test("atScope() leaves out what is below", () => {
    const arm = layered();
    expect(namesOf(arm, `${assignments(arm.subscription)}?$filter=atScope()`)).toEqual(
      new Set(["o", "mg", "sub"]),
    );
  });

  test("assignedTo() follows groups to any depth, and finds nothing for a group's own id", () => {
    const arm = layered();
    const of = (id: string) =>
      `${assignments(arm.subscription)}?$filter=${encodeURIComponent(`assignedTo('${id}')`)}`;
    expect(namesOf(arm, of(arm.principal("deploy")))).toEqual(new Set(["mg", "sub", "rg", "viaGroup"]));
    expect(namesOf(arm, of(arm.names.guid("group", "outer")))).toEqual(new Set());
  });

  test("has no nextLink key when there is one page", () => {
    const arm = layered();
    expect(JSON.stringify(arm.ask("GET", assignments(arm.subscription)).raw)).toMatch(/^\{"value":\[/);
    expect(arm.ask("GET", assignments(arm.subscription)).body.nextLink).toBeUndefined();
  });

  test("a role's id carries the subscription that was asked, even for assignments above it", () => {
    const arm = layered();
    const ids = (arm.ask("GET", assignments(arm.subscription)).body.value ?? []).map(
      (item) => item["properties"],
    );
    for (const properties of ids) {
      expect(properties).toMatchObject({ roleDefinitionId: expect.stringContaining(arm.subscription) });
    }
  });

  test("a filter that is not modelled is refused by name, never passed over", () => {
    const arm = layered();
    expect(
      arm.ask("GET", `${assignments(arm.subscription)}?$filter=${encodeURIComponent("createdBy eq 'x'")}`),
    ).toMatchObject({
      status: 501,
      code: "NotModelledByStandIn",
      message: expect.stringContaining("createdBy eq 'x'"),
    });
  });
});
