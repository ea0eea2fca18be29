import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { startAzurite } from "../../local/storage/azurite.ts";
import { PRODUCT } from "../../local/tenant/scenario/product.ts";
import { startTenant } from "../../local/tenant/start.ts";
import type { PlannedStep } from "../../src/case/plan.ts";
import { performWaves } from "../../src/respond/perform-steps.ts";
import { currentProtection } from "../../src/respond/protection.ts";
import type { CaseSummary } from "../../src/storage/case-index.ts";
import { tourniquet } from "../../src/tourniquet.ts";

afterEach(() => vi.unstubAllEnvs());

const CASE_ID = `case-${"2".repeat(20)}`;

function aCase(at: string): CaseSummary {
  return {
    caseId: CASE_ID,
    status: "containing",
    outcome: null,
    reason: null,
    mode: "evict",
    trigger: "responder",
    title: "a plan that should never have been made",
    severity: "high",
    openedAt: at,
    updatedAt: at,
    closedAt: null,
    openedBy: { objectId: "00000000-0000-0000-0000-000000000001", appId: null, name: null, appRoles: [] },
    plans: 1,
    incident: null,
    principals: [],
    intake: { blob: "intake.json", sha256: "0".repeat(64) },
    resolution: null,
    scope: null,
    plan: null,
    decision: null,
    decided: null,
    steps: { planned: 1, applied: 0, confirmed: 0, gaps: 0 },
    residualExposure: [],
    watchUntil: null,
  };
}

test("a step against our own identity is refused when it is performed, whatever the plan says, and nothing is sent", async () => {
  await using azurite = await startAzurite();
  await using tenant = await startTenant({ scenario: "small" });
  using entered = tenant.enterProcess();
  expect(entered).toBeDefined();
  for (const [name, value] of Object.entries(tenant.productSettings())) vi.stubEnv(name, value);
  vi.stubEnv("TOURNIQUET_STORAGE", azurite.connectionString);
  vi.stubEnv("TOURNIQUET_POLICY", join(import.meta.dirname, "../e2e/policy.json"));
  const app = await tourniquet();
  await app.cases.insert(aCase(app.now().toISOString()));
  const own = tenant.names.guid("identity", PRODUCT.actor);
  const step: PlannedStep = {
    id: "a".repeat(20),
    kind: "disable-service-principal",
    target: { servicePrincipalId: own },
    title: "Disable sign-in of ourselves",
    because: [],
    permission: "automatic",
    reversible: true,
    irreversibleBecause: null,
    cost: [],
    needs: [],
    guardrails: [],
    touches: [own],
    before: { accountEnabled: true },
  };

  const protection = await currentProtection(app);
  const plan = { caseId: CASE_ID, planDigest: "b".repeat(64) };
  const [outcome] = await performWaves(app, plan, [{ wave: 0, attempt: 1, due: [step] }], protection);

  expect(outcome).toMatchObject({ kind: "refused", guardrail: "own-identity" });
  expect(tenant.requests.entries.filter(({ method }) => method === "PATCH")).toEqual([]);
  const recorded: unknown[] = [];
  for await (const { type, data } of app.record(CASE_ID).read()) {
    if (type === "outcome") recorded.push(data["result"]);
  }
  expect(recorded).toEqual(["refused-by-guardrail"]);
}, 120_000);
