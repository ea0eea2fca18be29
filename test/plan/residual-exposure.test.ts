import { assert, constantFrom, integer, property, subarray } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Activity } from "../../src/case/activity.ts";
import type { Scope, ScopedPrincipal } from "../../src/case/scope.ts";
import { type Principal, principalKey } from "../../src/case/principal.ts";
import { residualExposure } from "../../src/plan/residual-exposure.ts";
import {
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
} from "./planned-from.ts";

const CUT = new Date("2026-11-20T12:00:00.000Z");
const SIGNED_IN = "2026-11-20T11:30:00.000Z";
const after = (minutes: number, from = CUT) => new Date(from.getTime() + minutes * 60_000).toISOString();
const afterSignIn = (minutes: number) => after(minutes, new Date(SIGNED_IN));

const TARGETS = {
  "Azure Resource Manager": "Windows Azure Service Management API",
  "Key Vault": "Azure Key Vault",
  "Microsoft Graph": "Microsoft Graph",
  Storage: "Azure Storage",
} as const;

function event(principal: Principal, more: Partial<Activity>): Activity {
  return {
    at: SIGNED_IN,
    source: "service-principal-sign-in",
    principalKey: principalKey(principal),
    operation: "Sign-in",
    target: null,
    outcome: "success",
    address: null,
    country: null,
    userAgent: null,
    credentialKeyId: null,
    tokenId: null,
    correlationId: null,
    suspicious: true,
    attribution: "proven",
    ...more,
  };
}

const signedInTo = (principal: Principal, ...where: readonly (keyof typeof TARGETS)[]) =>
  where.map((it) => event(principal, { target: TARGETS[it] }));

/** Exposure once these kinds of the plan took; all of them unless said. */
function exposureOf(scope: Scope, taken: (kind: string, target: object) => boolean = () => true) {
  const plan = planFor(scope);
  const done = new Set(
    stepsOf(plan)
      .filter(({ kind, target, permission }) => permission !== "off" && taken(kind, target))
      .map((step) => step.id),
  );
  return residualExposure(scope, plan, (step) => ({ result: done.has(step) ? "applied" : null }), CUT);
}

const APP = aPrincipal("deploy");
const IDENTITY = anIdentity("web");
const USER = aPrincipal("uma", { kind: "user", applicationObjectId: null });
const roles = (it: Principal) => [aRole(principalKey(it), GROUP)];
const throughGroup = (it: Principal) => [aRole(principalKey(it), GROUP, { throughGroupId: id("ops") })];

describe("how long a token works on, once everything planned took", () => {
  const minutes: readonly [string, ScopedPrincipal, keyof typeof TARGETS, string][] = [
    [
      "ARM asks for direct roles each time",
      aScoped(APP, { roleAssignments: roles(APP) }),
      "Azure Resource Manager",
      after(10),
    ],
    ["so does Key Vault", aScoped(APP, { roleAssignments: roles(APP) }), "Key Vault", after(10)],
    ["and Storage", aScoped(APP, { roleAssignments: roles(APP) }), "Storage", after(10)],
    ["Graph's permissions are in the token", aScoped(APP), "Microsoft Graph", afterSignIn(90)],
    [
      "a group's roles stay in the token",
      aScoped(APP, { roleAssignments: throughGroup(APP) }),
      "Azure Resource Manager",
      afterSignIn(90),
    ],
    ["a user's token ends like an application's", aScoped(USER), "Microsoft Graph", afterSignIn(90)],
    [
      "direct roles of an identity are asked for each time too",
      aScoped(IDENTITY, { roleAssignments: roles(IDENTITY) }),
      "Azure Resource Manager",
      after(10),
    ],
    [
      "a group's roles of an identity stay for a day",
      aScoped(IDENTITY, { roleAssignments: throughGroup(IDENTITY) }),
      "Azure Resource Manager",
      afterSignIn(24 * 60),
    ],
    ["and so does all it has at Graph", aScoped(IDENTITY), "Microsoft Graph", afterSignIn(24 * 60)],
    [
      "data actions given on a management group take hours to go",
      aScoped(APP, {
        roleAssignments: [aRole(principalKey(APP), "/providers/Microsoft.Management/managementGroups/corp")],
      }),
      "Key Vault",
      afterSignIn(90),
    ],
  ];
  test.each(minutes)("%s", (_, scoped, where, until) => {
    const scope = aScope([scoped], { activity: signedInTo(scoped.principal, where) });
    expect(exposureOf(scope)).toMatchObject([{ where, until }]);
  });

  test("an access policy is asked for each time, and holds the token up while it stands", () => {
    const policy = {
      vaultId: `${GROUP}/providers/Microsoft.KeyVault/vaults/kv`,
      tenantId: id("tenant"),
      objectId: principalKey(APP),
      applicationId: null,
      permissions: { keys: [], secrets: ["get"], certificates: [], storage: [] },
      throughGroupId: null,
      planted: false,
    };
    const scope = aScope([aScoped(APP, { vaultPolicies: [policy] })], {
      activity: signedInTo(APP, "Key Vault"),
    });
    expect(exposureOf(scope)).toMatchObject([{ where: "Key Vault", until: after(10) }]);
    const still = exposureOf(scope, (kind) => kind !== "remove-vault-access-policy");
    expect(still).toMatchObject([{ where: "Key Vault", until: afterSignIn(90) }]);
  });

  test("a service that was never signed in to is not exposed; with no sign-in seen, each may be, up to the cut", () => {
    const used = aScope([aScoped(APP)], { activity: signedInTo(APP, "Key Vault") });
    expect(exposureOf(used).map(({ where }) => where)).toEqual(["Key Vault"]);
    const unseen = exposureOf(aScope([aScoped(IDENTITY)]));
    expect(unseen.map(({ where }) => where)).toEqual([
      "Azure Resource Manager",
      "Key Vault",
      "Microsoft Graph",
      "Storage",
    ]);
    expect(unseen.find(({ where }) => where === "Microsoft Graph")?.until).toBe(after(24 * 60));
  });

  test("a token that has ended by itself is no exposure", () => {
    const activity = [event(APP, { target: TARGETS["Key Vault"], at: "2026-11-20T08:00:00.000Z" })];
    expect(exposureOf(aScope([aScoped(APP)], { activity }))).toEqual([]);
  });

  test("a refused sign-in gave no token", () => {
    const activity = [
      event(APP, { target: TARGETS["Key Vault"], outcome: "failure" }),
      event(APP, { target: TARGETS.Storage, at: "2026-11-20T08:00:00.000Z" }),
    ];
    expect(exposureOf(aScope([aScoped(APP)], { activity }))).toEqual([]);
  });
});

describe("what is left when a cut did not take", () => {
  const holder = APP.applicationObjectId ?? "";
  const scoped = aScoped(APP, { passwords: [aPassword(holder, "a"), aPassword(holder, "b")] });
  const scope = aScope([scoped], { activity: signedInTo(APP, "Microsoft Graph") });
  const shut = ["disable-service-principal", "deactivate-application"];

  test("with a credential left and the principal open, nothing ends it", () => {
    const left = exposureOf(
      scope,
      (kind, target) =>
        !shut.includes(kind) && !("keyId" in target && target.keyId === aPassword(holder, "b").keyId),
    );
    expect(left[0]).toMatchObject({ what: "new tokens of deploy", until: null });
    expect(left[0]?.because).toContain("1 of its credentials");
  });

  test("either every credential or the principal being shut is enough", () => {
    const open = (taken: (kind: string) => boolean) =>
      exposureOf(scope, taken).filter(({ where }) => where === "everywhere");
    expect(open((kind) => !shut.includes(kind))).toEqual([]);
    expect(open((kind) => shut.includes(kind))).toEqual([]);
    expect(open((kind) => kind === "disable-service-principal")).toEqual([]);
  });

  test("at Graph an open principal's token may be a day-long one", () => {
    const left = exposureOf(scope, (kind) => !shut.includes(kind));
    expect(left).toMatchObject([{ where: "Microsoft Graph", until: afterSignIn(24 * 60) }]);
  });

  test("an open identity hands its workloads new tokens, and an open user signs in", () => {
    for (const principal of [IDENTITY, USER]) {
      expect(exposureOf(aScope([aScoped(principal)]), () => false)[0]).toMatchObject({
        where: "everywhere",
        until: null,
      });
    }
  });
});

describe("what was taken and works without any identity", () => {
  const account = `${GROUP}/providers/Microsoft.Storage/storageAccounts/st`;
  const cluster = `${GROUP}/providers/Microsoft.ContainerService/managedClusters/aks`;
  const site = `${GROUP}/providers/Microsoft.Web/sites/web`;
  const took = (target: string, expanded: string, operation: string) =>
    event(APP, { source: "azure-activity", target, expanded, operation });
  const scope = aScope([], {
    activity: [
      took(account, "key-listing", "Microsoft.Storage/storageAccounts/listKeys/action"),
      took(
        cluster,
        "cluster-credential",
        "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
      ),
      took(site, "publishing-credential", "Microsoft.Web/sites/publishxml/action"),
    ],
  });

  test("is gone once each is replaced", () => {
    expect(exposureOf(scope)).toEqual([]);
  });

  test("works on without end while it is not, key by key", () => {
    expect(exposureOf(scope, () => false).map(({ where, until }) => [where, until])).toEqual([
      ["st", null],
      ["st", null],
      ["web", null],
      ["aks", null],
      ["aks", null],
    ]);
    const one = exposureOf(scope, (_, target) => !("keyName" in target && target.keyName === "key2"));
    expect(one).toMatchObject([{ where: "st", until: null }]);
    expect(one[0]?.what).toContain("key2");
  });

  test("one turn of a cluster's signing key leaves a day; shut basic publishing is as good as a new password", () => {
    const left = exposureOf(
      scope,
      (kind, target) => kind !== "reset-publishing-credentials" && !("turn" in target && target.turn === 2),
    );
    expect(left).toMatchObject([{ where: "aks", until: after(24 * 60) }]);
  });

  test("a user's kubeconfig of a cluster with Entra holds no secret; without Entra it is an administrator's", () => {
    const fetched = (entraIntegration: boolean) =>
      aScope([], {
        activity: [
          took(
            cluster,
            "cluster-credential",
            "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
          ),
        ],
        reach: [
          {
            kind: "cluster",
            targetId: cluster,
            name: "aks",
            can: ["user-credential"],
            through: [],
            evidence: "read",
            lastTouched: SIGNED_IN,
            tags: {},
            principalKey: principalKey(APP),
            cluster: {
              entraIntegration,
              localAccountsDisabled: false,
              privateCluster: false,
              authorizedIpRanges: [],
              issuesTokens: false,
            },
          },
        ],
      });
    expect(exposureOf(fetched(true), () => false)).toEqual([]);
    expect(exposureOf(fetched(false), () => false)).toMatchObject([{ where: "aks", until: null }]);
  });
});

test("the more of a plan took, the less is left, and never for longer", () => {
  const holder = APP.applicationObjectId ?? "";
  const scope = aScope(
    [
      aScoped(APP, { passwords: [aPassword(holder, "a")], roleAssignments: roles(APP) }),
      aScoped(IDENTITY, { roleAssignments: roles(IDENTITY) }),
    ],
    { activity: [...signedInTo(APP, "Key Vault", "Microsoft Graph"), ...signedInTo(IDENTITY, "Storage")] },
  );
  const ids = stepsOf(planFor(scope)).map((step) => step.id);
  const plan = planFor(scope);
  const left = (done: readonly string[]) =>
    new Map(
      residualExposure(
        scope,
        plan,
        (it) => ({ result: done.includes(it) ? "already-so" : "failed" }),
        CUT,
      ).map((it) => [
        `${it.what} ${it.where}`,
        it.until === null ? Number.POSITIVE_INFINITY : Date.parse(it.until),
      ]),
    );
  assert(
    property(subarray(ids), constantFrom(...ids), (some, another) => {
      const [fewer, more] = [left(some), left([...some, another])];
      for (const [what, until] of more) {
        // New tokens going away may only shorten what is said of the old ones.
        if (fewer.has(what)) expect(until).toBeLessThanOrEqual(fewer.get(what) ?? 0);
        else expect(what).toContain("token");
      }
    }),
  );
});

test("a later sign-in never shortens the exposure", () => {
  assert(
    property(integer({ min: 0, max: 80 }), integer({ min: 0, max: 80 }), (a, b) => {
      const untilWith = (minutes: number) => {
        const at = new Date(CUT.getTime() - minutes * 60_000).toISOString();
        const scope = aScope([aScoped(APP)], { activity: [event(APP, { target: "Microsoft Graph", at })] });
        return Date.parse(exposureOf(scope)[0]?.until ?? CUT.toISOString());
      };
      if (a <= b) expect(untilWith(a)).toBeGreaterThanOrEqual(untilWith(b));
    }),
  );
});
