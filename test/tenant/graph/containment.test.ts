import { describe, expect, test } from "vitest";
import { ACTOR, READER, graphUnderTest } from "./graph-under-test.ts";
import type { As } from "./graph-under-test.ts";

const WORLD = {
  users: [{ name: "alice" }, { name: "guest", guest: true }],
  groups: [{ name: "team", members: ["servicePrincipal.deploy"] }],
  applications: [
    { name: "deploy", secrets: [{ name: "a" }], certificates: [{ name: "c" }], owners: ["user.alice"] },
    { name: "banned", disabledByMicrosoftStatus: "DisabledDueToViolationOfServicesAgreement" },
  ],
  servicePrincipals: [
    { name: "saas", ownerTenant: "11111111-1111-4111-8111-111111111111", secrets: [{ name: "x" }] },
  ],
  appRoleAssignments: [{ principal: "servicePrincipal.deploy", roles: ["Mail.Read"] }],
};
const RISK: As = {
  who: "servicePrincipal.actor",
  with: ["IdentityRiskyServicePrincipal.ReadWrite.All", "IdentityRiskyUser.ReadWrite.All"],
};
const USERS: As = {
  who: "servicePrincipal.actor",
  with: [
    "User.EnableDisableAccount.All",
    "User.Read.All",
    "User.RevokeSessions.All",
    "User.DeleteRestore.All",
  ],
};

describe("switching off", () => {
  test("accountEnabled of a service principal goes off and on with 204", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/servicePrincipals/${under.id("servicePrincipal.deploy")}`;
    for (const accountEnabled of [false, true]) {
      expect(under.patch(ACTOR, path, { accountEnabled })).toMatchObject({ status: 204, body: {} });
      expect(under.get(READER, path).body["accountEnabled"]).toBe(accountEnabled);
    }
  });

  test("deactivating is for the application object alone, and shows on its principal", () => {
    const under = graphUnderTest({ directory: WORLD });
    const application = `/applications/${under.id("application.deploy")}`;
    const principal = `/servicePrincipals/${under.id("servicePrincipal.deploy")}`;
    expect(under.patch(ACTOR, principal, { isDisabled: true }).status).toBe(400);
    expect(under.patch(ACTOR, application, { isDisabled: true }).status).toBe(204);
    expect(under.get(READER, principal).body).toMatchObject({ isDisabled: true, accountEnabled: true });
    expect(under.patch(ACTOR, application, { isDisabled: false }).status).toBe(204);
    expect(under.get(READER, principal).body["isDisabled"]).toBe(false);
  });

  test("an application homed elsewhere has no object here: only its principal can be cut", () => {
    const under = graphUnderTest({ directory: WORLD });
    expect(under.get(READER, `/applications(appId='${under.appId("saas")}')`).status).toBe(404);
    const path = `/servicePrincipals(appId='${under.appId("saas")}')`;
    expect(under.get(READER, path).body["appOwnerOrganizationId"]).toBe(
      "11111111-1111-4111-8111-111111111111",
    );
    expect(under.patch(ACTOR, path, { accountEnabled: false }).status).toBe(204);
    const keyId = under.passwords(path)[0]?.keyId;
    expect(under.post(ACTOR, `${path}/removePassword`, { keyId }).status).toBe(204);
  });

  test("what Microsoft disabled cannot be deleted", () => {
    const under = graphUnderTest({ directory: WORLD });
    expect(under.del(ACTOR, `/applications/${under.id("application.banned")}`).status).toBe(403);
  });

  test("a user is disabled, and sessions end at the moment they are revoked", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/users/${under.id("user.alice")}`;
    expect(under.patch(USERS, path, { accountEnabled: false }).status).toBe(204);
    const revoked = under.post(USERS, `${path}/revokeSignInSessions`);
    expect(revoked).toMatchObject({
      status: 200,
      body: { "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean", value: true },
    });
    expect(
      under.get(USERS, `${path}?$select=accountEnabled,signInSessionsValidFromDateTime`).body,
    ).toMatchObject({
      accountEnabled: false,
      signInSessionsValidFromDateTime: "2026-11-20T10:00:00.000Z",
    });
  });

  test("revoking a guest's sessions succeeds and ends none: they are the home tenant's", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/users/${under.id("user.guest")}`;
    const select = `${path}?$select=signInSessionsValidFromDateTime`;
    const before = under.get(USERS, select).body;
    expect(under.post(USERS, `${path}/revokeSignInSessions`).status).toBe(200);
    expect(under.get(USERS, select).body).toEqual(before);
  });

  test("confirmed compromised is high risk and nothing else: the principal stays enabled", () => {
    const under = graphUnderTest({ directory: WORLD });
    const id = under.id("servicePrincipal.deploy");
    expect(
      under.post(RISK, "/identityProtection/riskyServicePrincipals/confirmCompromised", {
        servicePrincipalIds: [id],
      }).status,
    ).toBe(204);
    under.clock.advance(1_000);
    expect(under.get(RISK, `/identityProtection/riskyServicePrincipals/${id}`).body).toMatchObject({
      riskLevel: "high",
      riskState: "confirmedCompromised",
      riskDetail: "adminConfirmedServicePrincipalCompromised",
      isEnabled: true,
    });
  });
});

describe("deleting and restoring", () => {
  test("an application takes its principal with it; each is restored on its own, with all it had", () => {
    const under = graphUnderTest({ directory: WORLD });
    const application = under.id("application.deploy");
    const principal = under.id("servicePrincipal.deploy");
    const keysBefore = under.keys(`/applications/${application}`);
    const rolesBefore = under.get(READER, `/servicePrincipals/${principal}/appRoleAssignments`).value;
    expect(rolesBefore).toHaveLength(1);

    expect(under.del(ACTOR, `/applications/${application}`).status).toBe(204);
    expect(under.get(READER, `/applications/${application}`).status).toBe(404);
    expect(under.get(READER, `/servicePrincipals/${principal}`).status).toBe(404);
    const deleted = under.get(READER, "/directory/deletedItems/microsoft.graph.application").value;
    expect(deleted).toMatchObject([{ id: application, deletedDateTime: "2026-11-20T10:00:00Z" }]);

    const restored = under.post(ACTOR, `/directory/deletedItems/${application}/restore`);
    expect(restored).toMatchObject({
      status: 200,
      body: { "@odata.type": "#microsoft.graph.application", id: application },
    });
    expect(under.keys(`/applications/${application}`)).toEqual(keysBefore);
    expect(under.get(READER, `/applications/${application}/owners`).value).toHaveLength(1);
    expect(under.get(READER, `/servicePrincipals/${principal}`).status).toBe(404);

    expect(under.post(ACTOR, `/directory/deletedItems/${principal}/restore`).status).toBe(200);
    expect(under.get(READER, `/servicePrincipals/${principal}/appRoleAssignments`).value).toEqual(
      rolesBefore,
    );
    expect(under.get(READER, `/servicePrincipals/${principal}/memberOf`).value).toHaveLength(1);
  });

  test("after thirty days nothing is left to restore", () => {
    const under = graphUnderTest({ directory: WORLD });
    const id = under.id("servicePrincipal.deploy");
    under.del(ACTOR, `/servicePrincipals/${id}`);
    under.clock.advance(29 * 86_400_000);
    expect(under.get(READER, `/directory/deletedItems/${id}`).status).toBe(200);
    under.clock.advance(86_400_000);
    expect(under.post(ACTOR, `/directory/deletedItems/${id}/restore`).status).toBe(404);
  });

  test("a consented application that was deleted comes back under a new id when consented again", () => {
    const under = graphUnderTest({ directory: WORLD });
    const appId = under.appId("saas");
    const before = under.id("servicePrincipal.saas");
    expect(under.del(ACTOR, `/servicePrincipals/${before}`).status).toBe(204);
    const made = under.post(ACTOR, "/servicePrincipals", { appId });
    expect(made).toMatchObject({
      status: 201,
      body: { appId, displayName: "saas", appOwnerOrganizationId: "11111111-1111-4111-8111-111111111111" },
    });
    expect(made.body["id"]).not.toBe(before);
    expect(under.post(ACTOR, `/directory/deletedItems/${before}/restore`).status).toBe(409);
  });

  test("deleted items are listed by type only", () => {
    const answer = graphUnderTest().get(READER, "/directory/deletedItems");
    expect(answer).toMatchObject({
      status: 400,
      error: { message: "Direct queries to this resource type are not supported." },
    });
  });

  test("a deleted user comes back by User.DeleteRestore.All", () => {
    const under = graphUnderTest({ directory: WORLD });
    const path = `/users/${under.id("user.alice")}`;
    expect(under.del(USERS, path).status).toBe(204);
    expect(under.post(ACTOR, `/directory/deletedItems/${under.id("user.alice")}/restore`).status).toBe(403);
    expect(under.post(USERS, `/directory/deletedItems/${under.id("user.alice")}/restore`).status).toBe(200);
    expect(under.get(USERS, path).status).toBe(200);
  });
});

describe("property lock", () => {
  const locked = (lock: object) => ({
    applications: [
      {
        name: "deploy",
        secrets: [{ name: "own" }],
        propertyLock: { isEnabled: true, ...lock },
        servicePrincipal: { secrets: [{ name: "a" }], samlSigning: [{ name: "s" }] },
      },
    ],
  });

  test("credentials of a locked application's principal cannot be added or removed; the application's own can", () => {
    const under = graphUnderTest({ directory: locked({ allProperties: true }) });
    const path = `/servicePrincipals/${under.id("servicePrincipal.deploy")}`;
    const refused = under.post(ACTOR, `${path}/addPassword`);
    expect(refused).toMatchObject({
      status: 400,
      error: {
        code: "CannotUpdateLockedServicePrincipalProperty",
        message: "Property passwordCredentials is invalid.",
      },
    });
    expect(
      under.post(ACTOR, `${path}/removePassword`, { keyId: under.id("keyId.deploy.servicePrincipal.a") })
        .status,
    ).toBe(400);
    expect(under.patch(ACTOR, path, { accountEnabled: false }).status).toBe(204);
    expect(under.post(ACTOR, `/applications/${under.id("application.deploy")}/addPassword`).status).toBe(200);
  });

  test("a lock of one usage leaves the other alone, and unlocking the application frees both", () => {
    const under = graphUnderTest({ directory: locked({ credentialsWithUsageSign: true }) });
    const path = `/servicePrincipals/${under.id("servicePrincipal.deploy")}`;
    expect(under.post(ACTOR, `${path}/addPassword`).status).toBe(200);
    const withoutSaml = { keyCredentials: [], passwordCredentials: [] };
    expect(under.patch(ACTOR, path, withoutSaml).status).toBe(400);
    const application = `/applications/${under.id("application.deploy")}`;
    expect(
      under.patch(ACTOR, application, { servicePrincipalLockConfiguration: { isEnabled: false } }).status,
    ).toBe(204);
    expect(under.patch(ACTOR, path, withoutSaml).status).toBe(204);
    expect(under.keys(path)).toEqual([]);
  });
});
