import { describe, expect, test } from "vitest";
import {
  federatedCredentialsOf,
  identityByClientId,
  identityOfResource,
} from "../../../local/tenant/state/azure.ts";
import { servicePrincipal } from "../../../local/tenant/state/directory.ts";
import { type ArmUnderTest, armWith } from "./arm-under-test.ts";

const IDENTITY = "providers/Microsoft.ManagedIdentity/userAssignedIdentities";
const MACHINE = "providers/Microsoft.Compute/virtualMachines/vm";

const owner = { principal: "servicePrincipal.owner", role: "Owner", scope: "prod" };
const shop = (more: Parameters<typeof armWith>[0] = {}) =>
  armWith({
    ...more,
    azure: {
      identities: [
        {
          name: "id-shop",
          resourceGroup: "rg-shop",
          federatedCredentials: [
            { name: "aks", issuer: "https://issuer/", subject: "system:serviceaccount:shop:api" },
          ],
        },
        { name: "id-jobs", resourceGroup: "rg-shop" },
      ],
      resources: [
        {
          type: "Microsoft.Compute/virtualMachines",
          name: "vm",
          resourceGroup: "rg-shop",
          identity: { system: true, user: ["id-shop", "id-jobs"] },
        },
      ],
      roleAssignments: [owner],
      ...more.azure,
    },
  });
const idOf = (arm: ArmUnderTest, name: string) => `${arm.group}/${IDENTITY}/${name}`;
const attached = (arm: ArmUnderTest) =>
  identityOfResource(arm.tenant.state.azure, `${arm.group}/${MACHINE}`).map(({ name }) => name);
const patch = (arm: ArmUnderTest, identity: object, apiVersion = "2024-07-01") =>
  arm.ask("PATCH", `${arm.group}/${MACHINE}`, { body: { identity }, apiVersion });

describe("a user-assigned identity", () => {
  test("has a service principal in the directory from its creation to its deletion", () => {
    const arm = shop();
    const made = arm.ask("PUT", idOf(arm, "id-new"), { body: { location: "westeurope" } });
    const { principalId, clientId, tenantId } = made.body.properties ?? {};
    expect(tenantId).toBe(arm.tenant.id);
    const { directory } = arm.tenant.state;
    expect(servicePrincipal(directory, String(principalId))).toMatchObject({
      appId: clientId,
      servicePrincipalType: "ManagedIdentity",
      alternativeNames: ["isExplicit=True", idOf(arm, "id-new")],
    });
    expect(identityByClientId(arm.tenant.state.azure, String(clientId))?.name).toBe("id-new");
    arm.ask("DELETE", idOf(arm, "id-new"));
    expect(servicePrincipal(directory, String(principalId))).toBeUndefined();
    expect(identityByClientId(arm.tenant.state.azure, String(clientId))).toBeUndefined();
  });

  test("made again under the same name it is another principal", () => {
    const arm = shop();
    const before = arm.ask("GET", idOf(arm, "id-shop")).body.properties;
    arm.ask("DELETE", idOf(arm, "id-shop"));
    const after = arm.ask("PUT", idOf(arm, "id-shop"), { body: { location: "westeurope" } }).body.properties;
    expect(after?.["principalId"]).not.toBe(before?.["principalId"]);
    expect(after?.["clientId"]).not.toBe(before?.["clientId"]);
  });

  test("deleted, it stays referenced by what it was attached to, and gives no identity any more", () => {
    const arm = shop();
    arm.ask("DELETE", idOf(arm, "id-shop"));
    const served = JSON.stringify(arm.ask("GET", `${arm.group}/${MACHINE}`).raw);
    expect(served).toContain("id-shop");
    expect(attached(arm)).toEqual(["vm", "id-jobs"]);
  });

  test("deleted, its federated credentials go with it, and its role assignments stay as orphans", () => {
    const arm = shop({
      azure: {
        roleAssignments: [owner, { name: "r", principal: "identity.id-shop", role: "Reader", scope: "prod" }],
      },
    });
    const clientId = arm.names.guid("clientId", "id-shop");
    expect(federatedCredentialsOf(arm.tenant.state.azure, clientId)).toHaveLength(1);
    arm.ask("DELETE", idOf(arm, "id-shop"));
    expect(federatedCredentialsOf(arm.tenant.state.azure, clientId)).toHaveLength(0);
    const orphan = `${arm.subscription}/providers/Microsoft.Authorization/roleAssignments/${arm.names.guid("roleAssignment", "r")}`;
    expect(arm.ask("GET", orphan).status).toBe(200);
  });

  test("listAssociatedResources needs no more than read and finds every attachment", () => {
    const arm = shop({
      azure: { roleAssignments: [{ principal: "servicePrincipal.reader", role: "Reader", scope: "prod" }] },
    });
    const answer = arm.ask("POST", `${idOf(arm, "id-shop")}/listAssociatedResources`, {
      as: "reader",
      apiVersion: "2021-09-30-preview",
    });
    expect(answer.status).toBe(200);
    expect(answer.body.value?.map(({ name }) => name)).toEqual(["vm"]);
  });

  test("revokeTokens is there in preview: 200 without a body", () => {
    const arm = shop();
    const answer = arm.ask("POST", `${idOf(arm, "id-shop")}/revokeTokens`, {
      apiVersion: "2023-07-31-preview",
    });
    expect(answer.status).toBe(200);
    expect(answer.raw).toBeUndefined();
  });

  test("deletes and reads faster than its own limits allow are 429 with Retry-After", () => {
    const arm = shop({
      throttling: 1,
      azure: {
        identities: ["a", "b", "c"].map((name) => ({ name, resourceGroup: "rg-shop" })),
        resources: [],
      },
    });
    expect(["a", "b", "c"].map((name) => arm.ask("DELETE", idOf(arm, name)).status)).toEqual([200, 200, 429]);
    const reads = Array.from({ length: 11 }, () => arm.ask("GET", idOf(arm, "c")));
    expect(reads.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(Number(reads.at(-1)?.headers["Retry-After"])).toBeGreaterThan(0);
  });
});

describe("federated credentials", () => {
  const body = (subject: string) => ({
    properties: { issuer: "https://issuer/", subject, audiences: ["api://AzureADTokenExchange"] },
  });
  const path = (arm: ArmUnderTest, name: string) =>
    `${idOf(arm, "id-shop")}/federatedIdentityCredentials/${name}`;

  test("are created with 201 and a relative Location in lower-case resourcegroups, deleted with an empty 200", () => {
    const arm = shop();
    const made = arm.ask("PUT", path(arm, "gh"), { body: body("repo:o/r:ref:refs/heads/main") });
    expect(made.status).toBe(201);
    expect(made.headers["Location"]).toMatch(/^\/subscriptions\/[^/]+\/resourcegroups\/rg-shop\//);
    expect(arm.ask("GET", path(arm, "gh").replace("/gh", "")).body.value).toHaveLength(2);
    const gone = arm.ask("DELETE", path(arm, "gh"));
    expect(gone).toMatchObject({ status: 200, raw: undefined });
    expect(arm.ask("DELETE", path(arm, "gh")).status).toBe(204);
  });

  test("a second write to one identity while the first is under way is 409, and to another identity is not", () => {
    const arm = shop({ delays: { directoryReplicationInMs: 30_000 } });
    expect(arm.ask("PUT", path(arm, "one"), { body: body("a") }).status).toBe(201);
    expect(arm.ask("DELETE", path(arm, "aks"))).toMatchObject({
      status: 409,
      code: "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
      message: `Too many Federated Identity Credentials are written concurrently for the managed identity '${idOf(arm, "id-shop").toLowerCase()}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.`,
    });
    expect(
      arm.ask("PUT", `${idOf(arm, "id-jobs")}/federatedIdentityCredentials/two`, { body: body("b") }).status,
    ).toBe(201);
    arm.clock.advance(50);
    expect(arm.ask("DELETE", path(arm, "aks")).status).toBe(200);
  });

  test("a twenty-first is refused", () => {
    const arm = shop();
    for (let index = 0; index < 19; index += 1) {
      expect(arm.ask("PUT", path(arm, `fic${index}`), { body: body(`s${index}`) }).status).toBe(201);
    }
    expect(arm.ask("PUT", path(arm, "more"), { body: body("more") }).status).toBe(400);
  });
});

describe("attachments", () => {
  test("PATCH with a null entry drops that identity and leaves the others", () => {
    const arm = shop();
    const answer = patch(arm, {
      type: "SystemAssigned, UserAssigned",
      userAssignedIdentities: { [idOf(arm, "id-shop").toLowerCase()]: null },
    });
    expect(answer.status).toBe(200);
    expect(attached(arm)).toEqual(["vm", "id-jobs"]);
  });

  test("type SystemAssigned alone drops every user-assigned identity", () => {
    const arm = shop();
    patch(arm, { type: "SystemAssigned" });
    expect(attached(arm)).toEqual(["vm"]);
  });

  test("type None drops all of them, and the resource's own principal is gone from the directory", () => {
    const arm = shop();
    const own = arm.names.guid("identity", "vm");
    expect(servicePrincipal(arm.tenant.state.directory, own)).toBeDefined();
    patch(arm, { type: "None" });
    expect(attached(arm)).toEqual([]);
    expect(servicePrincipal(arm.tenant.state.directory, own)).toBeUndefined();
  });

  test("dropping SystemAssigned from the type keeps the user-assigned ones", () => {
    const arm = shop();
    patch(arm, { type: "UserAssigned" });
    expect(attached(arm)).toEqual(["id-shop", "id-jobs"]);
  });

  test("off and on again is another principal", () => {
    const arm = shop();
    patch(arm, { type: "UserAssigned" });
    patch(arm, { type: "SystemAssigned, UserAssigned" });
    const [own] = identityOfResource(arm.tenant.state.azure, `${arm.group}/${MACHINE}`);
    expect(own?.kind).toBe("system-assigned");
    expect(own?.principalId).not.toBe(arm.names.guid("identity", "vm"));
  });

  test("up to API 2017-12-01, identityIds is what stays", () => {
    const arm = shop();
    patch(arm, { type: "UserAssigned", identityIds: [idOf(arm, "id-jobs")] }, "2017-12-01");
    expect(attached(arm)).toEqual(["id-jobs"]);
  });

  test("attaching takes the right to assign the identity, else 403 LinkedAuthorizationFailed", () => {
    const arm = shop({
      azure: {
        roleAssignments: [
          {
            principal: "servicePrincipal.deploy",
            role: "Virtual Machine Contributor",
            scope: "prod",
          },
          owner,
        ],
      },
    });
    patch(arm, { type: "SystemAssigned" });
    const add = (as: string) =>
      arm.ask("PATCH", `${arm.group}/${MACHINE}`, {
        as,
        body: { identity: { type: "UserAssigned", userAssignedIdentities: { [idOf(arm, "id-shop")]: {} } } },
      });
    expect(add("deploy")).toMatchObject({ status: 403, code: "LinkedAuthorizationFailed" });
    expect(add("owner").status).toBe(200);
  });
});
