import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Planted } from "../../src/case/planted.ts";
import type { Scope } from "../../src/case/scope.ts";
import { ATTACKED, attackerWith } from "./attacked-tenant.ts";
import { inOrder, scopeOf } from "./scoped.ts";
import { readTenant, type ReadTenant } from "./tenant-reader.ts";

let read: ReadTenant;
let scope: Scope;
const made = new Map<string, string>();

const id = (kind: string, name: string) => read.tenant.names.guid(kind, name);
const subscription = () => `/subscriptions/${id("subscription", "prod")}`;
const inGroup = (type: string, name: string) =>
  `${subscription()}/resourceGroups/rg/providers/${type}/${name}`;
const CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7";

beforeAll(async () => {
  read = await readTenant({ scenario: ATTACKED });
  const attacker = await attackerWith(read.tenant, "ci", "leaked");
  const keyed = async (path: string) => {
    const answer = z
      .object({ keyId: z.string() })
      .parse(await attacker.graph("POST", path, { passwordCredential: { displayName: "backup" } }));
    return answer.keyId;
  };
  const victim = id("application", "victim");
  const victimPrincipal = id("servicePrincipal", "victim");
  const graphPrincipal = z
    .object({ id: z.string(), appRoles: z.array(z.object({ id: z.string(), value: z.string() })) })
    .parse(
      await attacker.graph(
        "GET",
        "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id,appRoles",
      ),
    );

  made.set("own secret", await keyed(`/applications/${id("application", "ci")}/addPassword`));
  made.set("victim's secret", await keyed(`/applications/${victim}/addPassword`));
  made.set("victim's principal's secret", await keyed(`/servicePrincipals/${victimPrincipal}/addPassword`));
  await attacker.graph("POST", `/applications/${victim}/federatedIdentityCredentials`, {
    name: "ops",
    issuer: "https://oidc.attacker.invalid",
    subject: "whoever",
    audiences: ["api://AzureADTokenExchange"],
  });
  await attacker.graph("POST", `/applications/${victim}/owners/$ref`, {
    "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${id("user", "mallory")}`,
  });
  await attacker.graph("POST", `/groups/${id("group", "nobody-yet")}/members/$ref`, {
    "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${victimPrincipal}`,
  });
  const role = graphPrincipal.appRoles.find(({ value }) => value === "Directory.Read.All");
  await attacker.graph("POST", `/servicePrincipals/${victimPrincipal}/appRoleAssignments`, {
    principalId: victimPrincipal,
    resourceId: graphPrincipal.id,
    appRoleId: role?.id,
  });
  await attacker.graph("POST", "/oauth2PermissionGrants", {
    clientId: victimPrincipal,
    consentType: "AllPrincipals",
    resourceId: graphPrincipal.id,
    scope: "User.Read",
  });
  await attacker.graph("POST", "/roleManagement/directory/roleAssignments", {
    principalId: victimPrincipal,
    roleDefinitionId: CLOUD_APPLICATION_ADMINISTRATOR,
    directoryScopeId: "/",
  });
  const application = z
    .object({ id: z.string(), appId: z.string() })
    .parse(await attacker.graph("POST", "/applications", { displayName: "helper" }));
  const principal = z
    .object({ id: z.string() })
    .parse(await attacker.graph("POST", "/servicePrincipals", { appId: application.appId }));
  made.set("new application", application.id);
  made.set("new principal", principal.id);

  const assignment = `${subscription()}/providers/Microsoft.Authorization/roleAssignments/7c1f0f0e-3b52-4c5e-9d0a-2f1e6d4b8a01`;
  await attacker.arm("PUT", `${assignment}?api-version=2022-04-01`, {
    properties: {
      principalId: principal.id,
      principalType: "ServicePrincipal",
      roleDefinitionId: `${subscription()}/providers/Microsoft.Authorization/roleDefinitions/${CONTRIBUTOR}`,
    },
  });
  made.set("role assignment", assignment);
  const identity = inGroup("Microsoft.ManagedIdentity/userAssignedIdentities", "id-lonely");
  await attacker.arm("PUT", `${identity}/federatedIdentityCredentials/stay?api-version=2024-11-30`, {
    properties: {
      issuer: "https://oidc.attacker.invalid",
      subject: "me",
      audiences: ["api://AzureADTokenExchange"],
    },
  });
  await attacker.arm(
    "PUT",
    `${inGroup("Microsoft.KeyVault/vaults", "kv-policies")}/accessPolicies/add?api-version=2023-07-01`,
    {
      properties: {
        accessPolicies: [
          {
            tenantId: read.tenant.tenant.id,
            objectId: id("servicePrincipal", "ci"),
            permissions: { keys: [], secrets: ["get", "list"], certificates: [], storage: [] },
          },
        ],
      },
    },
  );
  // Put there and taken away again: it happened, and is not there any more.
  made.set("gone secret", await keyed(`/applications/${id("application", "twin")}/addPassword`));
  await attacker.graph("POST", `/applications/${id("application", "twin")}/removePassword`, {
    keyId: made.get("gone secret"),
  });
  scope = await scopeOf(read, { objectIds: [id("servicePrincipal", "ci")] });
});
afterAll(async () => {
  await read[Symbol.asyncDispose]();
});

const planted = (kind: Planted["kind"]) => scope.planted.filter((it) => it.kind === kind);

describe("what an attacker put there, from the rows Azure writes and a fresh look", () => {
  test("secrets, on itself, on another application and on its service principal; one is gone again", () => {
    expect(
      inOrder(planted("application-password").map(({ onId, id: keyId, present }) => [onId, keyId, present])),
    ).toEqual(
      inOrder([
        [id("application", "ci"), made.get("own secret"), true],
        [id("application", "victim"), made.get("victim's secret"), true],
        [id("application", "twin"), made.get("gone secret"), false],
      ]),
    );
    expect(planted("service-principal-password")).toMatchObject([
      {
        onId: id("servicePrincipal", "victim"),
        id: made.get("victim's principal's secret"),
        present: true,
        detail: { kind: "password", credential: { holder: "service-principal", displayName: "backup" } },
      },
    ]);
  });

  test("federated credentials of an issuer nobody knows, on an application and on an identity", () => {
    expect(planted("federated-credential")).toMatchObject([
      {
        onId: inGroup("Microsoft.ManagedIdentity/userAssignedIdentities", "id-lonely"),
        onKind: "identity",
        present: true,
        detail: { credential: { name: "stay", trusts: { kind: "unknown-issuer" } } },
      },
      {
        onId: id("application", "victim"),
        onKind: "application",
        present: true,
        detail: { credential: { name: "ops", trusts: { kind: "unknown-issuer" } } },
      },
    ]);
  });

  test("an owner, a group membership, an app role, a consent, a directory role", () => {
    const victim = id("servicePrincipal", "victim");
    expect(planted("owner")).toMatchObject([
      { onId: id("application", "victim"), id: id("user", "mallory"), present: true },
    ]);
    expect(planted("group-membership")).toMatchObject([
      { onId: id("group", "nobody-yet"), id: victim, present: true },
    ]);
    expect(planted("app-role-assignment")).toMatchObject([
      {
        onId: victim,
        present: true,
        detail: { assignment: { value: "Directory.Read.All", principalId: victim } },
      },
    ]);
    expect(planted("delegated-grant")).toMatchObject([
      { onId: victim, present: true, detail: { grant: { clientId: victim, scope: "User.Read" } } },
    ]);
    expect(planted("directory-role")).toMatchObject([
      {
        onId: victim,
        present: true,
        detail: { role: { roleDefinitionId: CLOUD_APPLICATION_ADMINISTRATOR, assignment: "active" } },
      },
    ]);
  });

  test("a new application, its service principal, and the role it was given", () => {
    expect(planted("application")).toMatchObject([{ id: made.get("new application"), present: true }]);
    expect(planted("service-principal")).toMatchObject([{ id: made.get("new principal"), present: true }]);
    expect(planted("role-assignment")).toMatchObject([
      {
        id: made.get("role assignment"),
        present: true,
        detail: {
          assignment: { principalId: made.get("new principal"), roleName: "Contributor", condition: null },
        },
      },
    ]);
  });

  test("an access policy for itself", () => {
    expect(planted("vault-policy")).toMatchObject([
      {
        onId: inGroup("Microsoft.KeyVault/vaults", "kv-policies"),
        id: id("servicePrincipal", "ci"),
        present: true,
        detail: { policy: { permissions: { secrets: ["get", "list"] } } },
      },
    ]);
  });

  test("nothing else, and each by the suspect", () => {
    expect(scope.planted.filter(({ kind }) => kind === "other")).toEqual([]);
    expect(new Set(scope.planted.map(({ by }) => by))).toEqual(new Set([id("servicePrincipal", "ci")]));
  });

  test("its own planted secret is marked among its credentials, and the leaked one as used", () => {
    const [principal] = scope.principals;
    const evidence = new Map(principal?.passwords.map((it) => [it.keyId, it.evidence]));
    expect(evidence.get(made.get("own secret") ?? "")).toMatchObject({ planted: true });
    expect(evidence.get(id("keyId", "ci.leaked"))).toMatchObject({
      planted: false,
      usedBySuspiciousSignIn: true,
    });
    expect(principal?.vaultPolicies.filter((it) => it.planted).map(({ objectId }) => objectId)).toEqual([
      id("servicePrincipal", "ci"),
    ]);
  });
});

describe("whom it concerns", () => {
  test("what the attacker made is in the same hands; what was only done to others makes them affected", () => {
    const ids = (list: Scope["related"]) => inOrder((list ?? []).map(({ principal }) => principal.objectId));
    expect(ids(scope.related)).toEqual([made.get("new principal")]);
    expect(ids(scope.affected)).toEqual(inOrder([id("servicePrincipal", "victim"), id("user", "mallory")]));
  });
});

describe("what groups and escalation bring", () => {
  test("groups are transitive, and their roles, policies and directory roles count", () => {
    const [principal] = scope.principals;
    expect(inOrder(principal?.groups.map(({ groupId, direct }) => [groupId, direct]) ?? [])).toEqual(
      inOrder([
        [id("group", "inner"), true],
        [id("group", "outer"), false],
        [id("group", "admins"), true],
      ]),
    );
    const roles = principal?.roleAssignments.map(({ roleName, throughGroupId }) => [
      roleName,
      throughGroupId,
    ]);
    expect(inOrder(roles ?? [])).toEqual(
      inOrder([
        ["Key Vault Secrets User", id("group", "outer")],
        ["Owner", null],
        ["Reader", id("group", "inner")],
      ]),
    );
    expect(principal?.directoryRoles).toMatchObject([
      { roleName: "Application Administrator", throughGroupId: id("group", "admins") },
    ]);
  });

  test("a role on one secret reaches that secret; the others only by giving itself a role", () => {
    const vault = inGroup("Microsoft.KeyVault/vaults", "kv-rbac");
    const can = new Map(
      scope.reach.filter(({ targetId }) => targetId.startsWith(vault)).map((it) => [it.name, it.can]),
    );
    expect(can.get("only-this")).toEqual(["grant-itself-data-access", "read-secret"]);
    expect(can.get("not-this")).toEqual(["grant-itself-data-access"]);
  });

  test("a policy for a group opens every secret of the vault", () => {
    const vault = inGroup("Microsoft.KeyVault/vaults", "kv-policies");
    const secrets = scope.reach.filter(({ targetId }) => targetId.startsWith(`${vault}/secrets/`));
    expect(secrets.map(({ name, can }) => [name, can.includes("read-secret")])).toEqual([
      ["one", true],
      ["two", true],
    ]);
    expect(secrets[0]?.through).toContain(`${vault}/accessPolicies/${id("group", "outer")}`);
  });

  test("permissions over the directory are reach too", () => {
    const directory = scope.reach.filter(({ kind }) => kind === "directory");
    expect(directory.map(({ name, can }) => [name, can[0]])).toEqual(
      expect.arrayContaining([
        ["Application.ReadWrite.All", "add-credential"],
        ["RoleManagement.ReadWrite.Directory", "escalate-directory"],
        ["Application Administrator", "add-credential"],
      ]),
    );
  });

  test("the only owner of a subscription is an obstacle", () => {
    expect(scope.obstacles).toMatchObject([{ kind: "last-owner", scope: subscription() }]);
  });
});
