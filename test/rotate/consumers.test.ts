import { expect, test } from "vitest";
import { z } from "zod";
import type { Consumer } from "../../src/scope/consumers/consumer.ts";
import { rotate, type RotatedTenant, rotatedTenant } from "./rotated-tenant.ts";

const STORAGE = "Microsoft.Storage/storageAccounts/stapp";

function keyInUse(house: RotatedTenant): string {
  const id = house.resourceId(STORAGE);
  house.put("used", {
    value: house.keys(id)["key1"] ?? "",
    tags: { ProviderAddress: id, CredentialId: "key1" },
  });
  return house.resourceId("Microsoft.Web/sites/site-app");
}

const taking = (
  resourceId: string,
  kind: Consumer["kind"],
  setting: string,
  version: string | null = null,
) => ({
  kind,
  resourceId,
  setting,
  version,
  vaultName: "kv-app",
  secretName: "used",
});

const states = ({ consumers }: Awaited<ReturnType<typeof rotate>>["state"]) =>
  consumers.map(({ kind, setting, state }) => [kind, setting, state]);

test("a site gets the new version in settings and connection strings; who names a version or looks by itself is named", async () => {
  await using house = await rotatedTenant();
  const site = keyInUse(house);
  const consumers = [
    taking(site, "app-setting", "KEY"),
    taking(site, "connection-string", "Main"),
    taking(site, "app-setting", "PINNED", "0".repeat(32)),
    taking(house.resourceId("Microsoft.App/containerApps/ca"), "container-app", "db"),
  ];

  const work = house.work("used", { consumers });
  const { state, ending } = await rotate(work);

  expect(states(state)).toEqual([
    ["app-setting", "KEY", "refreshed"],
    ["connection-string", "Main", "refreshed"],
    ["app-setting", "PINNED", "pinned"],
    ["container-app", "db", "person"],
  ]);
  expect(work.journal.lines.filter((it) => it.startsWith("intent refresh-references"))).toHaveLength(1);
  expect(ending.outcome).toMatchObject({
    evidence: {
      seen: {
        consumersRefreshed: 2,
        consumersAtRisk: expect.stringMatching(/PINNED: pinned.*container-app db: person/),
      },
    },
  });
});

test("settings that hold a copy of the old value are named, and what they hold is not written down", async () => {
  await using house = await rotatedTenant();
  const site = keyInUse(house);
  const old = house.versions("used")[0]?.value ?? "";

  const work = house.work("used", { siteIds: [site] });
  const settings = { PASTED: old };
  const strings = { Pasted: { type: "Custom", value: `AccountName=stapp;AccountKey=${old}` } };
  for (const [list, properties] of Object.entries({ appsettings: settings, connectionstrings: strings }))
    await work.azure.arm.patch(`${site}/config/${list}`, "2023-12-01", { properties }, z.unknown());

  const { state, ending } = await rotate(work);

  expect(states(state)).toEqual([
    ["app-setting", "PASTED", "copy"],
    ["connection-string", "Pasted", "copy"],
  ]);
  expect(old.length).toBeGreaterThan(20);
  expect(JSON.stringify([state, ending, work.journal.lines])).not.toContain(old);
});

test("a site that does not let its settings be read is noted, and the rotation goes on", async () => {
  await using house = await rotatedTenant();
  const site = keyInUse(house);
  house.tenant.faults.add({
    service: "arm",
    operation: "POST /sites/{name}/config/{name}/list",
    answer: 403,
    times: 2,
  });

  const work = house.work("used", { siteIds: [site] });
  const { state, ending } = await rotate(work);

  expect(ending).toMatchObject({ outcome: { kind: "applied" }, proof: { holds: true } });
  expect(states(state)).toEqual([]);
  expect(work.journal.lines).toContain('came copies-not-looked-for {"lists":2}');
});
