import { describe, expect, test } from "vitest";
import { z } from "zod";
import { CLUSTER_API } from "../../src/steps/cluster-change.ts";
import { disableClusterLocalAccounts } from "../../src/steps/disable-cluster-local-accounts.ts";
import { detachManagedIdentity } from "../../src/steps/detach-managed-identity.ts";
import { disableSecretVersion } from "../../src/steps/disable-secret-version.ts";
import { regenerateStorageKey } from "../../src/steps/regenerate-storage-key.ts";
import { removeApplicationCertificate } from "../../src/steps/remove-application-certificate.ts";
import { removeRoleAssignment } from "../../src/steps/remove-role-assignment.ts";
import { removeServicePrincipalCertificate } from "../../src/steps/remove-service-principal-certificate.ts";
import { removeVaultAccessPolicy } from "../../src/steps/remove-vault-access-policy.ts";
import { resetPublishingCredentials } from "../../src/steps/reset-publishing-credentials.ts";
import { restrictClusterApiServer } from "../../src/steps/restrict-cluster-api-server.ts";
import { rotateClusterSigningKeys } from "../../src/steps/rotate-cluster-signing-keys.ts";
import type { BoundStep, Step } from "../../src/steps/step.ts";
import { findResource, putResource } from "../../local/tenant/state/azure/resources.ts";
import { findRoleAssignment } from "../../local/tenant/state/azure/role-assignments.ts";
import { STAGE } from "./stage.ts";
import { openStage, type Stage } from "./staged.ts";
import { changesBetween, worldOf } from "./world.ts";

const rg = ({ tenant: { names } }: Stage) =>
  `/subscriptions/${names.guid("subscription", "prod")}/resourceGroups/rg/providers`;
const clusterOn = (stage: Stage) => `${rg(stage)}/Microsoft.ContainerService/managedClusters/aks`;

function bound(stage: Stage, step: Step, target: object, before: object = {}) {
  const it: BoundStep = step.bind(target, before);
  const acting = { azure: stage.actor, stepId: "step-1" };
  return {
    apply: () => it.apply(acting),
    verify: () => it.verify({ azure: stage.azure, stepId: "step-1" }),
    undo: () => it.undo?.(acting),
  };
}

/** Changes a resource's properties behind everybody's back, eTag and all. */
function change(stage: Stage, resourceId: string, properties: object): void {
  const { azure } = stage.tenant.state;
  const resource = findResource(azure, resourceId);
  if (resource === undefined) throw new TypeError(`${resourceId} is not there`);
  const now = Date.now();
  putResource(
    azure,
    {
      ...resource,
      properties: { ...resource.properties, ...properties },
      etag: `changed-${now}`,
      changedAt: now,
    },
    now,
  );
}

const LONG_AGO = { since: "2026-01-01T00:00:00.000Z", takers: [] };

describe("certificates", () => {
  test("a signing certificate goes whole, two keys and a password, and all others stay whole", async () => {
    await using stage = await openStage();
    const { names, state } = stage.tenant;
    const servicePrincipalId = names.guid("servicePrincipal", "deploy");
    const held = state.directory.servicePrincipals.get(servicePrincipalId);
    const sign = held?.keyCredentials.find(({ usage }) => usage === "Sign");
    if (sign === undefined) throw new TypeError("the stage has no signing certificate");
    const before = worldOf(stage.tenant);
    const step = bound(
      stage,
      removeServicePrincipalCertificate,
      { servicePrincipalId, keyId: sign.keyId, customKeyIdentifier: null },
      { ...CERTIFICATE, keyId: sign.keyId, usage: "Sign" },
    );
    expect(await step.apply()).toMatchObject({ kind: "applied" });
    expect(await step.verify()).toMatchObject({ kind: "confirmed" });
    const gone = changesBetween(before, worldOf(stage.tenant));
    expect(gone.map((path) => path.split(" ")[2] ?? "").toSorted()).toEqual([
      "certificate",
      "certificate",
      "password",
    ]);
    expect(await step.undo()).toMatchObject({ kind: "needs-person" });
  });

  test("one that somebody added meanwhile is kept", async () => {
    await using stage = await openStage();
    const { names, state } = stage.tenant;
    const applicationId = names.guid("application", "deploy");
    const application = state.directory.applications.get(applicationId);
    const [first] = application?.keyCredentials ?? [];
    if (application === undefined || first === undefined) throw new TypeError("no certificate on the stage");
    const added = { ...first, keyId: names.guid("keyId", "added-meanwhile"), customKeyIdentifier: "bmV3" };
    state.directory.applications.put(
      { ...application, keyCredentials: [...application.keyCredentials, added] },
      Date.now(),
    );
    const target = { applicationId, keyId: first.keyId, customKeyIdentifier: null };
    const step = bound(stage, removeApplicationCertificate, target, { ...CERTIFICATE, keyId: first.keyId });
    expect(await step.apply()).toMatchObject({ kind: "applied" });
    const left = state.directory.applications.get(applicationId)?.keyCredentials.map(({ keyId }) => keyId);
    expect(left).toContain(added.keyId);
    expect(left).toHaveLength(2);
  });
});

const CERTIFICATE = {
  keyId: "",
  displayName: null,
  type: "AsymmetricX509Cert",
  usage: "Verify",
  startDateTime: null,
  endDateTime: null,
  customKeyIdentifier: null,
  key: "AAAA",
  thumbprint: null,
};

describe("clusters", () => {
  test("without Entra integration local accounts stay: disabling them would lock everybody out", async () => {
    await using stage = await openStage();
    change(stage, clusterOn(stage), { aadProfile: null });
    const before = worldOf(stage.tenant);
    const step = bound(
      stage,
      disableClusterLocalAccounts,
      { clusterId: clusterOn(stage) },
      { disabled: false },
    );
    expect(await step.apply()).toMatchObject({ kind: "needs-person" });
    expect(changesBetween(before, worldOf(stage.tenant))).toEqual([]);
  });

  test("two changes at once both come to stand: neither overwrites the other", async () => {
    await using stage = await openStage();
    const clusterId = clusterOn(stage);
    // From its first write on a cluster has an eTag.
    change(stage, clusterId, { supportPlan: "KubernetesOfficial" });
    const ranges = ["198.51.100.0/24"];
    const changes = [
      bound(stage, disableClusterLocalAccounts, { clusterId }, { disabled: false }),
      bound(stage, restrictClusterApiServer, { clusterId, ranges }, { ranges: null }),
    ];
    const outcomes = await Promise.all(changes.map((it) => it.apply()));
    for (const outcome of outcomes) {
      if (outcome.kind === "failed")
        expect(outcome).toMatchObject({ code: "PRECONDITION_FAILED", retryable: true });
    }
    for (const it of changes) expect(["applied", "already-so"]).toContain((await it.apply()).kind);
    expect(findResource(stage.tenant.state.azure, clusterId)?.properties).toMatchObject({
      disableLocalAccounts: true,
      apiServerAccessProfile: { authorizedIPRanges: ranges, disableRunCommand: true },
      supportPlan: "KubernetesOfficial",
    });
  });

  test("a cluster that somebody else wrote since it was read refuses the write", async () => {
    await using stage = await openStage();
    const clusterId = clusterOn(stage);
    change(stage, clusterId, {});
    const stale = stage.actor.arm.put(
      clusterId,
      CLUSTER_API,
      { location: "westeurope", properties: {} },
      z.unknown(),
      { ifMatch: "another" },
    );
    expect(await stale).toMatchObject({
      kind: "failed",
      failure: { code: "PRECONDITION_FAILED", retryable: true },
    });
  });

  test("closing the API server keeps its other settings, and is not undone over somebody else's change", async () => {
    await using stage = await openStage();
    const clusterId = clusterOn(stage);
    const target = { clusterId, ranges: ["198.51.100.0/24"] };
    const step = bound(stage, restrictClusterApiServer, target, { ranges: ["192.0.2.0/24"] });
    expect(await step.apply()).toMatchObject({ kind: "applied" });
    const access = () =>
      findResource(stage.tenant.state.azure, clusterId)?.properties["apiServerAccessProfile"];
    expect(access()).toEqual({ authorizedIPRanges: ["198.51.100.0/24"], disableRunCommand: true });
    change(stage, clusterId, { apiServerAccessProfile: { authorizedIPRanges: ["203.0.113.0/24"] } });
    expect((await step.verify()).kind).toBe("not-yet");
    expect(await step.undo()).toMatchObject({ kind: "needs-person" });
    expect(access()).toEqual({ authorizedIPRanges: ["203.0.113.0/24"] });
  });

  test("a private cluster knows no ranges", async () => {
    await using stage = await openStage();
    change(stage, clusterOn(stage), { apiServerAccessProfile: { enablePrivateCluster: true } });
    const target = { clusterId: clusterOn(stage), ranges: ["198.51.100.0/24"] };
    const step = bound(stage, restrictClusterApiServer, target, { ranges: null });
    expect(await step.apply()).toMatchObject({ kind: "needs-person" });
  });

  test("signing keys are rotated twice: the second turn waits for the first, which is not done twice", async () => {
    await using stage = await openStage({ ...STAGE, delays: { longRunningOperationInMs: 1_500 } });
    const turn = (number: 1 | 2) =>
      bound(stage, rotateClusterSigningKeys, { clusterId: clusterOn(stage), turn: number }, LONG_AGO);
    const [first, second] = [turn(1), turn(2)];
    expect(await second.apply()).toMatchObject({ kind: "failed", code: "CONFLICT", retryable: true });
    expect(await first.apply()).toMatchObject({ kind: "applied" });
    expect((await first.verify()).kind, "while it runs").toBe("not-yet");
    expect(await second.apply()).toMatchObject({ kind: "failed", code: "CONFLICT", retryable: true });
    expect(await first.apply()).toMatchObject({ kind: "already-so" });
    await until(async () => (await first.verify()).kind === "confirmed");
    expect(await second.apply()).toMatchObject({ kind: "applied" });
    expect(await second.apply()).toMatchObject({ kind: "already-so" });
    await until(async () => (await second.verify()).kind === "confirmed");
  });
});

describe("keys and passwords", () => {
  test("a key that was replaced after its theft is left alone, an older one is replaced", async () => {
    await using stage = await openStage();
    const accountId = `${rg(stage)}/Microsoft.Storage/storageAccounts/stshop`;
    const stolen = (since: string) =>
      bound(stage, regenerateStorageKey, { accountId, keyName: "key1" }, { since });
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    expect(await stolen(yesterday).apply()).toMatchObject({ kind: "applied" });
    expect(await stolen(yesterday).apply()).toMatchObject({ kind: "already-so" });
    const later = new Date(Date.now() + 60_000).toISOString();
    expect((await stolen(later).verify()).kind, "stolen once more").toBe("not-yet");
    expect(await stolen(later).apply()).toMatchObject({ kind: "applied" });
  });

  test("a password that the thief reset is not taken for reset", async () => {
    await using stage = await openStage();
    const siteId = `${rg(stage)}/Microsoft.Web/sites/web`;
    const actor = stage.tenant.names.guid("identity", "id-tourniquet-actor");
    const by = (takers: readonly string[]) =>
      bound(stage, resetPublishingCredentials, { siteId }, { ...LONG_AGO, takers });
    expect(await by([]).apply()).toMatchObject({ kind: "applied" });
    expect(await by([]).verify()).toMatchObject({ kind: "confirmed" });
    // Had the one who did it been the thief, it would have to be done again.
    expect((await by([actor]).verify()).kind).toBe("not-yet");
  });

  test("a slot has a password of its own", async () => {
    await using stage = await openStage();
    const siteId = `${rg(stage)}/Microsoft.Web/sites/web/slots/staging`;
    const before = worldOf(stage.tenant);
    const step = bound(stage, resetPublishingCredentials, { siteId }, LONG_AGO);
    expect(await step.apply()).toMatchObject({ kind: "applied" });
    expect(await step.verify()).toMatchObject({ kind: "confirmed" });
    const changed = changesBetween(before, worldOf(stage.tenant)).filter((it) =>
      it.includes("publishingPassword"),
    );
    expect(changed.every((it) => it.endsWith("/slots/staging"))).toBe(true);
  });

  test("a version made after the theft stays enabled, and one disabled before stays disabled when undone", async () => {
    await using stage = await openStage();
    const target = { vaultUri: "https://kv-shop.vault.azure.net", name: "api-key" };
    const step = bound(stage, disableSecretVersion, target, {
      madeUntil: new Date(Date.now() - 45 * 86_400_000).toISOString(),
    });
    const enabled = () =>
      [...worldOf(stage.tenant)].filter(([path, value]) => path.includes(" api-key ") && value === "true")
        .length;
    expect(enabled()).toBe(2);
    expect(await step.apply()).toMatchObject({ kind: "applied" });
    expect(enabled()).toBe(1);
    expect(await step.undo()).toMatchObject({ kind: "applied" });
    expect(enabled()).toBe(2);
  });
});

describe("what others hold beside it", () => {
  test("a vault policy that grew meanwhile goes with what was added, and others' policies stay", async () => {
    await using stage = await openStage();
    const { names, state } = stage.tenant;
    const vaultId = `${rg(stage)}/Microsoft.KeyVault/vaults/kv-policies`;
    const [deploy, ada] = [names.guid("servicePrincipal", "deploy"), names.guid("user", "ada")];
    const policy = (objectId: string, secrets: string[]) => ({
      tenantId: stage.tenant.tenant.id,
      objectId,
      permissions: { keys: [], secrets, certificates: [], storage: [] },
    });
    change(stage, vaultId, { accessPolicies: [policy(deploy, ["get", "set"]), policy(ada, ["get"])] });
    const { tenantId, permissions } = policy(deploy, ["get"]);
    const step = bound(
      stage,
      removeVaultAccessPolicy,
      { vaultId, objectId: deploy, applicationId: null },
      { tenantId, permissions },
    );
    expect(await step.apply()).toMatchObject({ kind: "applied" });
    expect(findResource(state.azure, vaultId)?.properties["accessPolicies"]).toEqual([policy(ada, ["get"])]);
    expect(await step.undo()).toMatchObject({ kind: "applied" });
    expect(findResource(state.azure, vaultId)?.properties["accessPolicies"]).toHaveLength(2);
  });

  test("the last user-assigned identity is taken off without taking the resource's own with it", async () => {
    await using stage = await openStage();
    const resourceId = `${rg(stage)}/Microsoft.Web/sites/web`;
    const identityOf = (name: string) =>
      `${rg(stage)}/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
    const detach = (name: string) =>
      bound(
        stage,
        detachManagedIdentity,
        { resourceId, identityId: identityOf(name) },
        { identityType: null },
      );
    const own = findResource(stage.tenant.state.azure, resourceId)?.identity?.systemAssigned;
    for (const name of ["id-web", "id-other"]) {
      expect(await detach(name).apply()).toMatchObject({ kind: "applied" });
      expect(await detach(name).verify()).toMatchObject({ kind: "confirmed" });
    }
    expect(findResource(stage.tenant.state.azure, resourceId)?.identity).toEqual({
      systemAssigned: own,
      userAssigned: [],
    });
    expect(await detach("id-web").undo()).toMatchObject({ kind: "applied" });
    expect(findResource(stage.tenant.state.azure, resourceId)?.identity?.systemAssigned).toEqual(own);
  });

  test("a role assignment comes back under its own name with its condition", async () => {
    await using stage = await openStage();
    const { names, state } = stage.tenant;
    const name = names.guid("roleAssignment", "deploy-blobs");
    const scope = `/subscriptions/${names.guid("subscription", "prod")}/resourceGroups/rg`;
    const assignmentId = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    const was = findRoleAssignment(state.azure, assignmentId);
    if (was === undefined) throw new TypeError("the assignment is not on the stage");
    const step = bound(
      stage,
      removeRoleAssignment,
      { assignmentId, principalId: was.principalId },
      {
        ...was,
        roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${was.roleDefinition}`,
      },
    );
    expect(await step.apply()).toMatchObject({ kind: "applied" });
    expect(findRoleAssignment(state.azure, assignmentId)).toBeUndefined();
    expect(await step.undo()).toMatchObject({ kind: "applied" });
    const { condition, conditionVersion, principalType, description } = was;
    expect(findRoleAssignment(state.azure, assignmentId)).toMatchObject({
      condition,
      conditionVersion,
      principalType,
      description,
    });
  });
});

/** Waits for what is bound to come, looking often. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 50));
}
