import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { ResourceGraphClient } from "@azure/arm-resourcegraph";
import { ClientSecretCredential } from "@azure/identity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";

const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

const scenario = {
  name: "arm-over-http",
  describes: "A subscription under a management group, for the clients of the Azure SDK.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: {
    applications: [
      { name: "admin", secrets: [{ name: "current" }] },
      { name: "reader", secrets: [{ name: "current" }] },
      { name: "suspect", secrets: [{ name: "leaked" }] },
      { name: "stranger", secrets: [{ name: "current" }] },
    ],
    groups: [{ name: "ops", members: ["servicePrincipal.suspect"] }],
  },
  azure: {
    managementGroups: [{ name: "corp" }],
    subscriptions: [{ name: "prod", managementGroup: "corp" }],
    resourceGroups: [{ name: "rg-shop" }],
    resources: Array.from({ length: 1_050 }, (_, index) => ({
      type: "Microsoft.Network/publicIPAddresses",
      name: `ip-${index}`,
      resourceGroup: "rg-shop",
    })),
    roleAssignments: [
      { principal: "servicePrincipal.admin", role: "Owner", scope: "managementGroup/corp" },
      { principal: "servicePrincipal.reader", role: "Reader", scope: "managementGroup/corp" },
      { name: "sub", principal: "servicePrincipal.admin", role: "Owner", scope: "prod" },
      { name: "direct", principal: "servicePrincipal.suspect", role: "Contributor", scope: "prod" },
      { name: "by-group", principal: "group.ops", role: "Contributor", scope: "managementGroup/corp" },
    ],
  },
};

let tenant: TenantHandle;
beforeAll(async () => {
  tenant = await startTenant({ scenario });
});
afterAll(async () => {
  await tenant.stop();
});

function signedIn(name: string, secret = "current") {
  const options = { ...tenant.clientOptions(), retryOptions: { maxRetries: 0 } };
  const credential = new ClientSecretCredential(
    tenant.tenant.id,
    tenant.names.guid("appId", name),
    tenant.names.secret("keyId", `${name}.${secret}`),
    options,
  );
  const subscription = tenant.names.guid("subscription", "prod");
  return {
    scope: `/subscriptions/${subscription}`,
    authorization: new AuthorizationManagementClient(credential, subscription, options),
    graph: new ResourceGraphClient(credential, options),
  };
}

describe("@azure/arm-authorization", () => {
  test("lists by principal and by assignedTo(), though it sends two slashes in front of the scope", async () => {
    const { authorization, scope } = signedIn("reader");
    const suspect = tenant.names.guid("servicePrincipal", "suspect");
    const namesBy = async (filter: string) => {
      const names = new Set<string | undefined>();
      for await (const { name } of authorization.roleAssignments.listForScope(scope, { filter }))
        names.add(name);
      return names;
    };
    const direct = tenant.names.guid("roleAssignment", "direct");
    expect(await namesBy(`principalId eq '${suspect}'`)).toEqual(new Set([direct]));
    expect(await namesBy(`assignedTo('${suspect}')`)).toEqual(
      new Set([direct, tenant.names.guid("roleAssignment", "by-group")]),
    );
  });

  test("removes an assignment, reads the 404 that proves it, and restores it under the same id", async () => {
    const { authorization, scope } = signedIn("admin");
    const name = tenant.names.guid("roleAssignment", "direct");
    const removed = await authorization.roleAssignments.delete(scope, name);
    expect(removed).toMatchObject({ name, principalType: "ServicePrincipal" });
    await expect(authorization.roleAssignments.get(scope, name)).rejects.toMatchObject({
      statusCode: 404,
      code: "RoleAssignmentNotFound",
    });
    const restored = await authorization.roleAssignments.create(scope, name, {
      roleDefinitionId: removed.roleDefinitionId ?? "",
      principalId: removed.principalId ?? "",
      principalType: "ServicePrincipal",
    });
    expect(restored).toMatchObject({ name, scope });
  });

  test("meets Azure's own refusals as errors with status and code", async () => {
    const admin = signedIn("admin");
    await expect(
      admin.authorization.roleAssignments.delete(admin.scope, tenant.names.guid("roleAssignment", "sub")),
    ).rejects.toMatchObject({ statusCode: 412, code: "CannotDeleteLastRbacAdminAssignment" });
    const reader = signedIn("reader");
    await expect(
      reader.authorization.roleAssignments.delete(
        reader.scope,
        tenant.names.guid("roleAssignment", "direct"),
      ),
    ).rejects.toMatchObject({ statusCode: 403, code: "AuthorizationFailed" });
  });

  test("finds a role by name", async () => {
    const { authorization, scope } = signedIn("reader");
    const roles = [];
    for await (const role of authorization.roleDefinitions.list(scope, { filter: "roleName eq 'Owner'" })) {
      roles.push(role.name);
    }
    expect(roles).toEqual([OWNER]);
  });

  test("a token for another audience is refused", async () => {
    const { scope } = signedIn("reader");
    const options = { ...tenant.clientOptions(), retryOptions: { maxRetries: 0 } };
    const credential = new ClientSecretCredential(
      tenant.tenant.id,
      tenant.names.guid("appId", "reader"),
      tenant.names.secret("keyId", "reader.current"),
      options,
    );
    const forGraph = { getToken: () => credential.getToken("https://graph.microsoft.com/.default") };
    const client = new AuthorizationManagementClient(forGraph, "unused", options);
    await expect(client.roleAssignments.get(scope, OWNER)).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe("@azure/arm-resourcegraph", () => {
  test("pages through more than a thousand rows by $skipToken", async () => {
    const { graph } = signedIn("reader");
    const query =
      "resources | where type =~ 'Microsoft.Network/publicIPAddresses' | project id | order by id asc";
    const first = await graph.resources({ query, options: { top: 1_000 } });
    expect(first).toMatchObject({ totalRecords: 1_050, count: 1_000, resultTruncated: "false" });
    const second = await graph.resources({ query, options: { skipToken: first.skipToken ?? "" } });
    expect(second.count).toBe(50);
    expect(second.skipToken).toBeUndefined();
  });

  test("its scope filter reaches the service and brings what is assigned above the subscription", async () => {
    const { graph } = signedIn("reader");
    const query = `authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | where tostring(properties.principalId) in~ ('${tenant.names.guid("group", "ops")}') | project id`;
    expect((await graph.resources({ query })).count).toBe(0);
    const above = await graph.resources({
      query,
      options: { authorizationScopeFilter: "AtScopeAboveAndBelow" },
    });
    expect(above.count).toBe(1);
  });

  test("a principal without any role sees nothing, and is not told that there is something", async () => {
    const query = "resources | project id";
    const seen = await signedIn("suspect", "leaked").graph.resources({ query });
    expect(seen.totalRecords).toBeGreaterThan(1_000);
    const hidden = await signedIn("stranger").graph.resources({ query });
    expect(hidden).toMatchObject({ totalRecords: 0, data: [] });
  });
});
