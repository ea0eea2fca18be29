import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { trySignIn } from "../../src/rotate/sign-in.ts";
import { Secret } from "../../src/azure/secret.ts";
import { markOf } from "../../src/rotate/work.ts";
import { rotate, type RotatedTenant, rotatedTenant } from "./rotated-tenant.ts";

function billing({ tenant }: RotatedTenant) {
  const id = tenant.names.guid("application", "billing");
  const application = () => {
    const found = tenant.state.directory.applications.get(id);
    if (found === undefined) throw new Error("no application");
    return found;
  };
  const secret = (name: string) => tenant.names.secret("keyId", `billing.${name}`);
  const keyId = (name: string) => tenant.names.guid("keyId", `billing.${name}`);
  const signIn = (value: string) =>
    trySignIn(tenant.tenant.id, tenant.names.guid("appId", "billing"), new Secret(value), randomUUID());
  return { id, application, secret, keyId, signIn };
}

test.for(["incident", "hygiene"] as const)(
  "%s: the old secret is refused, the new one taken, others stay",
  async (mode) => {
    await using house = await rotatedTenant();
    const app = billing(house);
    house.put("it", {
      value: app.secret("old"),
      tags: { ProviderAddress: app.id, CredentialId: app.keyId("old"), ValidityPeriodDays: "30" },
    });

    const { ending } = await rotate(house.work("it", { mode }));

    expect(ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
    const made = house.versions("it").at(-1);
    expect((await app.signIn(app.secret("old"))).is).toBe("refused");
    expect((await app.signIn(made?.value ?? "")).is).toBe("accepted");
    expect((await app.signIn(app.secret("other"))).is).toBe("accepted");
    const added = app
      .application()
      .passwordCredentials.find(({ keyId }) => keyId === made?.tags?.["CredentialId"]);
    const daysLeft = (Date.parse(added?.endDateTime ?? "") - house.tenant.tenant.clock.now()) / 86_400_000;
    expect(daysLeft).toBeGreaterThan(29);
    expect(daysLeft).toBeLessThan(31);
  },
);

test("a secret without a tag is tried at the application whose secrets begin so", async () => {
  await using house = await rotatedTenant();
  const app = billing(house);
  house.put("it", { value: app.secret("old") });

  const { state, ending } = await rotate(house.work("it"));

  expect(state.found).toMatchObject({ credential: app.keyId("old"), foundBy: "value" });
  expect(ending.proof?.holds).toBe(true);
  expect((await app.signIn(app.secret("old"))).is).toBe("refused");
});

test("what a principal of the case had is taken away, and it gets nothing new", async () => {
  await using house = await rotatedTenant();
  const app = billing(house);
  house.put("it", { value: app.secret("old") });
  const suspects = [
    { holder: `/applications/${app.id}`, keyId: app.keyId("old"), hint: app.secret("old").slice(0, 3) },
  ];

  const { ending } = await rotate(house.work("it", { suspects }));

  expect(ending).toMatchObject({
    outcome: { evidence: { seen: { oldRefused: expect.stringContaining("AADSTS7000215") } } },
    proof: { holds: true },
  });
  expect(house.versions("it").map(({ enabled }) => enabled)).toEqual([false]);
  expect(app.application().passwordCredentials.map(({ keyId }) => keyId)).toEqual([app.keyId("other")]);
});

test("where the policy has nobody signed in, nobody is, and the outcome says so", async () => {
  await using house = await rotatedTenant();
  const app = billing(house);
  house.put("it", {
    value: app.secret("old"),
    tags: { ProviderAddress: app.id, CredentialId: app.keyId("old") },
  });
  house.put("untagged", { value: app.secret("other") });
  house.tenant.requests.clear();

  const { ending } = await rotate(house.work("it", { signIn: false }));
  const untagged = await rotate(house.work("untagged", { signIn: false }));

  expect(house.tenant.requests.byService().entra ?? 0).toBe(0);
  const notTried = expect.stringContaining("was not tried, as the policy says");
  expect(ending.outcome).toMatchObject({ evidence: { seen: { newWorks: notTried, oldRefused: notTried } } });
  expect(untagged.ending.outcome).toMatchObject({
    kind: "needs-person",
    reason: expect.stringContaining("the policy does not have it tried"),
  });
  expect((await app.signIn(app.secret("old"))).is).toBe("refused");
});

test("the version of a client secret ends with the client secret, whatever the old one said", async () => {
  await using house = await rotatedTenant();
  const app = billing(house);
  house.put("it", {
    value: app.secret("old"),
    tags: { ProviderAddress: app.id, CredentialId: app.keyId("old") },
  });

  await rotate(house.work("it"));

  const made = house.versions("it").at(-1);
  const added = app
    .application()
    .passwordCredentials.find(({ keyId }) => keyId === made?.tags?.["CredentialId"]);
  expect(Math.abs((made?.expires ?? 0) - Date.parse(added?.endDateTime ?? ""))).toBeLessThan(1_000);
});

test("a lock on the service principal is taken off for the change and put back as it was", async () => {
  await using house = await rotatedTenant();
  const app = billing(house);
  const { tenant } = house;
  const lock = {
    isEnabled: true,
    allProperties: null,
    credentialsWithUsageVerify: true,
    credentialsWithUsageSign: true,
    tokenEncryptionKeyId: true,
  };
  const azure = house.work("it").azure;
  expect(
    (await azure.graph.patch(`/applications/${app.id}`, { servicePrincipalLockConfiguration: lock })).kind,
  ).toBe("ok");
  const before = structuredClone(app.application().servicePrincipalLockConfiguration);
  house.put("it", {
    value: app.secret("servicePrincipal.sp-old"),
    tags: {
      ProviderAddress: `/servicePrincipals/${tenant.names.guid("servicePrincipal", "billing")}`,
      CredentialId: app.keyId("servicePrincipal.sp-old"),
    },
  });

  const { ending } = await rotate(house.work("it"));

  expect(ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
  expect(app.application().servicePrincipalLockConfiguration).toEqual(before);
  expect((await app.signIn(app.secret("servicePrincipal.sp-old"))).is).toBe("refused");
});

test("killed at every point, it ends with one secret of its own, which is the published one", async () => {
  for (let cutAfter = 1; cutAfter <= 12; cutAfter++) {
    await using house = await rotatedTenant();
    const app = billing(house);
    house.put("it", {
      value: app.secret("old"),
      tags: { ProviderAddress: app.id, CredentialId: app.keyId("old") },
    });
    const work = house.work("it");
    work.journal.cutAfter = cutAfter;

    const { ending } = await rotate(work);

    const at = `cut after: ${work.journal.lines.slice(0, cutAfter).join("; ")}`;
    expect(ending, at).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
    const made = house.versions("it").at(-1);
    const marked = app
      .application()
      .passwordCredentials.filter(({ displayName }) => displayName === markOf(work.rotation));
    expect(
      marked.map(({ keyId }) => keyId),
      at,
    ).toEqual([made?.tags?.["CredentialId"]]);
    expect((await app.signIn(made?.value ?? "")).is, at).toBe("accepted");
    expect(
      house.versions("it").filter(({ enabled }) => enabled),
      at,
    ).toHaveLength(1);
  }
});
