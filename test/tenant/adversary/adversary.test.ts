import { expect, test } from "vitest";
import { startAdversary } from "../../../local/tenant/adversary.ts";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { DEFAULT_CLIENT_ADDRESS } from "../../../local/tenant/network/proxy.ts";
import { scenarioNamesHere } from "../../../local/tenant/scenario/find.ts";
import { startTenant, type TenantHandle } from "../../../local/tenant/start.ts";

const EVERY = { everyInMs: 5 };

function attackOf(tenant: TenantHandle) {
  const { attack } = tenant.scenario;
  if (!attack) throw new Error("the scenario has no attack");
  return attack;
}

function disable(tenant: TenantHandle, application: string): void {
  const { servicePrincipals } = tenant.state.directory;
  const principal = servicePrincipals.get(tenant.names.guid("servicePrincipal", application));
  if (!principal) throw new Error(`no ${application}`);
  servicePrincipals.put({ ...principal, accountEnabled: false }, tenant.tenant.clock.now());
}

test.each(scenarioNamesHere())(
  "in %s, before anything is done, every capability of the attack works",
  async (scenario) => {
    await using tenant = await startTenant({ scenario });
    await using adversary = startAdversary(tenant, attackOf(tenant), EVERY);

    await adversary.round();

    const failed = adversary.attempts
      .filter((it) => !it.succeeded)
      .map((it) => `${it.capability}: ${it.status} ${it.error ?? ""}`);
    expect([...new Set(failed)]).toEqual([]);
    expect(Object.values(adversary.lastSuccess())).not.toContain(undefined);
    const addresses = new Set(tenant.requests.entries.map((it) => it.clientAddress));
    addresses.delete(DEFAULT_CLIENT_ADDRESS);
    expect([...addresses]).toEqual([attackOf(tenant).clientAddress]);
    expect(tenant.defects).toEqual([]);
  },
);

test("a disable ends new tokens at once and nothing else: old tokens go on until they expire", async () => {
  const clock = manualTenantClock("2026-11-20T09:00:00Z");
  await using tenant = await startTenant({ clock });
  await using adversary = startAdversary(tenant, attackOf(tenant), EVERY);
  await adversary.round();
  disable(tenant, "deploy");
  clock.advance(10 * 60_000);

  await adversary.round();
  const disabled = adversary.lastSuccess();
  clock.advance(90 * 60_000);
  await adversary.round();
  const expired = adversary.lastSuccess();

  expect(disabled).toEqual({
    "get-token": "2026-11-20T09:00:00.000Z",
    "read-secret": "2026-11-20T09:10:00.000Z",
    "list-role-assignments": "2026-11-20T09:10:00.000Z",
  });
  expect(expired).toEqual(disabled);
  expect(adversary.attempts.findLast((it) => it.capability === "get-token")).toMatchObject({
    status: 401,
    error: "AADSTS7000112",
  });
});

test("stopping it ends it: no request afterwards", async () => {
  await using tenant = await startTenant();
  const adversary = startAdversary(tenant, attackOf(tenant), EVERY);
  await adversary.round();
  await adversary.stop();
  const { total } = tenant.requests;

  await new Promise((resolve) => setTimeout(resolve, 50));

  expect(tenant.requests.total).toBe(total);
});
