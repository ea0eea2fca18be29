import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { principalOfSize } from "../../local/bench/containment/principal-of-size.ts";
import { AUDIT_OPERATIONS, auditRow } from "../../local/tenant/logs/rows/audit.ts";
import { appendRow } from "../../local/tenant/state/logs.ts";
import { LookMemory } from "../../src/scope/changes/look-for-changes.ts";
import { cheapLook, watchedCase, type WatchedCase } from "./watched-case.ts";

let on: WatchedCase;

const MALLORY = "99999999-9999-4999-8999-999999999999";
/** A quiet look: two batches of the directory, two questions to Resource Graph, and one to each of four logs. */
const REQUESTS = 8;

const suspect = () => on.tenant.names.guid("servicePrincipal", "suspect");

/** An administrator who lets the suspect in again: in the directory only, as long as no log tells of it. */
function enableAgain(): void {
  const { servicePrincipals } = on.tenant.state.directory;
  const principal = servicePrincipals.get(suspect());
  if (principal === undefined) throw new Error("the suspect is gone");
  servicePrincipals.put({ ...principal, accountEnabled: true }, on.tenant.tenant.clock.now());
}

const Memory = z.looseObject({ look: z.looseObject({ links: z.record(z.string(), z.string()) }) });

async function memory() {
  return Memory.parse(await on.app.watches.get(on.caseId));
}

async function requestsOfALook(): Promise<number> {
  const { result, requests } = await on.counting(() => on.look());
  expect(result).toMatchObject({ findings: 0, contain: false });
  return requests.length;
}

/** Once more whole after a change, because reads may lag, and then quiet. */
async function settle(): Promise<void> {
  expect(await requestsOfALook()).toBeGreaterThan(REQUESTS);
  expect(await requestsOfALook()).toBe(REQUESTS);
}

beforeAll(async () => {
  const size = { name: "looks", credentials: 3, roles: 4, vaults: 2, secretsPerVault: 2 };
  on = await watchedCase(principalOfSize(size), ({ names }) => [names.guid("servicePrincipal", "suspect")]);
  await on.contain();
}, 120_000);

afterEach(() => {
  on.tenant.faults.clear();
});

afterAll(async () => {
  await on[Symbol.asyncDispose]();
});

test("the first look is whole, and so is one whose memory was lost", async () => {
  expect(await requestsOfALook()).toBeGreaterThan(REQUESTS);
  expect(await requestsOfALook()).toBe(REQUESTS);
  await on.app.watches.put(on.caseId, { nothing: "of use" });
  expect(await requestsOfALook()).toBeGreaterThan(REQUESTS);
  expect(await requestsOfALook()).toBe(REQUESTS);
  expect(await on.entries("watch-look")).toEqual([]);
}, 120_000);

test("what is kept between looks names neither people nor secrets", async () => {
  const kept = JSON.stringify(await memory());
  expect(kept.length).toBeLessThan(10_000);
  expect(kept).not.toMatch(/secret-\d|kv-bench|displayName/);
});

test.each([
  ["an expired link", async () => expire(), "syncStateNotFound"],
  [
    "a link that is reset",
    async () => void on.tenant.faults.next("graph", 410, { operation: "GET /servicePrincipals/delta" }),
    "NOT_FOUND",
  ],
])(
  "%s makes a look whole, finds what happened meanwhile, is said, and is over with the next",
  async (_, trouble, code) => {
    const before = (await on.entries("watch-look")).length;
    await trouble();
    enableAgain();
    expect(await on.look()).toMatchObject({ findings: 1, contain: true });
    const [impaired] = (await on.entries("watch-look")).slice(before);
    expect(impaired).toMatchObject({ kind: "impaired" });
    expect(JSON.stringify(impaired)).toContain(code);
    await on.contain();
    expect(await on.look()).toMatchObject({ findings: 0, contain: false });
    await settle();
    expect((await on.entries("watch-look")).slice(before)).toMatchObject([
      { kind: "impaired" },
      { kind: "whole-again" },
    ]);
  },
  120_000,
);

/** As if the last look had been ten days ago. */
async function expire(): Promise<void> {
  const kept = await memory();
  const links = Object.entries(kept.look.links).map(([name, link]) => {
    const token = /\$deltatoken=([^&]+)/.exec(link)?.[1] ?? "";
    const then = { ...JSON.parse(Buffer.from(token, "base64url").toString()), at: 0 };
    return [name, link.replace(token, Buffer.from(JSON.stringify(then)).toString("base64url"))];
  });
  await on.app.watches.put(on.caseId, { ...kept, look: { ...kept.look, links: Object.fromEntries(links) } });
}

test("a log that may not be read makes every look whole, and is said once", async () => {
  const before = (await on.entries("watch-look")).length;
  on.tenant.faults.add({ service: "log-analytics", answer: 403, target: "AzureActivity", times: Infinity });
  for (let look = 0; look < 3; look++) expect(await requestsOfALook()).toBeGreaterThan(REQUESTS);
  expect((await on.entries("watch-look")).slice(before)).toMatchObject([
    { kind: "impaired", gaps: [{ about: "AzureActivity", code: "FORBIDDEN" }] },
  ]);
  on.tenant.faults.clear();
  await on.look();
  await settle();
  expect((await on.entries("watch-look")).at(-1)).toMatchObject({ kind: "whole-again" });
}, 120_000);

test("a directory that is away ends no watch: it is said, and the next look finds what happened meanwhile", async () => {
  on.tenant.faults.add({ service: "graph", answer: 503, times: Infinity });
  enableAgain();
  expect(await on.look()).toMatchObject({ findings: 0, contain: false });
  expect((await on.entries("watch-look")).at(-1)).toMatchObject({ kind: "impaired" });
  on.tenant.faults.clear();
  expect(await on.look()).toMatchObject({ findings: 1, contain: true });
  await on.contain();
  expect(on.tenant.state.directory.servicePrincipals.get(suspect())?.accountEnabled).toBe(false);
  await on.look();
  await settle();
}, 180_000);

test("who did it is said when a log says so that comes later than the look", async () => {
  enableAgain();
  const enabledAt = on.tenant.tenant.clock.now();
  expect(await on.look()).toMatchObject({ findings: 1, contain: true });
  const found = (await on.findings()).at(-1);
  // Our own cut is an update of the same service principal, and is in the log by now.
  expect(found).toMatchObject({ kind: "re-enabled", data: { by: null } });
  await on.contain();
  const { tenant } = on.tenant;
  appendRow(
    tenant,
    "AuditLogs",
    auditRow({
      at: enabledAt,
      id: tenant.random.guid(),
      correlationId: tenant.random.guid(),
      tenantId: tenant.id,
      operationName: AUDIT_OPERATIONS.updateServicePrincipal,
      category: "ApplicationManagement",
      operationType: "Update",
      initiatedBy: { kind: "user", id: MALLORY, userPrincipalName: "mallory@contoso.onmicrosoft.com" },
      targets: [{ id: suspect(), type: "ServicePrincipal" }],
    }),
  );
  await on.look();
  expect(await on.entries("watch-attributed")).toMatchObject([
    {
      findingId: found?.data["findingId"],
      by: { objectId: MALLORY, userPrincipalName: "mallory@contoso.onmicrosoft.com" },
    },
  ]);
  await settle();
  expect(await on.entries("watch-attributed")).toHaveLength(1);
}, 120_000);

test("a change that no look saw is found when it is time to read everything", async () => {
  const { app, caseId } = on;
  enableAgain();
  // A link and a print that know of it already: as if a look had read one replica and the whole one another.
  const kept = Memory.parse(await app.watches.get(caseId));
  const looked = await cheapLook(on, [suspect()], LookMemory.parse(kept.look));
  expect(looked.changes).not.toEqual([]);
  await app.watches.put(caseId, { ...kept, look: looked.memory });
  expect(await requestsOfALook()).toBe(REQUESTS);
  const anHourAgo = new Date(app.now().getTime() - 3_600_000).toISOString();
  await app.watches.put(caseId, { ...(await memory()), wholeAt: anHourAgo });
  expect(await on.look()).toMatchObject({ findings: 1, contain: true });
}, 120_000);
