import { expect, test } from "vitest";
import type { Subject } from "../../../src/case/subject.ts";
import { resolveSubjects } from "../../../src/scope/resolve/resolve.ts";
import { readTenant, type ReadTenant } from "../tenant-reader.ts";

const claim = { role: "suspect", seenAt: "Entities[0]" } as const;

function resolve({ tenant, azure }: ReadTenant, subjects: readonly Subject[], hours = 24) {
  const now = tenant.tenant.clock.now();
  return resolveSubjects(azure, subjects, {
    protectedIds: new Set(),
    window: { from: new Date(now - hours * 3_600_000).toISOString(), to: new Date(now).toISOString() },
    workspaceIds: [...tenant.state.logs.workspaces.keys()],
  });
}

const clusterId = ({ tenant }: ReadTenant, subscription: string, group: string, name: string) =>
  `/subscriptions/${tenant.names.guid("subscription", subscription)}/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${name}`;

test("a service account leads to the identity that trusts its cluster, and to no other with the same subject", async () => {
  await using read = await readTenant({ scenario: "aks-workload-identity" });
  const { principals, refused } = await resolve(read, [
    {
      ...claim,
      kind: "service-account",
      clusterId: clusterId(read, "platform", "rg-aks", "aks-platform"),
      namespace: "orders",
      name: "api",
    },
  ]);
  expect(refused).toEqual([]);
  expect(principals).toMatchObject([
    { certainty: "derived", principal: { objectId: read.tenant.scenario.truth?.suspect.objectId } },
  ]);
});

test("an alert that names a cluster only: whoever took its credential is the likeliest, and nobody is a principal", async () => {
  await using read = await readTenant({ scenario: "war-story" });
  const resourceId = clusterId(read, "shop-prod", "rg-shop", "aks-shop");
  const { principals, refused, candidates } = await resolve(read, [
    { ...claim, kind: "resource", resourceId },
  ]);
  expect(principals).toEqual([]);
  expect(refused.map(({ code }) => code)).toEqual(["AMBIGUOUS"]);
  expect(candidates[0]).toMatchObject({
    principal: { objectId: read.tenant.scenario.truth?.suspect.objectId },
    because: expect.stringContaining("took its credentials"),
  });
  // The cluster's own identity is there too, further down.
  expect(candidates.length).toBeGreaterThan(1);
});

test("the machine's identities are all candidates when the alert names the machine", async () => {
  await using read = await readTenant({ scenario: "imds-managed-identity" });
  const { names, scenario } = read.tenant;
  const resourceId = `/subscriptions/${[...scenario.state.azure.subscriptions.keys()][0] ?? ""}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/vm-web`;
  const { principals, candidates } = await resolve(read, [{ ...claim, kind: "resource", resourceId }]);
  expect(principals).toEqual([]);
  expect(candidates.map(({ principal }) => principal.objectId)).toEqual(
    expect.arrayContaining([scenario.truth?.suspect.objectId, names.guid("identity", "id-shared")]),
  );
});
