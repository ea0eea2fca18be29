import { ownTriesOf } from "../../src/azure/own-tries.ts";
import { Secret } from "../../src/azure/secret.ts";
import { trySignIn } from "../../src/rotate/sign-in.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessFacts } from "../../local/run/access-facts.ts";
import type { LookMemory } from "../../src/scope/changes/look-for-changes.ts";
import { attackerWith } from "../scope/attacked-tenant.ts";
import { accompliceOf, cheapLook, watchedCase, type WatchedCase } from "./watched-case.ts";
import { WATCHED } from "./watched-tenant.ts";

let on: WatchedCase;
let accomplice: Awaited<ReturnType<typeof accompliceOf>>;
let memory: LookMemory | null = null;
/** The certificate that the application had: as good as any. */
let certificate = "";
/** Who may do what, contained. */
let clean: readonly string[] = [];

const id = (kind: string, name: string) => on.tenant.names.guid(kind, name);
const ci = () => id("servicePrincipal", "ci");
const ciApplication = () => id("application", "ci");
const eve = () => id("user", "eve");
const subscription = () => `/subscriptions/${id("subscription", "prod")}`;
const rg = () => `${subscription()}/resourceGroups/rg`;
const facts = () => accessFacts(on.tenant).map(({ fact }) => fact);
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const GRAPH = "00000003-0000-0000-c000-000000000000";

async function changesSeen(): Promise<readonly string[]> {
  const looked = await cheapLook(on, [ci()], memory);
  ({ memory } = looked);
  expect(looked.unread).toEqual([]);
  return looked.changes;
}

beforeAll(async () => {
  on = await watchedCase(WATCHED, ({ names, state }) => [
    names.guid("servicePrincipal", "ci"),
    names.guid("user", "eve"),
    [...state.directory.servicePrincipals.all()].find(({ displayName }) => displayName === "id-build")?.id ??
      "",
  ]);
  certificate = on.tenant.state.directory.applications.get(ciApplication())?.keyCredentials[0]?.key ?? "";
}, 60_000);

afterAll(async () => {
  await on[Symbol.asyncDispose]();
});

const graphId = async (path: string): Promise<string> => {
  const found = await accomplice.graph("GET", path);
  return typeof found === "object" && found !== null && "id" in found ? String(found.id) : "";
};
const eligible = (principalId: string) => ({
  properties: {
    principalId,
    roleDefinitionId: `${subscription()}/providers/Microsoft.Authorization/roleDefinitions/${READER}`,
    requestType: "AdminAssign",
    scheduleInfo: {
      startDateTime: new Date().toISOString(),
      expiration: { type: "AfterDuration", duration: "P30D" },
    },
  },
});

/** What an accomplice does, and what the watch calls it. */
const DEEDS: readonly (readonly [kind: string, what: string, deed: () => Promise<unknown>])[] = [
  [
    "re-enabled",
    "signs the application in again",
    () => accomplice.graph("PATCH", `/servicePrincipals/${ci()}`, { accountEnabled: true }),
  ],
  [
    "re-enabled",
    "activates the application again",
    () => accomplice.graph("PATCH", `/applications/${ciApplication()}`, { isDisabled: false }),
  ],
  [
    "re-enabled",
    "signs the person in again",
    () => accomplice.graph("PATCH", `/users/${eve()}`, { accountEnabled: true }),
  ],
  [
    "new-password",
    "adds a secret to the application",
    () => accomplice.graph("POST", `/applications/${ciApplication()}/addPassword`, {}),
  ],
  [
    "new-password",
    "adds a secret to the service principal",
    () => accomplice.graph("POST", `/servicePrincipals/${ci()}/addPassword`, {}),
  ],
  [
    "new-certificate",
    "adds a certificate",
    () =>
      accomplice.graph("PATCH", `/applications/${ciApplication()}`, {
        keyCredentials: [{ type: "AsymmetricX509Cert", usage: "Verify", key: certificate }],
      }),
  ],
  [
    "new-federated-credential",
    "lets a repository of its own in",
    () =>
      accomplice.graph("POST", `/applications/${ciApplication()}/federatedIdentityCredentials`, {
        name: "again",
        issuer: "https://token.actions.githubusercontent.com",
        subject: "repo:mallory/x",
        audiences: ["api://AzureADTokenExchange"],
      }),
  ],
  [
    "new-federated-credential",
    "lets a repository of its own in as the identity",
    () =>
      accomplice.arm(
        "PUT",
        `${rg()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-build/federatedIdentityCredentials/again?api-version=2024-11-30`,
        {
          properties: {
            issuer: "https://token.actions.githubusercontent.com",
            subject: "repo:mallory/y",
            audiences: ["api://AzureADTokenExchange"],
          },
        },
      ),
  ],
  [
    "new-owner",
    "makes somebody an owner",
    () =>
      accomplice.graph("POST", `/applications/${ciApplication()}/owners/$ref`, {
        "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${id("servicePrincipal", "shop")}`,
      }),
  ],
  [
    "new-group-membership",
    "puts the application into a group",
    () =>
      accomplice.graph("POST", `/groups/${id("group", "deployers")}/members/$ref`, {
        "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${ci()}`,
      }),
  ],
  [
    "new-app-role",
    "gives the application a permission",
    async () =>
      accomplice.graph("POST", `/servicePrincipals/${ci()}/appRoleAssignments`, {
        principalId: ci(),
        resourceId: await graphId(`/servicePrincipals(appId='${GRAPH}')?$select=id`),
        appRoleId: "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
      }),
  ],
  [
    "new-consent",
    "consents for everybody",
    async () =>
      accomplice.graph("POST", "/oauth2PermissionGrants", {
        clientId: ci(),
        consentType: "AllPrincipals",
        resourceId: await graphId(`/servicePrincipals(appId='${GRAPH}')?$select=id`),
        scope: "Mail.Read",
      }),
  ],
  [
    "new-directory-role",
    "gives the application a directory role",
    () =>
      accomplice.graph("POST", "/roleManagement/directory/roleAssignments", {
        principalId: ci(),
        roleDefinitionId: "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
        directoryScopeId: "/",
      }),
  ],
  [
    "new-directory-role-eligibility",
    "makes the person eligible for a directory role",
    () =>
      accomplice.graph("POST", "/roleManagement/directory/roleEligibilityScheduleRequests", {
        action: "adminAssign",
        principalId: eve(),
        roleDefinitionId: "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
        directoryScopeId: "/",
        justification: "x",
        scheduleInfo: { startDateTime: new Date().toISOString(), expiration: { type: "noExpiration" } },
      }),
  ],
  [
    "new-role-assignment",
    "gives the application an Azure role",
    () =>
      accomplice.arm(
        "PUT",
        `${rg()}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111?api-version=2022-04-01`,
        {
          properties: {
            roleDefinitionId: `${subscription()}/providers/Microsoft.Authorization/roleDefinitions/${READER}`,
            principalId: ci(),
            principalType: "ServicePrincipal",
          },
        },
      ),
  ],
  [
    "new-role-eligibility",
    "makes the person eligible for an Azure role",
    () =>
      accomplice.arm(
        "PUT",
        `${subscription()}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/22222222-2222-4222-8222-222222222222?api-version=2020-10-01`,
        eligible(eve()),
      ),
  ],
  [
    "new-vault-policy",
    "lets the application into a vault",
    () =>
      accomplice.arm(
        "PUT",
        `${rg()}/providers/Microsoft.KeyVault/vaults/kv-policies/accessPolicies/add?api-version=2023-07-01`,
        {
          properties: {
            accessPolicies: [
              {
                tenantId: on.tenant.tenant.id,
                objectId: ci(),
                permissions: { keys: [], secrets: ["get"], certificates: [], storage: [] },
              },
            ],
          },
        },
      ),
  ],
];

test("what was cut is watched in a handful of requests", async () => {
  await on.contain();
  clean = facts();
  accomplice = await accompliceOf(on.tenant);
  await on.look("whole");
  await on.look();
  const { result, requests } = await on.counting(() => on.look());
  expect(result).toMatchObject({ findings: 0, contain: false });
  // Directory 3, Resource Graph 3, federated credentials and eligible roles one each, and a query for each of seven logs.
  expect(requests, requests.join("\n")).toHaveLength(15);
  await changesSeen();
  expect(await changesSeen()).toEqual([]);
}, 120_000);

test("a cheap look sees in the vault's log that somebody enables an old version of a secret", async () => {
  const [old] = on.tenant.state.vaults.vaults.get("kv-app")?.secrets.get("api-key")?.versions ?? [];
  await accomplice.vault("kv-app", "PATCH", `/secrets/api-key/${old?.version ?? ""}?api-version=7.4`, {
    attributes: { enabled: true },
  });
  expect(await changesSeen()).toEqual(["log AZKVAuditLogs"]);
  expect(await changesSeen()).toEqual([]);
});

test.each(DEEDS)("%s: a cheap look sees that somebody %s", async (_kind, _what, deed) => {
  await deed();
  // In how things are, and not only in a log, which would come minutes later.
  expect((await changesSeen()).filter((it) => !it.startsWith("log "))).not.toEqual([]);
  expect(await changesSeen()).toEqual([]);
});

test("each is one finding, with what, where, when and who, and is cut again by the same rules", async () => {
  const seen = await on.look();
  const found = (await on.findings()).filter(({ kind }) => kind !== "revoked-credential-used");
  expect(found.map(({ kind }) => String(kind)).toSorted()).toEqual(DEEDS.map(([kind]) => kind).toSorted());
  expect(seen).toMatchObject({ findings: found.length, contain: true });
  for (const { kind, data } of found) {
    expect(data, String(kind)).toMatchObject({
      by: { objectId: id("servicePrincipal", "tool") },
      title: expect.stringContaining("To cut: "),
    });
    expect(Object.keys(data["target"] ?? {}), String(kind)).not.toEqual([]);
  }
  expect(await on.look()).toMatchObject({ findings: 0, contain: true });
  await on.contain();
  expect(facts().filter((it) => !clean.includes(it))).toEqual([]);
  expect(await on.look("whole")).toMatchObject({ findings: 0, contain: false });
}, 120_000);

test("a service principal made anew for the same application is contained like the first", async () => {
  await accomplice.graph("DELETE", `/servicePrincipals/${ci()}`);
  await accomplice.graph("POST", "/servicePrincipals", { appId: id("appId", "ci") });
  const recreated = await graphId(`/servicePrincipals(appId='${id("appId", "ci")}')?$select=id`);
  expect(recreated).not.toBe(ci());

  expect((await on.look()).contain).toBe(true);
  expect((await on.findings()).at(-1)).toMatchObject({
    kind: "recreated",
    data: { target: { servicePrincipalId: recreated }, by: { objectId: id("servicePrincipal", "tool") } },
  });
  await on.contain();
  expect(on.tenant.state.directory.servicePrincipals.get(recreated)?.accountEnabled).toBe(false);
  expect(await on.look("whole")).toMatchObject({ findings: 0, contain: false });
}, 120_000);

test("a service principal that comes back from the deleted ones is found, and is not cut again when nothing came back with it", async () => {
  const recreated = await graphId(`/servicePrincipals(appId='${id("appId", "ci")}')?$select=id`);
  await accomplice.graph("DELETE", `/servicePrincipals/${recreated}`);
  expect(await on.look()).toMatchObject({ findings: 0, contain: false });
  await accomplice.graph("POST", `/directory/deletedItems/${ci()}/restore`, {});

  expect(await on.look()).toMatchObject({ findings: 1, contain: false });
  expect((await on.findings()).at(-1)).toMatchObject({
    kind: "restored",
    data: { target: { objectId: ci() }, by: { objectId: id("servicePrincipal", "tool") } },
  });
  expect(await on.look("whole")).toMatchObject({ findings: 0, contain: false });
}, 120_000);

test("our own try of a removed secret is nobody's return", async () => {
  const stolen = new Secret(on.tenant.names.secret("keyId", "ci.leaked"));
  const { is } = await trySignIn(
    on.tenant.tenant.id,
    on.tenant.names.guid("appId", "ci"),
    stolen,
    ownTriesOf(on.caseId),
  );
  expect(is).not.toBe("accepted");
  expect(on.tenant.requests.entries.at(-1)?.service).toBe("entra");
  expect(await on.look()).toMatchObject({ findings: 0, contain: false });
});

test("whoever goes on trying a removed secret is said to be there, once", async () => {
  const tried = async () => {
    await expect(
      attackerWith(on.tenant, "ci", "leaked").then((it) => it.graph("GET", "/users")),
    ).rejects.toThrow();
  };
  await tried();
  expect(await on.look()).toMatchObject({ findings: 1, contain: false });
  await tried();
  expect(await on.look()).toMatchObject({ findings: 0, contain: false });
  expect((await on.findings()).at(-1)).toMatchObject({
    kind: "revoked-credential-used",
    data: {
      target: { principalId: ci(), credentialId: null },
      seen: { succeeded: false, result: "7000112", addresses: ["203.0.113.50"] },
    },
  });
}, 60_000);
