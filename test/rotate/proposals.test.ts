import { expect, test } from "vitest";
import type { Reach } from "../../src/case/reach.ts";
import type { Scope } from "../../src/case/scope.ts";
import { scopeWithoutPrincipals, withReachedBefore } from "../../src/respond/rotation-scope.ts";
import { rotateSecret } from "../../src/steps/rotate-secret.ts";

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

test("certificates, unlisted vaults and unread secrets of unknown origin are for a person", () => {
  const scope = {
    ...EMPTY,
    reach: [
      reach("v", "tls", { kind: "vault-certificate", targetId: `${vault("v")}/certificates/tls` }),
      reach("v", "*", { tags: {} }),
      reach("v", "mystery", { tags: {} }),
    ],
  };
  expect(proposed(scope).map(({ hindered }) => hindered)).toEqual([true, true, true]);
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
