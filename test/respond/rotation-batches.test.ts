import { array, assert, constantFrom, nat, property, record } from "fast-check";
import { expect, test } from "vitest";
import type { PlannedStep } from "../../src/case/plan.ts";
import { rotationBatches } from "../../src/respond/rotation-batches.ts";

const subscription = (n: number) => `/subscriptions/${String(n).repeat(8)}-1111-4111-8111-111111111111`;
const KINDS = {
  "storage-account-key": { type: "Microsoft.Storage/storageAccounts", writes: 4 },
  "cosmos-account-key": { type: "Microsoft.DocumentDB/databaseAccounts", writes: 6 },
  "server-administrator-password": { type: "Microsoft.Sql/servers", writes: 1 },
  "random-secret": { type: null, writes: 0 },
} as const;
const TIERS = ["read", "same-vault", "reachable"] as const;

interface Secret {
  readonly kind: keyof typeof KINDS;
  readonly tier: (typeof TIERS)[number];
  readonly vault: number;
  readonly resource: number;
  readonly subscription: number;
}

const aSecret = record({
  kind: constantFrom(
    "storage-account-key" as const,
    "cosmos-account-key" as const,
    "server-administrator-password" as const,
    "random-secret" as const,
  ),
  tier: constantFrom(...TIERS),
  vault: nat(3),
  resource: nat(30),
  subscription: nat(1),
});

function resourceOf({ kind, resource, subscription: at }: Secret): string | null {
  const { type } = KINDS[kind];
  return type === null ? null : `${subscription(at)}/resourceGroups/rg/providers/${type}/r${resource}`;
}

function stepOf(secret: Secret, index: number): PlannedStep {
  const vaultId = `${subscription(9)}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v${secret.vault}`;
  const resource = resourceOf(secret);
  return {
    id: `${index}`,
    kind: "rotate-secret",
    target: { vaultId, secretName: `s${index}`, mode: "incident", overlapInHours: 0 },
    before: { tier: secret.tier, provider: secret.kind },
    touches: [vaultId, `${vaultId}/secrets/s${index}`, ...(resource === null ? [] : [resource])],
    title: "",
    because: [],
    permission: "automatic",
    reversible: false,
    irreversibleBecause: null,
    cost: [],
    needs: [],
    guardrails: [],
  };
}

test("every rotation is in one batch, by evidence, and whoever renews a shared resource's keys goes before the others", () => {
  assert(
    property(array(aSecret, { maxLength: 400 }), (unordered) => {
      const secrets = unordered.toSorted((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier));
      const batches = rotationBatches(secrets.map(stepOf), []);
      const order = batches.flatMap(({ stepIds }, batch) =>
        stepIds.map((id) => ({ batch, secret: secrets[Number(id)] })),
      );
      expect(batches.flatMap(({ stepIds }) => stepIds).toSorted()).toEqual(
        secrets.map((_, index) => `${index}`).toSorted(),
      );
      expect(order.map(({ secret }) => secret?.tier)).toEqual(secrets.map(({ tier }) => tier));
      for (const { stepIds } of batches) {
        expect(stepIds.length).toBeLessThanOrEqual(100);
        expect(new Set(stepIds.map((id) => secrets[Number(id)]?.tier)).size).toBe(1);
      }
      const firsts = new Map<string, number>();
      for (const { batch, secret } of order) {
        const resource = secret === undefined ? null : resourceOf(secret);
        if (resource === null) continue;
        const known = firsts.get(resource);
        if (known === undefined) firsts.set(resource, batch);
        else expect(batch).not.toBe(known);
      }
    }),
    { numRuns: 50 },
  );
});

test("no batch asks for more at once than a bucket holds, nor for more in a time than it is filled with", () => {
  assert(
    property(array(aSecret, { minLength: 1, maxLength: 400 }), (unordered) => {
      const secrets = unordered.toSorted((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier));
      const seen = new Set<string>();
      for (const { stepIds, leastInMs } of rotationBatches(secrets.map(stepOf), [])) {
        const writes = new Map<number, number>();
        const versions = new Map<number, number>();
        for (const id of stepIds) {
          const secret = secrets[Number(id)];
          if (secret === undefined) throw new Error("no such secret");
          const resource = resourceOf(secret);
          const own = resource === null ? 0 : seen.has(resource) ? 1 : KINDS[secret.kind].writes;
          if (resource !== null) seen.add(resource);
          writes.set(secret.subscription, (writes.get(secret.subscription) ?? 0) + own);
          versions.set(secret.vault, (versions.get(secret.vault) ?? 0) + 1);
        }
        for (const count of writes.values()) {
          expect(count).toBeLessThanOrEqual(200);
          expect(leastInMs).toBeGreaterThanOrEqual(count * 100);
        }
        for (const count of versions.values()) {
          expect(count).toBeLessThanOrEqual(300);
          expect(leastInMs).toBeGreaterThanOrEqual(Math.floor((count * 1_000) / 30));
        }
      }
    }),
    { numRuns: 50 },
  );
});

test("settings that every rotation reads to find copies count as well", () => {
  const secrets = Array.from({ length: 100 }, (_, index): Secret => {
    return { kind: "random-secret", tier: "read", vault: 0, resource: index, subscription: 0 };
  });
  const sites = [0, 0, 1].map(
    (at, n) => `${subscription(at)}/resourceGroups/rg/providers/Microsoft.Web/sites/s${n}`,
  );
  const batches = rotationBatches(secrets.map(stepOf), sites);
  expect(Math.max(...batches.map(({ stepIds }) => stepIds.length * 4))).toBeLessThanOrEqual(200);
  for (const { stepIds, leastInMs } of batches)
    expect(leastInMs).toBeGreaterThanOrEqual(stepIds.length * 400);
});
