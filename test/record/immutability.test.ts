import { ClientSecretCredential } from "@azure/identity";
import { z } from "zod";
import { expect, test } from "vitest";
import { startTenant, type TenantHandle } from "../../local/tenant/start.ts";
import { openArm } from "../../src/azure/arm.ts";
import { type ArmReader, checkImmutability } from "../../src/record/immutability.ts";

const SCENARIO = {
  name: "records-under-test",
  describes: "A storage account for records, and someone who owns the subscription.",
  tenant: { displayName: "Contoso", domain: "contoso.onmicrosoft.com" },
  directory: { applications: [{ name: "owner", secrets: [{ name: "only" }] }] },
  azure: {
    subscriptions: [{ name: "prod" }],
    resourceGroups: [{ name: "rg" }],
    resources: [
      {
        type: "Microsoft.Storage/storageAccounts",
        name: "strecords",
        resourceGroup: "rg",
        location: "westeurope",
        properties: {},
      },
    ],
    roleAssignments: [{ principal: "servicePrincipal.owner", role: "Owner", scope: "prod" }],
  },
};
const API = "2023-05-01";
const containerUrl = "https://strecords.blob.core.windows.net/cases";

function armOf(tenant: TenantHandle) {
  const credential = new ClientSecretCredential(
    tenant.tenant.id,
    tenant.names.guid("appId", "owner"),
    tenant.names.secret("keyId", "owner.only"),
  );
  const arm = openArm(credential);
  const readArm: ArmReader = async (path, apiVersion) => {
    const answer = await arm.get(path, apiVersion, z.unknown());
    if (answer.kind === "failed") throw new Error(answer.failure.azureCode ?? "failed");
    return answer.value;
  };
  return { arm, readArm };
}

test("a container's policy is told apart by what it really protects", async () => {
  await using tenant = await startTenant({ scenario: SCENARIO });
  using _ = tenant.enterProcess();
  const { arm, readArm } = armOf(tenant);
  const subscription = tenant.names.guid("subscription", "prod");
  const containerId = `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/strecords/blobServices/default/containers/cases`;
  const check = () => checkImmutability({ containerUrl, containerId, readArm });

  expect(await check()).toMatchObject({ kind: "unknown" });
  await arm.put(containerId, API, { properties: {} }, z.unknown());
  expect(await check()).toMatchObject({ kind: "absent" });
  const policyId = `${containerId}/immutabilityPolicies/default`;
  const put = (properties: object) => arm.put(policyId, API, { properties }, z.object({ etag: z.string() }));
  await put({ immutabilityPeriodSinceCreationInDays: 365 });
  expect(await check()).toMatchObject({ kind: "refuses-appends", retentionInDays: 365 });
  const written = await put({ immutabilityPeriodSinceCreationInDays: 365, allowProtectedAppendWrites: true });
  expect(await check()).toMatchObject({ kind: "unlocked", retentionInDays: 365 });

  const ifMatch = written.kind === "ok" ? written.value.etag : "";
  const answer = await lock(tenant, policyId, ifMatch);
  expect(answer).toBe(200);
  expect(await check()).toEqual({ kind: "locked", retentionInDays: 365 });
});

async function lock(tenant: TenantHandle, policyId: string, etag: string): Promise<number> {
  const credential = new ClientSecretCredential(
    tenant.tenant.id,
    tenant.names.guid("appId", "owner"),
    tenant.names.secret("keyId", "owner.only"),
  );
  const { token } = await credential.getToken("https://management.azure.com/.default");
  const { request } = await import("undici");
  const { statusCode } = await request(`https://management.azure.com${policyId}/lock?api-version=${API}`, {
    method: "POST",
    dispatcher: tenant.dispatcher(),
    headers: { authorization: `Bearer ${token}`, "if-match": etag },
  });
  return statusCode;
}

test("the local emulator is not said to protect anything, and nobody is asked", async () => {
  const readArm = () => Promise.reject(new Error("nobody is there"));
  for (const url of [
    "http://127.0.0.1:10000/devstoreaccount1/cases",
    "http://azurite:10000/devstoreaccount1/cases",
  ]) {
    expect(await checkImmutability({ containerUrl: url, containerId: "/x", readArm })).toMatchObject({
      kind: "not-enforced-here",
    });
  }
});

test("what could not be asked is unknown, never protected", async () => {
  const nobody = () => Promise.reject(new Error("nobody is there"));
  expect(await checkImmutability({ containerUrl, readArm: nobody })).toMatchObject({ kind: "unknown" });
  expect(await checkImmutability({ containerUrl, containerId: "/x", readArm: nobody })).toMatchObject({
    kind: "unknown",
  });
  const nonsense = () => Promise.resolve({ properties: {} });
  expect(await checkImmutability({ containerUrl, containerId: "/x", readArm: nonsense })).toMatchObject({
    kind: "unknown",
  });
});
