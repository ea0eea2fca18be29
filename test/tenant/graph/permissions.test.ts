import { describe, expect, test } from "vitest";
import { addManagedIdentity } from "../../../local/tenant/state/directory.ts";
import { ACTOR, graphUnderTest } from "./graph-under-test.ts";
import type { As } from "./graph-under-test.ts";

const WORLD = {
  users: [{ name: "alice" }, { name: "bob" }, { name: "boss" }, { name: "guest", guest: true }],
  groups: [
    { name: "team", members: ["servicePrincipal.deploy"] },
    { name: "admins", isAssignableToRole: true, members: ["user.alice"] },
  ],
  applications: [
    {
      name: "deploy",
      secrets: [{ name: "a" }],
      federated: [
        {
          name: "github",
          issuer: "https://token.actions.githubusercontent.com",
          subject: "repo:o/r:ref:refs/heads/main",
        },
      ],
      owners: ["user.alice", "servicePrincipal.owner"],
      appRoles: [{ value: "Run" }],
      servicePrincipal: { owners: ["servicePrincipal.owner"] },
    },
    { name: "owner" },
    { name: "nobody" },
  ],
  appRoleAssignments: [
    { principal: "servicePrincipal.deploy", roles: ["Mail.Read"] },
    { principal: "servicePrincipal.owner", resource: "servicePrincipal.deploy", roles: ["Run"] },
  ],
  delegatedGrants: [{ client: "servicePrincipal.deploy", scopes: ["User.Read"] }],
  roleAssignments: [
    { principal: "user.boss", role: "Global Administrator" },
    { principal: "user.bob", role: "Global Administrator" },
  ],
  eligibleRoles: [{ principal: "user.alice", role: "Global Administrator" }],
};

type World = ReturnType<typeof graphUnderTest>;
const nobody = (...held: string[]): As => ({ who: "servicePrincipal.nobody", with: held });

interface Case {
  readonly does: string;
  readonly request: (under: World) => readonly [method: string, path: string, body?: unknown];
  /** Each alone does. */
  readonly enough: readonly string[];
  /** Near misses. */
  readonly wrong: readonly string[];
  readonly code?: string;
}

const application = (under: World) => `/applications/${under.id("application.deploy")}`;
const principal = (under: World) => `/servicePrincipals/${under.id("servicePrincipal.deploy")}`;

const CASES: readonly Case[] = [
  {
    does: "read an application",
    request: (u) => ["GET", application(u)],
    enough: ["Application.Read.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All"],
    wrong: ["User.Read.All"],
  },
  {
    does: "read federated credentials",
    request: (u) => ["GET", `${application(u)}/federatedIdentityCredentials`],
    enough: ["Application.Read.All"],
    wrong: ["Directory.Read.All"],
  },
  {
    does: "disable a service principal",
    request: (u) => ["PATCH", principal(u), { accountEnabled: false }],
    enough: ["Application.ReadWrite.All"],
    wrong: ["Application.Read.All", "Application.ReadWrite.OwnedBy"],
  },
  {
    does: "deactivate an application",
    request: (u) => ["PATCH", application(u), { isDisabled: true }],
    enough: ["Application.ReadWrite.All"],
    wrong: ["Directory.Read.All", "Directory.ReadWrite.All"],
  },
  {
    does: "remove a secret",
    request: (u) => ["POST", `${application(u)}/removePassword`, { keyId: u.id("keyId.deploy.a") }],
    enough: ["Application.ReadWrite.All"],
    wrong: ["Application.Read.All", "AppRoleAssignment.ReadWrite.All"],
  },
  {
    does: "delete a federated credential",
    request: (u) => ["DELETE", `${application(u)}/federatedIdentityCredentials/github`],
    enough: ["Application.ReadWrite.All"],
    wrong: ["Application.Read.All"],
  },
  {
    does: "remove an owner",
    request: (u) => ["DELETE", `${application(u)}/owners/${u.id("user.alice")}/$ref`],
    enough: ["Application.ReadWrite.All"],
    wrong: ["User.ReadWrite.All"],
  },
  {
    does: "remove one of Graph's own permissions",
    request: (u) => ["DELETE", `${principal(u)}/appRoleAssignments/${firstAssignment(u)}`],
    enough: ["AppRoleAssignment.ReadWrite.All"],
    wrong: ["Application.ReadWrite.All", "Directory.Read.All"],
  },
  {
    does: "list delegated grants",
    request: (u) => ["GET", `${principal(u)}/oauth2PermissionGrants`],
    enough: ["Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All"],
    wrong: ["Application.ReadWrite.All"],
  },
  {
    does: "delete a delegated grant",
    request: (u) => ["DELETE", `/oauth2PermissionGrants/${firstGrant(u)}`],
    enough: ["DelegatedPermissionGrant.ReadWrite.All"],
    wrong: ["Directory.Read.All"],
  },
  {
    does: "disable a user",
    request: (u) => ["PATCH", `/users/${u.id("user.alice")}`, { accountEnabled: false }],
    enough: ["User.EnableDisableAccount.All", "User.ReadWrite.All"],
    wrong: ["User.Read.All", "User.RevokeSessions.All"],
  },
  {
    does: "revoke a user's sessions",
    request: (u) => ["POST", `/users/${u.id("user.alice")}/revokeSignInSessions`],
    enough: ["User.RevokeSessions.All"],
    wrong: ["User.EnableDisableAccount.All"],
  },
  {
    does: "read directory roles",
    request: () => ["GET", "/roleManagement/directory/roleAssignments"],
    enough: ["RoleManagement.Read.Directory"],
    wrong: ["Application.Read.All"],
  },
  {
    does: "remove a directory role",
    request: (u) => ["DELETE", `/roleManagement/directory/roleAssignments/${firstRole(u)}`],
    enough: ["RoleManagement.ReadWrite.Directory"],
    wrong: ["RoleManagement.Read.Directory"],
  },
  {
    does: "read eligibility",
    request: () => ["GET", "/roleManagement/directory/roleEligibilityScheduleInstances"],
    enough: ["RoleEligibilitySchedule.Read.Directory"],
    wrong: ["Directory.Read.All"],
    code: "UnknownError",
  },
  {
    does: "remove eligibility",
    request: (u) => ["POST", "/roleManagement/directory/roleEligibilityScheduleRequests", eligibility(u)],
    enough: ["RoleEligibilitySchedule.Remove.Directory"],
    wrong: ["RoleEligibilitySchedule.Read.Directory"],
    code: "UnknownError",
  },
  {
    does: "remove a group member",
    request: (u) => [
      "DELETE",
      `/groups/${u.id("group.team")}/members/${u.id("servicePrincipal.deploy")}/$ref`,
    ],
    enough: ["GroupMember.ReadWrite.All"],
    wrong: ["GroupMember.Read.All"],
  },
  {
    does: "remove a member of a role-assignable group",
    request: (u) => ["DELETE", `/groups/${u.id("group.admins")}/members/${u.id("user.alice")}/$ref`],
    enough: ["RoleManagement.ReadWrite.Directory"],
    wrong: ["GroupMember.ReadWrite.All"],
  },
  {
    does: "confirm a principal compromised",
    request: (u) => [
      "POST",
      "/identityProtection/riskyServicePrincipals/confirmCompromised",
      { servicePrincipalIds: [u.id("servicePrincipal.deploy")] },
    ],
    enough: ["IdentityRiskyServicePrincipal.ReadWrite.All"],
    wrong: ["IdentityRiskyUser.ReadWrite.All"],
    code: "Forbidden",
  },
  {
    does: "confirm a user compromised",
    request: (u) => [
      "POST",
      "/identityProtection/riskyUsers/confirmCompromised",
      { userIds: [u.id("user.alice")] },
    ],
    enough: ["IdentityRiskyUser.ReadWrite.All"],
    wrong: ["IdentityRiskyUser.Read.All"],
    code: "Forbidden",
  },
  {
    does: "read audits",
    request: () => ["GET", "/auditLogs/directoryAudits"],
    enough: ["AuditLog.Read.All"],
    wrong: ["Application.Read.All"],
    code: "Authentication_MSGraphPermissionMissing",
  },
  {
    does: "look up objects by id",
    request: (u) => ["POST", "/directoryObjects/getByIds", { ids: [u.id("user.alice")] }],
    enough: ["Directory.Read.All"],
    wrong: ["User.Read.All"],
  },
];

const directory = (u: World) => u.tenant.state.directory;
const firstAssignment = (u: World) =>
  directory(u).appRoleAssignments.find("principal", u.id("servicePrincipal.deploy"))[0]?.id ?? "";
const firstGrant = (u: World) => [...directory(u).grants.all()][0]?.id ?? "";
const firstRole = (u: World) => [...directory(u).roleAssignments.all()][0]?.id ?? "";
const eligibility = (u: World) => ({
  action: "adminRemove",
  principalId: u.id("user.alice"),
  roleDefinitionId: "62e90394-69f5-4237-9190-012177145e10",
  directoryScopeId: "/",
});

describe.each(CASES)("to $does", ({ request, enough, wrong, code }) => {
  test.each(enough)("%s is enough", (permission) => {
    const under = graphUnderTest({ directory: WORLD });
    const [method, path, body] = request(under);
    expect(under.call(nobody(permission), method, path, body).status).toBeLessThan(300);
  });

  test.each([...wrong, "no permission at all"])("%s is not", (permission) => {
    const under = graphUnderTest({ directory: WORLD });
    const [method, path, body] = request(under);
    const answer = under.call(nobody(permission), method, path, body);
    expect(answer.status).toBe(403);
    expect(answer.error?.code).toBe(code ?? "Authorization_RequestDenied");
    if (code === undefined)
      expect(answer.error?.message).toBe("Insufficient privileges to complete the operation.");
    expect(under.rows("AuditLogs")).toEqual([]);
  });
});

describe("ownership", () => {
  const owner: As = { who: "servicePrincipal.owner", with: ["Application.ReadWrite.OwnedBy"] };

  test("a service principal with OwnedBy adds a secret to the application it owns, and to no other", () => {
    const under = graphUnderTest({ directory: WORLD });
    expect(under.post(owner, `${application(under)}/addPassword`).status).toBe(200);
    expect(under.post(owner, `${principal(under)}/addPassword`).status).toBe(200);
    expect(under.post(owner, `/applications/${under.id("application.nobody")}/addPassword`).status).toBe(403);
  });

  test("owning without the permission is nothing for a service principal", () => {
    const under = graphUnderTest({ directory: WORLD });
    expect(under.post({ who: "servicePrincipal.owner" }, `${application(under)}/addPassword`).status).toBe(
      403,
    );
  });

  test("an owner loses the right with the ownership", () => {
    const under = graphUnderTest({ directory: WORLD });
    under.del(ACTOR, `${application(under)}/owners/${under.id("servicePrincipal.owner")}/$ref`);
    expect(under.post(owner, `${application(under)}/addPassword`).status).toBe(403);
  });

  test("OwnedBy is not enough to add another owner; Application.ReadWrite.All needs Directory.Read.All beside it", () => {
    const under = graphUnderTest({ directory: WORLD });
    const add = (as: As) =>
      under.post(as, `${application(under)}/owners/$ref`, {
        "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${under.id("user.bob")}`,
      }).status;
    expect(add(owner)).toBe(403);
    expect(add(nobody("Application.ReadWrite.All"))).toBe(403);
    expect(add(nobody("Application.ReadWrite.All", "Directory.Read.All"))).toBe(204);
    expect(add(nobody("Application.ReadWrite.All", "Directory.Read.All"))).toBe(400);
  });

  test("a person who owns an application can reactivate it; another cannot", () => {
    const under = graphUnderTest({ directory: WORLD });
    const may = (who: string) =>
      under.patch({ who, with: ["Application.ReadWrite.All"] }, application(under), { isDisabled: false })
        .status;
    expect(may("user.alice")).toBe(204);
    expect(may("user.guest")).toBe(403);
  });
});

describe("directory roles", () => {
  test("a service principal with Cloud Application Administrator needs no Graph permission", () => {
    const under = graphUnderTest({
      directory: {
        ...WORLD,
        roleAssignments: [{ principal: "servicePrincipal.nobody", role: "Cloud Application Administrator" }],
      },
    });
    expect(under.post(nobody(), `${application(under)}/addPassword`).status).toBe(200);
    // Graph's own permissions are beyond it.
    expect(
      under.del(nobody(), `${principal(under)}/appRoleAssignments/${firstAssignment(under)}`).status,
    ).toBe(403);
  });

  test("a role that is eligible, not activated, gives nothing", () => {
    const under = graphUnderTest({ directory: WORLD });
    const as: As = { who: "user.alice", with: ["User.ReadWrite.All", "Directory.AccessAsUser.All"] };
    expect(under.patch(as, `/users/${under.id("user.bob")}`, { accountEnabled: false }).status).toBe(403);
  });

  test("disabling an administrator takes a directory role on the caller, whatever its permissions", () => {
    const path = (under: World) => `/users/${under.id("user.boss")}`;
    const plain = graphUnderTest({ directory: WORLD });
    const as = nobody("User.EnableDisableAccount.All", "User.ReadWrite.All");
    expect(plain.patch(as, path(plain), { accountEnabled: false }).status).toBe(403);
    const under = graphUnderTest({
      directory: {
        ...WORLD,
        roleAssignments: [
          ...WORLD.roleAssignments,
          { principal: "servicePrincipal.nobody", role: "Privileged Authentication Administrator" },
        ],
      },
    });
    expect(under.patch(as, path(under), { accountEnabled: false }).status).toBe(204);
  });

  test("members may read the directory with a scope for it; without the scope they may not", () => {
    const under = graphUnderTest({ directory: WORLD });
    expect(under.get({ who: "user.alice", with: ["Application.Read.All"] }, "/applications").status).toBe(
      200,
    );
    expect(under.get({ who: "user.alice", with: ["User.Read"] }, "/applications").status).toBe(403);
    expect(under.get({ who: "user.guest", with: ["Application.Read.All"] }, "/applications").status).toBe(
      403,
    );
    expect(under.get({ who: "user.alice", with: ["User.Read"] }, "/me").body["id"]).toBe(
      under.id("user.alice"),
    );
  });
});

describe("managed identities", () => {
  test("take no owners and no credentials, but can be disabled", () => {
    const under = graphUnderTest({ directory: WORLD });
    addManagedIdentity(
      directory(under),
      {
        principalId: under.names.guid("identity", "vm"),
        clientId: under.names.guid("clientId", "vm"),
        displayName: "vm",
        resourceId: "/x",
        userAssigned: false,
      },
      under.clock.now() - 1,
    );
    const path = `/servicePrincipals/${under.id("identity.vm")}`;
    expect(under.post(ACTOR, `${path}/addPassword`).status).toBe(403);
    expect(under.patch(ACTOR, path, { keyCredentials: [] }).status).toBe(403);
    const owner = {
      "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${under.id("user.alice")}`,
    };
    expect(under.post(ACTOR, `${path}/owners/$ref`, owner).status).toBe(400);
    expect(under.patch(ACTOR, path, { accountEnabled: false }).status).toBe(204);
  });
});
