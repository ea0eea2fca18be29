import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { startTenant, type TenantHandle } from "../../local/tenant/start.ts";
import { readAlert } from "../../src/intake/read-alert.ts";
import type { Confirmed } from "../../src/respond/activities.ts";
import { beginCase } from "../../src/respond/begin-case.ts";
import { concludeCase } from "../../src/respond/conclude-case.ts";
import { confirmSteps } from "../../src/respond/confirm-steps.ts";
import { askDecision, readDecision } from "../../src/respond/decision.ts";
import { makePlan } from "../../src/respond/make-plan.ts";
import { performSteps } from "../../src/respond/perform-steps.ts";
import { prepareRestore } from "../../src/respond/restore-plan.ts";
import { confirmRestored, restoreSteps } from "../../src/respond/restore-steps.ts";
import { takeSnapshot } from "../../src/respond/take-snapshot.ts";
import { type Tourniquet, tourniquet } from "../../src/tourniquet.ts";

const CASE_ID = `case-${"3".repeat(20)}`;
const OTHER_CASE_ID = `case-${"4".repeat(20)}`;
const FIRST = { wave: 0, step: 0 };
const APPROVER = { objectId: "00000000-0000-0000-0000-00000000000a", appId: null, name: null, appRoles: [] };

let azurite: Azurite;
let tenant: TenantHandle;
let entered: Disposable;
let app: Tourniquet;

beforeAll(async () => {
  azurite = await startAzurite();
  tenant = await startTenant({ scenario: "cicd-service-connection" });
  entered = tenant.enterProcess();
  for (const [name, value] of Object.entries(tenant.productSettings())) vi.stubEnv(name, value);
  vi.stubEnv("TOURNIQUET_STORAGE", azurite.connectionString);
  vi.stubEnv("TOURNIQUET_POLICY", join(import.meta.dirname, "../e2e/policy.json"));
  app = await tourniquet();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  entered[Symbol.dispose]();
  await tenant.stop();
  await azurite.stop();
});

async function openCase(caseId: string): Promise<void> {
  const read = readAlert(JSON.stringify(tenant.scenario.alert?.body), app.now());
  if (read.kind !== "cases" || read.intakes[0] === undefined) throw new Error("the alert is no case");
  const [intake] = read.intakes;
  const now = app.now().toISOString();
  await app.cases.insert({
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
    openedBy: { ...APPROVER, objectId: "00000000-0000-0000-0000-000000000001" },
    plans: 0,
    incident: null,
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
  });
}

/** As after a crash between an activity's end and the history that was to know of it: it runs again and answers as it did. */
async function twice<Output>(activity: () => Promise<Output>): Promise<Output> {
  const first = await activity();
  expect(await activity()).toEqual(first);
  return first;
}

async function agreed(
  look: (at: { agreed: string; round: number; last: boolean }) => Promise<Confirmed>,
): Promise<void> {
  let sofar = "";
  for (let round = 1; round <= 6; round++) {
    const at = { agreed: sofar, round, last: round === 6 };
    await look(at);
    const confirmed = await look(at);
    if (confirmed.open === 0) return;
    sofar = confirmed.agreed;
  }
  throw new Error("the reads do not agree");
}

test("every activity of a case done twice is as done once, on record, in the index and in what comes next", async () => {
  await openCase(CASE_ID);
  const at = { caseId: CASE_ID };
  const ofType = async (wanted: string) => {
    const found: unknown[] = [];
    for await (const { type, data } of app.record(CASE_ID).read()) if (type === wanted) found.push(data);
    return found;
  };

  await twice(() => beginCase(app, { ...at, last: false }));
  await takeSnapshot(app, { ...at, last: false });
  // It died when the snapshot was on record and the index did not know.
  await app.cases.update(CASE_ID, (it) => ({ ...it, scope: null }));
  await takeSnapshot(app, { ...at, last: false });
  expect(await ofType("snapshot")).toHaveLength(1);

  const { planDigest } = await twice(() => makePlan(app, at));
  const plan = { ...at, planDigest };
  await twice(() => performSteps(app, { ...plan, selection: "automatic", from: FIRST, attempt: 1 }));
  await agreed((look) => confirmSteps(app, { ...plan, selection: "automatic", ...look }));

  const deadline = new Date(app.now().getTime() + 3_600_000).toISOString();
  await twice(() => askDecision(app, { ...plan, about: "plan", deadline }));
  const decision = { kind: "decision", decision: "approve", planDigest, comment: null } as const;
  const asked = { id: "d1", at: app.now().toISOString(), by: APPROVER, ...decision };
  await app.requests.put(CASE_ID, asked);
  const decided = await twice(() => readDecision(app, { ...plan, about: "plan", expired: false }));
  expect(decided.kind).toBe("approved");
  expect(await app.requests.pending(CASE_ID)).toEqual([]);
  expect(await ofType("decision-made")).toHaveLength(1);
  expect(await ofType("decision-refused")).toEqual([]);
  await twice(() => performSteps(app, { ...plan, selection: "approved", from: FIRST, attempt: 1 }));
  await agreed((look) => confirmSteps(app, { ...plan, selection: "approved", ...look }));

  const concluded = await concludeCase(app, { ...at, phase: "contained" });
  // Its one rotation runs as an orchestration of its own, and not here.
  expect(concluded.outcome).toBe("contained-with-gaps");
  // It died when the watch was on record and the index did not know.
  await app.cases.update(CASE_ID, (it) => ({ ...it, watchUntil: null }));
  expect(await concludeCase(app, { ...at, phase: "contained" })).toEqual(concluded);
  expect(await ofType("watch-started")).toHaveLength(1);

  const restore = { kind: "restore", stepIds: null, reason: "False alarm." } as const;
  await app.requests.put(CASE_ID, { id: "r1", at: app.now().toISOString(), by: APPROVER, ...restore });
  const { requestId, restoreDigest } = await twice(() => prepareRestore(app, at));
  expect(await ofType("restore-asked")).toHaveLength(1);
  await twice(() => restoreSteps(app, { ...at, restoreDigest, from: 0, attempt: 1 }));
  await agreed((look) => confirmRestored(app, { ...at, restoreDigest, ...look }));
  const restored = await twice(() => concludeCase(app, { ...at, phase: "restored", requestId }));
  expect(restored.outcome).toBe("restored");
  expect(await app.cases.get(CASE_ID)).toMatchObject({ status: "closed", outcome: "restored" });
}, 120_000);

test("a watch that is ended twice is ended once, by whoever asked", async () => {
  await openCase(OTHER_CASE_ID);
  await beginCase(app, { caseId: OTHER_CASE_ID, last: true });
  const watchUntil = new Date(app.now().getTime() + 3_600_000).toISOString();
  await app.cases.update(OTHER_CASE_ID, (it) => ({
    ...it,
    status: "watching",
    outcome: "contained",
    watchUntil,
  }));
  const close = {
    id: "c1",
    at: app.now().toISOString(),
    by: APPROVER,
    kind: "close",
    reason: "Enough.",
  } as const;
  await app.requests.put(OTHER_CASE_ID, close);

  await twice(() =>
    concludeCase(app, { caseId: OTHER_CASE_ID, phase: "closed", requestId: "c1", watchUntil }),
  );

  const closed: unknown[] = [];
  for await (const { type, data, actor } of app.record(OTHER_CASE_ID).read())
    if (type === "closed") closed.push({ reason: data["reason"], by: actor });
  expect(closed).toMatchObject([{ reason: "Enough.", by: { kind: "caller", id: APPROVER.objectId } }]);
}, 120_000);
