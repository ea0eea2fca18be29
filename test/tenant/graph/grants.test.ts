import { describe, expect, test } from "vitest";
import { ACTOR, READER, graphUnderTest } from "./graph-under-test.ts";
import type { As } from "./graph-under-test.ts";

const GITHUB = {
  issuer: "https://token.actions.githubusercontent.com",
  subject: "repo:o/r:ref:refs/heads/main",
};
const GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10";
const WORLD = {
  users: [{ name: "alice" }, { name: "boss" }],
  applications: [
    {
      name: "deploy",
      appRoles: [{ value: "Run" }],
      federated: [
        { name: "github", ...GITHUB },
        {
          name: "flexible",
          issuer: GITHUB.issuer,
          claimsMatchingExpression: "claims['sub'] matches 'repo:o/*'",
        },
      ],
    },
    { name: "other" },
  ],
  appRoleAssignments: [{ principal: "servicePrincipal.deploy", roles: ["Mail.Read"] }],
  delegatedGrants: [
    { client: "servicePrincipal.deploy", scopes: ["User.Read", "Mail.Read"] },
    { client: "servicePrincipal.deploy", principal: "user.alice", scopes: ["Files.Read.All"] },
  ],
  roleAssignments: [{ principal: "user.boss", role: "Global Administrator" }],
  eligibleRoles: [{ principal: "user.alice", role: "Security Administrator" }],
};
const GRANTS: As = { who: "servicePrincipal.actor", with: ["DelegatedPermissionGrant.ReadWrite.All"] };
const ROLES: As = { who: "servicePrincipal.actor", with: ["RoleManagement.ReadWrite.Directory"] };

describe("federated credentials", () => {
  test("are addressed by id and by name, and a missing one is a 404 by the name it was asked by", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/applications/${under.id("application.deploy")}/federatedIdentityCredentials`;
    const byName = under.get(READER, `${path}/github`);
    expect(under.get(READER, `${path}/${String(byName.body["id"])}`).body).toEqual(byName.body);
    expect(byName.body["@odata.context"]).toBe(
      `https://graph.microsoft.com/v1.0/$metadata#applications('${under.id("application.deploy")}')/federatedIdentityCredentials/$entity`,
    );
    expect(under.del(ACTOR, `${path}/github`)).toMatchObject({ status: 204, body: {} });
    expect(under.get(READER, `${path}/github`).error?.message).toContain("Resource 'github' does not exist");
  });

  test("the flexible kind has no subject in v1.0; only beta shows the expression", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/applications/${under.id("application.deploy")}/federatedIdentityCredentials/flexible`;
    const stable = under.get(READER, path).body;
    expect(stable["subject"]).toBeNull();
    expect(stable).not.toHaveProperty("claimsMatchingExpression");
    expect(under.get(READER, `/beta${path}`).body["claimsMatchingExpression"]).toEqual({
      value: "claims['sub'] matches 'repo:o/*'",
      languageVersion: 1,
    });
  });

  test("a flexible one is restored over beta, and refused over v1.0", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/applications/${under.id("application.other")}/federatedIdentityCredentials`;
    const body = {
      name: "flexible",
      issuer: GITHUB.issuer,
      audiences: ["api://AzureADTokenExchange"],
      claimsMatchingExpression: { value: "claims['sub'] matches 'repo:o/*'", languageVersion: 1 },
    };
    expect(under.post(ACTOR, path, body).status).toBe(400);
    expect(under.post(ACTOR, `/beta${path}`, body).status).toBe(201);
  });

  test("creating answers 201 with a Location; a name twice is a 409; the twenty-first is refused", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/applications/${under.id("application.other")}/federatedIdentityCredentials`;
    const made = (index: number) =>
      under.post(ACTOR, path, {
        name: `fic-${index}`,
        ...GITHUB,
        subject: `s${index}`,
        audiences: ["api://AzureADTokenExchange"],
      });
    const first = made(0);
    expect(first.status).toBe(201);
    expect(first.headers["Location"]).toContain(
      `/v2/${under.tenant.id}/federatedIdentityCredentials/${String(first.body["id"])}`,
    );
    expect(made(0)).toMatchObject({
      status: 409,
      error: {
        code: "Request_MultipleObjectsWithSameKeyValue",
        message: "FederatedIdentityCredential with name fic-0 already exists.",
      },
    });
    for (let index = 1; index < 20; index += 1) expect(made(index).status).toBe(201);
    expect(made(20).status).toBe(400);
  });
});

describe("app role assignments", () => {
  test("show both ways, by an id that is not the role's", () => {
    const under = graphUnderTest({ directory: WORLD });
    const [granted] = under.get(
      READER,
      `/servicePrincipals/${under.id("servicePrincipal.deploy")}/appRoleAssignments`,
    ).value;
    expect(granted).toMatchObject({
      principalType: "ServicePrincipal",
      resourceDisplayName: "Microsoft Graph",
    });
    expect(granted?.["id"]).not.toBe(granted?.["appRoleId"]);
    const assigned = under.get(
      READER,
      `/servicePrincipals/${String(granted?.["resourceId"])}/appRoleAssignedTo`,
    ).value;
    expect(assigned).toContainEqual(granted);
  });

  test("one is given once; twice is a 400; an unknown role is told apart", () => {
    const under = graphUnderTest({ directory: WORLD });
    const principalId = under.id("servicePrincipal.other");
    const resourceId = under.id("servicePrincipal.deploy");
    const path = `/servicePrincipals/${principalId}/appRoleAssignments`;
    const body = { principalId, resourceId, appRoleId: under.id("appRole.deploy.Run") };
    const made = under.post(ACTOR, path, body);
    expect(made.status).toBe(201);
    expect(under.post(ACTOR, path, body)).toMatchObject({
      status: 400,
      error: { message: "EntitlementGrant entry already exists." },
    });
    expect(under.post(ACTOR, path, { ...body, appRoleId: under.tenant.id }).error?.message).toBe(
      "Permission being assigned was not found on application",
    );
    expect(under.del(ACTOR, `${path}/${String(made.body["id"])}`).status).toBe(204);
    expect(under.del(ACTOR, `${path}/${String(made.body["id"])}`).status).toBe(404);
  });
});

describe("delegated grants", () => {
  test("are listed per principal and all together; scopes can be narrowed, and the grant deleted", () => {
    const under = graphUnderTest({ directory: WORLD });
    const mine = under.get(
      READER,
      `/servicePrincipals/${under.id("servicePrincipal.deploy")}/oauth2PermissionGrants`,
    ).value;
    expect(mine).toHaveLength(2);
    const filtered = under.get(
      READER,
      `/oauth2PermissionGrants?$filter=clientId eq '${under.id("servicePrincipal.deploy")}' and consentType eq 'AllPrincipals'`,
    );
    expect(filtered.value).toMatchObject([{ scope: "User.Read Mail.Read", principalId: null }]);
    const path = `/oauth2PermissionGrants/${String(filtered.value[0]?.["id"])}`;
    expect(under.patch(GRANTS, path, { scope: "User.Read" }).status).toBe(204);
    expect(under.get(READER, path).body["scope"]).toBe("User.Read");
    expect(under.del(GRANTS, path).status).toBe(204);
    expect(under.get(READER, path).status).toBe(404);
  });
});

describe("directory roles", () => {
  test("are listed by principal with the definition expanded", () => {
    const under = graphUnderTest({ directory: WORLD });
    const { value } = under.get(
      READER,
      `/roleManagement/directory/roleAssignments?$filter=principalId eq '${under.id("user.boss")}'&$expand=roleDefinition`,
    );
    expect(value).toMatchObject([
      { roleDefinitionId: GLOBAL_ADMINISTRATOR, roleDefinition: { displayName: "Global Administrator" } },
    ]);
  });

  test("there is no transitiveRoleAssignments in v1.0", () => {
    expect(graphUnderTest().get(READER, "/roleManagement/directory/transitiveRoleAssignments").status).toBe(
      400,
    );
  });

  test("the last Global Administrator cannot be removed", () => {
    const under = graphUnderTest({ directory: WORLD });
    const [only] = under.get(ROLES, "/roleManagement/directory/roleAssignments").value;
    expect(under.del(ROLES, `/roleManagement/directory/roleAssignments/${String(only?.["id"])}`).status).toBe(
      400,
    );
  });

  test("eligibility is removed by a request, and given back by another", () => {
    const under = graphUnderTest({ directory: WORLD });
    const eligible = () =>
      under.get(ROLES, "/roleManagement/directory/roleEligibilityScheduleInstances").value;
    const [before] = eligible();
    const request = (action: string) =>
      under.post(ROLES, "/roleManagement/directory/roleEligibilityScheduleRequests", {
        action,
        principalId: under.id("user.alice"),
        roleDefinitionId: before?.["roleDefinitionId"],
        directoryScopeId: "/",
        justification: "test",
      });
    expect(request("adminRemove")).toMatchObject({ status: 201, body: { status: "Revoked" } });
    expect(eligible()).toEqual([]);
    expect(request("adminRemove").error?.code).toBe("RoleAssignmentDoesNotExist");
    expect(request("adminAssign")).toMatchObject({ status: 201, body: { status: "Provisioned" } });
    expect(eligible()).toMatchObject([{ principalId: under.id("user.alice") }]);
  });

  test("an activated role ends by itself", () => {
    const under = graphUnderTest({
      directory: {
        ...WORLD,
        activatedRoles: [{ principal: "user.alice", role: "Security Administrator", end: "+1h" }],
      },
    });
    const held = () =>
      under.get(
        ROLES,
        "/roleManagement/directory/roleAssignmentScheduleInstances?$filter=assignmentType eq 'Activated'",
      ).value;
    expect(held()).toHaveLength(1);
    under.clock.advance(3_600_000);
    expect(held()).toEqual([]);
  });
});
