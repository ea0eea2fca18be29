import { afterEach, expect, test, vi } from "vitest";
import { join } from "node:path";
import { longestChain, spanOf } from "../../local/bench/measure/chain.ts";
import { alwaysAfter } from "../../local/tenant/weather/latency.ts";
import { startAzurite } from "../../local/storage/azurite.ts";
import { startTenant } from "../../local/tenant/start.ts";
import type { Intake } from "../../src/intake/intake.ts";
import { readAlert } from "../../src/intake/read-alert.ts";
import { beginCase } from "../../src/respond/begin-case.ts";
import { takeSnapshot } from "../../src/respond/take-snapshot.ts";
import type { Scope } from "../../src/case/scope.ts";
import type { CaseSummary } from "../../src/storage/case-index.ts";
import { type Tourniquet, tourniquet } from "../../src/tourniquet.ts";

/** Long beside what a busy machine needs for what is done side by side. */
const LATENCY_IN_MS = 600;

afterEach(() => vi.unstubAllEnvs());

async function openCase(app: Tourniquet, intake: Intake): Promise<CaseSummary> {
  const caseId = `case-${"1".repeat(20)}`;
  const now = app.now().toISOString();
  const summary: CaseSummary = {
    caseId,
    status: "open",
    outcome: null,
    reason: null,
    mode: "evict",
    trigger: intake.trigger,
    title: intake.title,
    severity: intake.severity,
    openedAt: now,
    updatedAt: now,
    closedAt: null,
    openedBy: { objectId: "00000000-0000-0000-0000-000000000001", appId: null, name: null, appRoles: [] },
    plans: 0,
    incident: intake.incident,
    principals: [],
    intake: await app.documents.putJson(caseId, "intake.json", intake),
    resolution: null,
    scope: null,
    plan: null,
    decision: null,
    decided: null,
    steps: { planned: 0, applied: 0, confirmed: 0, gaps: 0 },
    residualExposure: [],
    watchUntil: null,
  };
  await app.cases.insert(summary);
  return summary;
}

test("the suspect is disabled within three dependent requests to Azure, in the first activity, and the snapshot still says how it was", async () => {
  await using azurite = await startAzurite();
  await using tenant = await startTenant({
    scenario: "war-story",
    latency: alwaysAfter(LATENCY_IN_MS),
  });
  using entered = tenant.enterProcess();
  expect(entered).toBeDefined();
  for (const [name, value] of Object.entries(tenant.productSettings())) vi.stubEnv(name, value);
  vi.stubEnv("TOURNIQUET_STORAGE", azurite.connectionString);
  vi.stubEnv("TOURNIQUET_POLICY", join(import.meta.dirname, "../e2e/policy.json"));
  const app = await tourniquet();
  const alert = readAlert(JSON.stringify(tenant.scenario.alert?.body), app.now());
  if (alert.kind !== "cases" || alert.intakes[0] === undefined) throw new Error("the alert is no case");
  const { caseId } = await openCase(app, alert.intakes[0]);
  const suspect = tenant.scenario.truth?.suspect.objectId ?? "";

  tenant.requests.clear();
  expect(await beginCase(app, { caseId, last: false })).toEqual({ next: "scope" });

  const entries = [...tenant.requests.entries];
  const cut = entries.find(({ method, path }) => method === "PATCH" && path.includes(suspect));
  if (cut === undefined) throw new Error("nobody was cut");
  const before = entries.filter((it) => spanOf(it).to <= spanOf(cut).from);
  expect(
    longestChain([...before, cut].map(spanOf)),
    JSON.stringify(before.map((it) => it.operation)),
  ).toBeLessThanOrEqual(3);
  expect(tenant.state.directory.servicePrincipals.get(suspect)?.accountEnabled).toBe(false);

  // As after a crash: the activity runs again, cuts nothing else and forgets nothing.
  await beginCase(app, { caseId, last: false });
  await takeSnapshot(app, { caseId, last: false });
  const stored = (await app.cases.get(caseId))?.scope;
  if (stored == null) throw new Error("no snapshot was stored");
  const scope = await app.documents.getJson<Scope>(caseId, stored);
  expect(scope.principals.find(({ principal }) => principal.objectId === suspect)?.signIn.enabled).toBe(true);
  const types: string[] = [];
  for await (const { type } of app.record(caseId).read()) types.push(type);
  expect(types.filter((type) => type === "intent" || type === "outcome" || type === "quick-cut")).toEqual([
    "quick-cut",
    "intent",
    "outcome",
  ]);
}, 120_000);
