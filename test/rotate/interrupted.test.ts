import { expect, test } from "vitest";
import { acceptsKey } from "../../local/tenant/arm/accepts-key.ts";
import type { FaultRule } from "../../local/tenant/weather/faults.ts";
import { performStages } from "../../src/rotate/rotate.ts";
import { BEGINNING } from "../../src/rotate/rotation.ts";
import { rotate, type RotatedTenant, rotatedTenant } from "./rotated-tenant.ts";

const STORAGE = "Microsoft.Storage/storageAccounts/stapp";
const SQL = "Microsoft.Sql/servers/sql-app";

function keyInVault(house: RotatedTenant): string {
  const id = house.resourceId(STORAGE);
  house.put("it", {
    value: house.keys(id)["key1"] ?? "",
    tags: { ProviderAddress: id, CredentialId: "key1" },
  });
  return id;
}

test.for([
  ["storage-account-key", STORAGE, "key1"],
  ["server-administrator-password", SQL, "administratorloginpassword"],
] as const)("%s: killed at every point or done twice, the end is the same", async ([, path, key]) => {
  for (let cutAfter = 0; cutAfter <= 12; cutAfter++) {
    await using house = await rotatedTenant();
    const id = house.resourceId(path);
    const old = house.keys(id)[key] ?? "";
    house.put("it", { value: old, tags: { ProviderAddress: id, CredentialId: key } });
    const work = house.work("it");
    if (cutAfter > 0) work.journal.cutAfter = cutAfter;

    const { ending } = await rotate(work, { twice: cutAfter === 0 });

    const at = `cut after: ${work.journal.lines.slice(0, cutAfter).join("; ")}`;
    expect(ending, at).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
    const made = house.versions("it").at(-1);
    expect(acceptsKey(house.tenant.tenant, id, old), at).toBe(false);
    expect(acceptsKey(house.tenant.tenant, id, made?.value ?? ""), at).toBe(true);
    expect(
      house.versions("it").filter(({ enabled }) => enabled),
      at,
    ).toEqual([made]);
  }
});

test.for([
  ["the vault throttles without saying for how long", { service: "key-vault", answer: 429 }],
  ["the provider throttles", { service: "arm", answer: 429, retryAfterInS: 1 }],
  ["the vault is away", { service: "key-vault", answer: 503, nth: 2 }],
  [
    "the answer to a new version is lost",
    { service: "key-vault", answer: "reset", nth: 3, afterEffect: true },
  ],
] as const satisfies readonly (readonly [string, FaultRule])[])(
  "%s: it waits and goes on",
  async ([, rule]) => {
    await using house = await rotatedTenant();
    const id = keyInVault(house);
    const { operation: _, ...fault }: FaultRule = rule;
    house.tenant.faults.add(fault);

    const { ending } = await rotate(house.work("it"), { tries: 5 });

    expect(ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
    expect(acceptsKey(house.tenant.tenant, id, house.versions("it").at(-1)?.value ?? "")).toBe(true);
    expect(house.versions("it").filter(({ enabled }) => enabled)).toHaveLength(1);
  },
);

test.for([
  ["forbidden", 403, undefined, "FORBIDDEN"],
  ["locked", 409, "ScopeLocked", "LOCKED"],
] as const)(
  "%s at the provider: the vault is left as it was, and the outcome says so",
  async ([, answer, code, outcome]) => {
    await using house = await rotatedTenant();
    keyInVault(house);
    const before = structuredClone(house.versions("it"));
    house.tenant.faults.add({
      service: "arm",
      operation: "POST /storageAccounts/{name}/regenerateKey",
      answer,
      times: 100,
      ...(code === undefined ? {} : { code }),
    });

    const { ending } = await rotate(house.work("it"));

    expect(ending.outcome).toMatchObject({
      kind: "failed",
      code: outcome,
      retryable: false,
      evidence: { seen: { stoppedAt: "create", renewedAtProvider: null, published: null } },
    });
    expect(house.versions("it")).toEqual(before);
  },
);

test("a provider that goes away half way: what is renewed is said, and rotating again goes on from there", async () => {
  await using house = await rotatedTenant();
  const id = keyInVault(house);
  const fault = house.tenant.faults.add({
    service: "key-vault",
    operation: "PUT /secrets/{name}",
    answer: 503,
    times: 100,
  });

  const first = await rotate(house.work("it"));

  expect(first.ending.outcome).toMatchObject({
    kind: "failed",
    code: "UNAVAILABLE",
    evidence: { seen: { stoppedAt: "publish", renewedAtProvider: "key1, key2", published: null } },
  });
  fault.remove();
  const again = await rotate(house.work("it"));
  expect(again.ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
  expect(acceptsKey(house.tenant.tenant, id, house.versions("it").at(-1)?.value ?? "")).toBe(true);
});

test("a name that is deleted half way is for a person, who is told what was regenerated", async () => {
  await using house = await rotatedTenant();
  keyInVault(house);
  house.tenant.faults.add({
    service: "key-vault",
    operation: "PUT /secrets/{name}",
    answer: 409,
    code: "ObjectIsDeletedButRecoverable",
  });

  const { ending } = await rotate(house.work("it"));

  expect(ending.outcome).toMatchObject({
    kind: "needs-person",
    reason: expect.stringContaining("key1, key2"),
    action: expect.stringContaining("Recover or purge"),
  });
});

test("a secret tried again does not kill what another secret of its case got", async () => {
  await using house = await rotatedTenant();
  const id = house.resourceId(STORAGE);
  for (const key of ["key1", "key2"]) {
    const tags = { ProviderAddress: id, CredentialId: key };
    house.put(key, { value: house.keys(id)[key] ?? "", tags });
  }
  house.tenant.faults.add({
    service: "key-vault",
    operation: "PUT /secrets/{name}",
    target: "key2",
    answer: 403,
  });
  expect((await rotate(house.work("key1"))).ending.outcome.kind).toBe("applied");
  expect((await rotate(house.work("key2"))).ending.outcome.kind).toBe("failed");

  expect((await rotate(house.work("key2"))).ending.outcome.kind).toBe("applied");

  for (const key of ["key1", "key2"])
    expect(acceptsKey(house.tenant.tenant, id, house.versions(key).at(-1)?.value ?? ""), key).toBe(true);
});

test("a key that the provider goes on listing is not said to be refused", async () => {
  await using house = await rotatedTenant();
  const id = keyInVault(house);
  const old = house.keys(id)["key1"] ?? "";
  const work = house.work("it");
  work.onAnswer = () => {
    const keys = house.tenant.state.azure.keys.get(id.toLowerCase());
    const key = keys?.get("key2");
    // Listed, key1 renewed, key2 renewed: and the list shows the old one all the same.
    const calls = work.answers.filter((it) => it === "arm.post").length;
    if (calls === 3 && key !== undefined) keys?.set("key2", { ...key, value: old });
  };

  const { ending } = await rotate(work);

  expect(ending.proof).toMatchObject({ holds: false, saw: expect.stringContaining("still taken") });
});

test("a version that somebody publishes after ours stays enabled, and is reported", async () => {
  await using house = await rotatedTenant();
  keyInVault(house);
  const work = house.work("it");
  work.onAnswer = () => {
    if (work.answers.at(-1) !== "vault.setEnabled") return;
    const newest = house.versions("it").at(-1)?.created ?? 0;
    house.put("it", { value: "theirs", created: newest + 5_000 });
  };

  const { ending } = await rotate(work);

  expect(ending).toMatchObject({
    outcome: { kind: "applied" },
    proof: { holds: false, saw: expect.stringContaining("somebody published") },
  });
  expect(house.versions("it").at(-1)).toMatchObject({ value: "theirs", enabled: true });
});

test("an untagged secret that was published and disabled, and no more, is finished by the next try", async () => {
  await using house = await rotatedTenant();
  const id = house.resourceId(STORAGE);
  house.put("it", { value: house.keys(id)["key1"] ?? "" });
  for (const mode of ["hygiene", "incident"] as const) {
    const work = house.work("it", { mode, id: mode, campaign: mode });
    work.onAnswer = () => {
      if (work.answers.at(-1) === "vault.setEnabled")
        house.tenant.faults.add({ service: "key-vault", answer: 403, times: 9 });
    };
    expect((await rotate(work)).ending.outcome).toMatchObject({ kind: "failed", code: "FORBIDDEN" });
    house.tenant.faults.clear();

    const { ending } = await rotate(house.work("it", { mode, id: mode, campaign: mode }));

    expect(ending, mode).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
    const made = house.versions("it").at(-1);
    expect(house.versions("it").filter(({ enabled }) => enabled)).toEqual([made]);
    expect(made?.tags?.["ProviderAddress"]?.toLowerCase()).toBe(id.toLowerCase());
    expect(acceptsKey(house.tenant.tenant, id, made?.value ?? "")).toBe(true);
  }
});

test("of two rotations of one secret at once, one goes on and the other says which", async () => {
  await using house = await rotatedTenant();
  keyInVault(house);
  const one = house.work("it", { id: "one", campaign: "case-1" });
  const two = house.work("it", { id: "two", campaign: "case-2" });

  const ended = await Promise.all([rotate(one), rotate(two)]);

  expect(ended.map(({ ending }) => ending.outcome.kind).toSorted()).toEqual(["applied", "failed"]);
  const lost = ended.find(({ ending }) => ending.outcome.kind === "failed");
  expect(lost?.ending.outcome).toMatchObject({
    code: "CONFLICT",
    evidence: { seen: { rotatedBy: expect.stringMatching(/^case case-(1, step one|2, step two)$/) } },
  });
  expect(house.versions("it")).toHaveLength(2);
});

test("an incident takes a secret over whose hygiene only waits for its overlap, which then ends and says so", async () => {
  await using house = await rotatedTenant();
  const id = keyInVault(house);
  const hygiene = house.work("it", { id: "one", campaign: "case-1", mode: "hygiene", overlapInMs: 60_000 });
  const incident = house.work("it", { id: "two", campaign: "case-2" });
  const waiting = await performStages(hygiene, BEGINNING);
  expect(waiting).toMatchObject({ kind: "go-on", state: { stage: "retire" }, waitInMs: 60_000 });
  const leaked = Object.values(house.keys(id));

  let late: Awaited<ReturnType<typeof performStages>> | null = null;
  const wakes = async () => {
    late = await performStages(hygiene, waiting.state);
  };
  const waking: Promise<void>[] = [];
  incident.onAnswer = (count) => {
    if (count === 1) waking.push(wakes());
  };
  const { ending } = await rotate(incident);
  await Promise.all(waking);

  expect(ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
  expect(late).toMatchObject({
    kind: "over",
    ending: { outcome: { code: "CONFLICT", evidence: { seen: { rotatedBy: "case case-2, step two" } } } },
  });
  for (const key of leaked) expect(acceptsKey(house.tenant.tenant, id, key)).toBe(false);
  expect(acceptsKey(house.tenant.tenant, id, house.versions("it").at(-1)?.value ?? "")).toBe(true);
});

test("no secret value is in anything a rotation hands on or writes down", async () => {
  await using house = await rotatedTenant();
  const id = keyInVault(house);
  const values = new Set([...Object.values(house.keys(id)), ...house.versions("it").map((it) => it.value)]);
  const work = house.work("it");

  const { state, ending } = await rotate(work, { twice: true });

  for (const value of [...Object.values(house.keys(id)), ...house.versions("it").map((it) => it.value)])
    values.add(value);
  const written = JSON.stringify([state, ending, work.journal.lines]);
  expect(values.size).toBeGreaterThan(2);
  for (const value of values) expect(written).not.toContain(value);
});
