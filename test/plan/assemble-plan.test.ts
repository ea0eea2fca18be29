import { describe, expect, test } from "vitest";
import type { Plan } from "../../src/case/plan.ts";
import type { Obstacle, Scope, ScopedPrincipal } from "../../src/case/scope.ts";
import { principalKey } from "../../src/case/principal.ts";
import {
  aCertificate,
  anIdentity,
  aPassword,
  aPrincipal,
  aRole,
  aScope,
  aScoped,
  GROUP,
  id,
  planFor,
  stepsOf,
  SUBSCRIPTION,
} from "./planned-from.ts";

const APP = aPrincipal("deploy");
const KEY = principalKey(APP);
const holder = APP.applicationObjectId ?? "";
const kindsIn = (plan: Plan) => [...new Set(stepsOf(plan).map(({ kind }) => kind))];
const forPerson = (plan: Plan) =>
  plan.personActions.map(({ title, because }) => `${title}: ${because}`).join("\n");

describe("what cannot work is said, with what a person does instead", () => {
  const lock = (level: "CanNotDelete" | "ReadOnly"): Obstacle => ({
    kind: "lock",
    lockId: `${GROUP}/providers/Microsoft.Authorization/locks/keep`,
    scope: GROUP.toLowerCase(),
    level,
  });

  test.each(["CanNotDelete", "ReadOnly"] as const)("a %s lock keeps role assignments below it", (level) => {
    const scope = aScope([aScoped(APP, { roleAssignments: [aRole(KEY, GROUP), aRole(KEY, SUBSCRIPTION)] })], {
      obstacles: [lock(level)],
    });
    const plan = planFor(scope);
    const removed = stepsOf(plan).filter(({ kind }) => kind === "remove-role-assignment");
    expect(removed.map(({ target }) => target["assignmentId"])).toEqual([aRole(KEY, SUBSCRIPTION).id]);
    expect(forPerson(plan)).toContain(`Lift the lock ${GROUP}/providers/Microsoft.Authorization/locks/keep`);
  });

  test("roles that can hand out roles go first, and those nobody could read; then roles over data", () => {
    const allowing = (scope: string, actions: string[], dataActions: string[] = []) =>
      aRole(KEY, `${GROUP}/${scope}`, {
        permissions: [{ actions, notActions: [], dataActions, notDataActions: [] }],
      });
    const granting = allowing("z", ["Microsoft.Authorization/*"]);
    const unread = aRole(KEY, `${GROUP}/y`, { permissions: null });
    const opening = allowing("x", [], ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]);
    const reading = allowing("a", ["*/read"]);
    const plan = planFor(aScope([aScoped(APP, { roleAssignments: [reading, opening, unread, granting] })]));
    const removed = stepsOf(plan).filter(({ kind }) => kind === "remove-role-assignment");
    expect(removed.map(({ target }) => target["assignmentId"])).toEqual([
      unread.id,
      granting.id,
      opening.id,
      reading.id,
    ]);
  });

  test("the last Owner of a subscription stays", () => {
    const role = aRole(KEY, SUBSCRIPTION, { roleName: "Owner" });
    const plan = planFor(
      aScope([aScoped(APP, { roleAssignments: [role] })], {
        obstacles: [{ kind: "last-owner", roleAssignmentId: role.id, scope: SUBSCRIPTION }],
      }),
    );
    expect(kindsIn(plan)).not.toContain("remove-role-assignment");
    expect(forPerson(plan)).toContain(`Make somebody else Owner of ${SUBSCRIPTION}`);
  });

  test("an application homed elsewhere is disabled here and deactivated by its publisher", () => {
    const foreign = aPrincipal("vendor", { home: "foreign", applicationObjectId: null, homeTenantId: "t-1" });
    const plan = planFor(aScope([aScoped(foreign)]));
    expect(kindsIn(plan)).toContain("disable-service-principal");
    expect(kindsIn(plan)).not.toContain("deactivate-application");
    expect(forPerson(plan)).toContain("Tell the publisher of vendor");
  });

  test("a property lock keeps a service principal's credentials, and not the application's", () => {
    const locked: ScopedPrincipal["signIn"] = {
      ...aScoped(APP).signIn,
      propertyLock: {
        enabled: true,
        allProperties: true,
        credentialsWithUsageSign: true,
        credentialsWithUsageVerify: true,
        tokenEncryptionKeyId: true,
      },
    };
    const passwords = [aPassword(holder, "a"), aPassword(KEY, "b", "service-principal")];
    const plan = planFor(aScope([aScoped(APP, { signIn: locked, passwords })]));
    expect(kindsIn(plan)).toContain("remove-application-password");
    expect(kindsIn(plan)).not.toContain("remove-service-principal-password");
    expect(forPerson(plan)).toContain("Switch the app instance property lock of deploy off");
  });

  test("a managed identity has no credential step, and its own plan", () => {
    const identity = anIdentity("web");
    const own = principalKey(identity);
    const workload = {
      resourceId: `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm`,
      resourceType: "microsoft.compute/virtualmachines",
      resourceName: "vm",
      location: null,
      tags: {},
      identityType: "UserAssigned",
      implicated: true,
    };
    const bystander = {
      ...workload,
      resourceId: `${workload.resourceId}2`,
      resourceName: "vm2",
      implicated: false,
    };
    const plan = planFor(
      aScope([
        aScoped(identity, {
          certificates: [aCertificate(own, "x"), aCertificate(own, "y")],
          roleAssignments: [aRole(own, GROUP)],
          attachments: [workload, bystander],
        }),
      ]),
    );
    expect(kindsIn(plan).toSorted()).toEqual([
      "detach-managed-identity",
      "disable-service-principal",
      "remove-role-assignment",
    ]);
    expect(stepsOf(plan).filter(({ kind }) => kind === "detach-managed-identity")).toHaveLength(1);
    expect(forPerson(plan)).toContain("the credentials of a managed identity are the platform's");
    // Who loses it is said.
    expect(
      stepsOf(plan)
        .flatMap(({ cost }) => cost)
        .join("\n"),
    ).toContain("vm2");
  });

  test("a single sign-on certificate stays unless it was planted, and goes whole then", () => {
    const sign = aCertificate(KEY, "saml", { usage: "Sign", customKeyIdentifier: "same" });
    const verify = aCertificate(KEY, "saml-verify", { customKeyIdentifier: "same" });
    const password = { ...aPassword(KEY, "saml-password", "service-principal"), customKeyIdentifier: "same" };
    const withSaml = (planted: boolean) =>
      planFor(
        aScope([
          aScoped(APP, {
            certificates: [{ ...sign, evidence: { ...sign.evidence, planted } }, verify],
            passwords: [password],
          }),
        ]),
      );
    const credentials = (plan: Plan) =>
      stepsOf(plan).filter(({ kind }) => kind.startsWith("remove-service-principal-"));
    expect(credentials(withSaml(false))).toEqual([]);
    expect(forPerson(withSaml(false))).toContain("Check that the signing certificate");
    expect(credentials(withSaml(true)).map(({ target }) => target["keyId"])).toEqual([sign.keyId]);
  });
});

describe("what policy never lets run by itself", () => {
  const account = `${GROUP}/providers/Microsoft.Storage/storageAccounts/st`;
  const taken = (tags: Readonly<Record<string, string>>) =>
    aScope([aScoped(APP)], {
      activity: [
        {
          at: "2026-11-20T11:00:00.000Z",
          source: "azure-activity",
          principalKey: KEY,
          operation: "Microsoft.Storage/storageAccounts/listKeys/action",
          target: account,
          outcome: "success",
          address: null,
          country: null,
          userAgent: null,
          credentialKeyId: null,
          tokenId: null,
          correlationId: null,
          suspicious: true,
          expanded: "key-listing",
          attribution: "proven",
        },
      ],
      reach: [
        {
          kind: "storage-account",
          targetId: account,
          name: "st",
          can: ["list-keys"],
          through: ["role"],
          evidence: "read",
          lastTouched: null,
          tags,
          principalKey: KEY,
        },
      ],
    });
  const keys = (plan: Plan) => stepsOf(plan).filter(({ kind }) => kind === "regenerate-storage-key");

  test("a resource of production asks, and says why; another does not", () => {
    const policy = { production: { tags: [{ name: "env", values: ["prod"] }] } };
    const asked = keys(planFor(taken({ Env: "prod" }), { policy }));
    expect(asked.map(({ permission }) => permission)).toEqual(["approval", "approval"]);
    expect(asked[0]?.guardrails.join()).toContain("production");
    expect(keys(planFor(taken({ env: "test" }), { policy })).map(({ permission }) => permission)).toEqual([
      "automatic",
      "automatic",
    ]);
  });

  test("a resource with a protected tag, or below a protected id, is left to a person", () => {
    for (const policy of [
      { protected: { ids: [], groupIds: [], tags: [{ name: "tourniquet", values: ["never"] }] } },
      { protected: { ids: [GROUP.toUpperCase()], groupIds: [], tags: [] } },
    ]) {
      const plan = planFor(taken({ tourniquet: "never" }), { policy });
      expect(keys(plan)).toEqual([]);
      expect(forPerson(plan)).toContain("Regenerate key1 of the storage account st");
    }
  });

  test("a principal of Microsoft's, or one with a protected tag, is not touched at all", () => {
    const policy = { protected: { ids: [], groupIds: [], tags: [{ name: "keep" }] } };
    for (const principal of [
      aPrincipal("office", { home: "microsoft" }),
      aPrincipal("erp", { tags: ["keep"] }),
    ]) {
      const plan = planFor(aScope([aScoped(principal, { passwords: [aPassword(holder, "a")] })]), { policy });
      expect(stepsOf(plan)).toEqual([]);
      expect(forPerson(plan)).toContain(`Decide what to do about ${principal.displayName}`);
    }
  });

  test("too many principals in an hour, or too many roles in a case, ask for everything", () => {
    const many = planFor(aScope([aScoped(APP)]), {
      policy: { limits: { principalsPerHour: 5, rolesPerCase: 25 } },
      principalsCutLately: 5,
    });
    expect(new Set(stepsOf(many).map(({ permission }) => permission))).toEqual(new Set(["approval", "off"]));
    const roles = Array.from({ length: 3 }, (_, index) => aRole(KEY, `${GROUP}-${index}`));
    const wide = planFor(aScope([aScoped(APP, { roleAssignments: roles })]), {
      policy: { limits: { principalsPerHour: 5, rolesPerCase: 2 } },
    });
    expect(stepsOf(wide).filter(({ permission }) => permission === "automatic")).toEqual([]);
    expect(stepsOf(wide)[0]?.guardrails.join()).toContain("3 role assignments, 2 allowed");
  });

  test("what is off unless named is off, says why, and runs once it is named", () => {
    const deletion = (kinds: Readonly<Record<string, string>>) =>
      stepsOf(
        planFor(aScope([aScoped(APP)]), {
          policy: {
            rules: [
              {
                name: "r",
                mode: "evict",
                steps: { reversible: "automatic", irreversible: "automatic", kinds },
              },
            ],
          },
        }),
      ).find(({ kind }) => kind === "delete-service-principal");
    expect(deletion({})).toMatchObject({ permission: "off" });
    expect(deletion({})?.guardrails.join()).toContain("off unless the policy names it");
    expect(deletion({ "delete-service-principal": "automatic" })).toMatchObject({ permission: "automatic" });
  });
});

test("a thing found by two roads is one step, with both reasons, and spared if either spares it", () => {
  const credential = aPassword(holder, "a");
  const scope = aScope([aScoped(APP, { passwords: [credential] })], {
    planted: [
      {
        kind: "application-password",
        at: "2026-11-20T10:00:00.000Z",
        onId: holder,
        onKind: "application",
        onName: "deploy",
        id: credential.keyId,
        by: id("mallory"),
        evidence: "audit",
        present: true,
        detail: { kind: "password", credential },
      },
    ],
  });
  const steps = stepsOf(planFor(scope)).filter(({ kind }) => kind === "remove-application-password");
  expect(steps).toHaveLength(1);
  expect(steps[0]?.because).toHaveLength(2);
});

test("what was made inside a cluster, logs that were switched off, and a new principal are named for a person", () => {
  const made = (
    kind: "cluster-object" | "diagnostic-setting" | "service-principal",
    more: Partial<Scope["planted"][number]>,
  ): Scope["planted"][number] => ({
    kind,
    at: "2026-11-20T10:00:00.000Z",
    onId: `${GROUP}/providers/Microsoft.ContainerService/managedClusters/aks`,
    onKind: "cluster",
    onName: null,
    id: null,
    by: KEY,
    evidence: "cluster audit: create daemonsets",
    present: null,
    detail: { kind: "noted" },
    ...more,
  });
  const plan = planFor(
    aScope([aScoped(APP)], {
      planted: [
        made("cluster-object", { id: "kube-system/daemonsets.apps/miner" }),
        made("diagnostic-setting", { id: `${GROUP}/x/diagnosticSettings/audit`, present: false }),
        made("service-principal", { onId: id("new"), onName: "backdoor", present: true }),
        made("service-principal", { onId: KEY, onName: "the suspect itself", present: true }),
      ],
    }),
  );
  expect(forPerson(plan)).toContain(
    "In the cluster aks, save and take away kube-system/daemonsets.apps/miner",
  );
  expect(forPerson(plan)).toContain("diagnosticSettings/audit again");
  expect(forPerson(plan)).toContain("Decide what to do about backdoor, which the suspect made");
  expect(forPerson(plan)).not.toContain("the suspect itself");
});
