import { expect, test } from "vitest";
import type { Reach } from "../../src/case/reach.ts";
import type { Scope } from "../../src/case/scope.ts";
import { scopeWithoutPrincipals, withReachedBefore } from "../../src/respond/rotation-scope.ts";
import { assemblePlan } from "../../src/plan/assemble-plan.ts";
import { parsePolicy, ruleOn } from "../../src/plan/policy.ts";
import { rotateSecret } from "../../src/steps/rotate-secret.ts";
import { STEPS } from "../../src/steps/steps.ts";

const TERMS = { apiServerRanges: [] };
const SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111";
const vault = (name: string) =>
  `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/${name}`;
const STORAGE = {
  ProviderAddress: `${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st`,
};
const EMPTY = scopeWithoutPrincipals("case-1", { from: "", to: "" }, new Date(0));

function reach(vaultName: string, name: string, more: Partial<Reach> = {}): Reach {
  return {
    kind: "vault-secret",
    targetId: `${vault(vaultName)}/secrets/${name}`,
    name,
    can: ["read-secret"],
    through: [],
    evidence: "reachable",
    lastTouched: null,
    tags: STORAGE,
    principalKey: "p",
    ...more,
  };
}

const proposed = (scope: Scope) =>
  rotateSecret.propose(scope, TERMS).map(({ target, rank, hindered }) => ({
    name: target["secretName"],
    mode: target["mode"],
    rank,
    hindered: hindered !== undefined,
  }));

test("what was read comes first, then the rest of those vaults, then the rest in reach", () => {
  const scope = {
    ...EMPTY,
    reach: [
      reach("other", "far"),
      reach("opened", "beside"),
      reach("opened", "read", { evidence: "read", tags: {} }),
    ],
  };
  expect(proposed(scope).toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))).toEqual([
    { name: "read", mode: "incident", rank: 0, hindered: false },
    { name: "beside", mode: "incident", rank: 1, hindered: false },
    { name: "far", mode: "incident", rank: 2, hindered: false },
  ]);
});

test("a rotation whose provider is known needs what that provider takes, no other's", () => {
  const [step] = rotateSecret.propose({ ...EMPTY, reach: [reach("opened", "key")] }, TERMS);
  const azure = (step?.needs ?? []).flatMap((need) => (need.api === "azure" ? [need.action] : []));
  // Whoever takes a secret, every rotation asks the sites.
  expect(azure.filter((action) => !action.startsWith("Microsoft.Web/sites/")).toSorted()).toEqual([
    "Microsoft.Storage/storageAccounts/listKeys/action",
    "Microsoft.Storage/storageAccounts/regenerateKey/action",
  ]);
});

test("certificates and unlisted vaults are for a person", () => {
  const scope = {
    ...EMPTY,
    reach: [
      reach("v", "tls", { kind: "vault-certificate", targetId: `${vault("v")}/certificates/tls` }),
      reach("v", "*", { tags: {} }),
    ],
  };
  expect(proposed(scope).map(({ hindered }) => hindered)).toEqual([true, true]);
});

const EVICT = { ...parsed({ reversible: "automatic", irreversible: "automatic" }), mode: "evict" as const };
const planOf = (scope: Scope) => assemblePlan({ ...EVICT, scope });
const permissions = (scope: Scope) =>
  Object.fromEntries(
    planOf(scope)
      .waves.flatMap(({ steps }) => steps)
      .map(({ kind, target, permission }) => [
        [kind, target["secretName"] ?? target["name"]].join(" "),
        permission,
      ]),
  );
const MYSTERY = [
  reach("kv-v", "read", { tags: {}, evidence: "read" }),
  reach("kv-v", "mystery", { tags: {} }),
  reach("kv-v", "tagged"),
];

test("a secret that nobody is known to have read and that names no issuer is rotated only if a person says so", () => {
  expect(permissions({ ...EMPTY, reach: MYSTERY })).toEqual({
    "rotate-secret read": "automatic",
    "rotate-secret mystery": "approval",
    "rotate-secret tagged": "automatic",
    "disable-secret-version read": "off",
  });
});

test("where the issuer was looked for in vain, disabling is offered, to a person; what was read stays to be rotated", () => {
  const vain = (secretName: string) => ({
    vaultName: "kv-v",
    secretName,
    tried: "nothing helped",
    at: "2026-01-01",
  });
  const scope = { ...EMPTY, reach: MYSTERY, issuerUnknown: ["read", "mystery", "tagged"].map(vain) };
  expect(permissions(scope)).toEqual({
    "rotate-secret read": "approval",
    "rotate-secret tagged": "automatic",
    "disable-secret-version read": "approval",
    "disable-secret-version mystery": "approval",
  });
  expect(planOf(scope).personActions).toMatchObject([
    { title: expect.stringContaining("Rotate mystery"), because: expect.stringContaining("nothing helped") },
  ]);
});

test("a secret that was asked for by name overlaps, as long as its tag says", () => {
  const named = {
    vaultId: vault("v"),
    name: "s",
    managed: false,
    tags: { OverlapHours: "2" },
    because: "asked",
  };
  const [proposal] = rotateSecret.propose({ ...EMPTY, namedSecrets: [named] }, TERMS);
  expect(proposal?.target).toMatchObject({ mode: "hygiene", overlapInHours: 2 });
  expect(proposal?.title).toContain("2 h");
});

test("a secret that was in reach before the cut still is, however its vault is written", () => {
  const before = { ...EMPTY, reach: [reach("v", "s"), reach("v", "t")] };
  const after = { ...EMPTY, reach: [reach("V", "s", { evidence: "read" })] };
  const both = withReachedBefore(after, before);
  expect(both.reach.map(({ name, evidence }) => [name, evidence])).toEqual([
    ["s", "read"],
    ["t", "reachable"],
  ]);
  const ids = (scope: Scope) => rotateSecret.propose(scope, TERMS).map(({ target }) => target["vaultId"]);
  expect(new Set([...ids(both), ...ids(before)]).size).toBe(1);
});

function parsed(steps: Readonly<Record<string, string>>) {
  const read = parsePolicy(
    { version: 1, rules: [{ name: "evict", mode: "evict", steps }] },
    { stepKinds: [], triggers: [] },
  );
  if (read.kind === "refused") throw new Error(read.problems.join("; "));
  const { policy } = read;
  const ruling = ruleOn(policy, { trigger: "responder", severity: "high", principalKinds: [] });
  return {
    policy,
    ruling,
    protection: { ownIds: [], protectedMembers: [] },
    productionIds: [],
    principalsCutLately: 0,
    steps: STEPS,
  };
}
