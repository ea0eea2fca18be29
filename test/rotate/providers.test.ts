import { expect, test } from "vitest";
import { acceptsKey } from "../../local/tenant/arm/accepts-key.ts";
import { KEYED, rotate, rotatedTenant, SERVERS } from "./rotated-tenant.ts";

const taggedFor = (resource: string, key: string) => ({
  CredentialId: key,
  ProviderAddress: resource,
  ValidityPeriodDays: "60",
  team: "shop",
});

test.for(KEYED)("$resource: in an incident every key that leaked is dead", async ({ resource, key }) => {
  await using house = await rotatedTenant();
  const { tenant } = house.tenant;
  const id = house.resourceId(resource);
  if (key === "publishingPassword") await firstPassword(house, id);
  const before = house.keys(id);
  const leaked = before[key.toLowerCase()] ?? "";
  expect(acceptsKey(tenant, id, leaked)).toBe(true);
  house.put("it", { value: leaked, tags: taggedFor(id, key), contentType: "text/plain" });

  const { ending } = await rotate(house.work("it"));

  expect(ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
  for (const [name, value] of Object.entries(before)) {
    if (name.startsWith("master") || name.includes("keys.")) continue;
    expect(acceptsKey(tenant, id, value), `${name} still works`).toBe(false);
  }
  const [old, made] = house.versions("it");
  expect(old?.enabled).toBe(false);
  expect(made).toMatchObject({ enabled: true, contentType: "text/plain" });
  expect(made?.tags).toMatchObject(taggedFor(id, key));
  expect(acceptsKey(tenant, id, made?.value ?? "")).toBe(true);
});

test.for(KEYED)("$resource: in hygiene the old key dies last", async ({ resource, key, alternate }) => {
  await using house = await rotatedTenant();
  const { tenant } = house.tenant;
  const id = house.resourceId(resource);
  if (key === "publishingPassword") await firstPassword(house, id);
  const old = house.keys(id)[key.toLowerCase()] ?? "";
  house.put("it", { value: old, tags: taggedFor(id, key) });
  const work = house.work("it", { mode: "hygiene", overlapInMs: 60_000 });

  const { ending, stages } = await rotate(work);

  expect(ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
  expect(stages.indexOf("overlap")).toBeLessThan(stages.indexOf("retire"));
  const made = house.versions("it").at(-1);
  expect(made?.tags?.["CredentialId"]).toBe(alternate ?? key);
  expect(acceptsKey(tenant, id, old)).toBe(false);
  expect(acceptsKey(tenant, id, made?.value ?? "")).toBe(true);
});

test.for(SERVERS)(
  "%s: the administrator's password is another one, and the vault has it",
  async (resource) => {
    await using house = await rotatedTenant();
    const id = house.resourceId(resource);
    const before = house.keys(id)["administratorloginpassword"] ?? "";
    house.put("it", {
      value: `Server=tcp:x.database.windows.net;User ID=boss;Password="${before}";Encrypt=True`,
      tags: { ProviderAddress: id, CredentialId: "boss" },
    });

    const { ending } = await rotate(house.work("it"));

    expect(ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
    const after = house.keys(id)["administratorloginpassword"] ?? "";
    expect(after).not.toBe(before);
    expect(house.versions("it").at(-1)?.value).toBe(
      `Server=tcp:x.database.windows.net;User ID=boss;Password="${after}";Encrypt=True`,
    );
  },
);

test("a connection string without a tag is known by what it says, and keeps all but the key", async () => {
  await using house = await rotatedTenant();
  const id = house.resourceId("Microsoft.Storage/storageAccounts/stapp");
  const text = (key: string) =>
    `DefaultEndpointsProtocol=https;AccountName=stapp;AccountKey=${key};EndpointSuffix=core.windows.net`;
  house.put("it", { value: text(house.keys(id)["key2"] ?? "") });

  const { ending } = await rotate(house.work("it"));

  expect(ending.proof?.holds).toBe(true);
  expect(house.versions("it").at(-1)?.value).toBe(text(house.keys(id)["key2"] ?? ""));
});

test("a key without a tag is found among the keys that resources list", async () => {
  await using house = await rotatedTenant();
  const id = house.resourceId("Microsoft.CognitiveServices/accounts/ai-app");
  house.put("it", { value: house.keys(id)["key2"] ?? "" });

  const { state, ending } = await rotate(house.work("it"));

  expect(state.found).toMatchObject({
    provider: "cognitive-services-key",
    credential: "Key2",
    foundBy: "value",
  });
  expect(ending.proof?.holds).toBe(true);
});

test("two secrets that hold keys of one account end with keys that both work", async () => {
  await using house = await rotatedTenant();
  const id = house.resourceId("Microsoft.Storage/storageAccounts/stapp");
  house.put("one", { value: house.keys(id)["key1"] ?? "", tags: taggedFor(id, "key1") });
  house.put("two", { value: house.keys(id)["key2"] ?? "", tags: taggedFor(id, "key2") });

  await rotate(house.work("one"));
  await rotate(house.work("two"));

  for (const name of ["one", "two"]) {
    expect(acceptsKey(house.tenant.tenant, id, house.versions(name).at(-1)?.value ?? "")).toBe(true);
  }
});

test("a made-up value is made up anew, as long as its tag says", async () => {
  await using house = await rotatedTenant();

  const { ending } = await rotate(house.work("plain"));

  const [old, made] = house.versions("plain");
  expect(ending.proof?.holds).toBe(true);
  expect(old?.enabled).toBe(false);
  expect(made?.value).toHaveLength(32);
  expect(made?.value).not.toBe(old?.value);
});

test.for([
  ["unknown", "nobody is known who issued it"],
  ["certificate", "a certificate keeps its key"],
  ["gone", "deleted"],
] as const)("%s is for a person, and nothing is touched", async ([name, reason]) => {
  await using house = await rotatedTenant();
  const before = structuredClone(house.versions(name));

  const { ending } = await rotate(house.work(name));

  expect(ending.outcome).toMatchObject({
    kind: "needs-person",
    reason: expect.stringContaining(reason),
  });
  expect(house.versions(name)).toEqual(before);
});

/** Publishing passwords come into being when they are first asked for. */
async function firstPassword(house: Awaited<ReturnType<typeof rotatedTenant>>, id: string): Promise<void> {
  const { publishingCredential } = await import("../../src/rotate/providers/publishing-credential.ts");
  await publishingCredential.list(house.work("it").azure, id);
}
