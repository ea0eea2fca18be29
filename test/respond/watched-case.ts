import { join } from "node:path";
import { expect, vi } from "vitest";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { startTenant, type StartOptions, type TenantHandle } from "../../local/tenant/start.ts";
import { ownTriesOf } from "../../src/azure/own-tries.ts";
import type { Scope } from "../../src/case/scope.ts";
import { readResponderRequest } from "../../src/intake/responder-request.ts";
import type { Watched, WatchInput } from "../../src/respond/activities.ts";
import { beginCase } from "../../src/respond/begin-case.ts";
import { caseStanding, stepsOfCase } from "../../src/respond/case-standing.ts";
import { concludeCase } from "../../src/respond/conclude-case.ts";
import { confirmSteps } from "../../src/respond/confirm-steps.ts";
import { makePlan } from "../../src/respond/make-plan.ts";
import { performSteps } from "../../src/respond/perform-steps.ts";
import { currentProtection } from "../../src/respond/protection.ts";
import { takeSnapshot } from "../../src/respond/take-snapshot.ts";
import { watchOnce } from "../../src/respond/watch.ts";
import { concernOf } from "../../src/scope/changes/concern.ts";
import { type Looked, lookForChanges, type LookMemory } from "../../src/scope/changes/look-for-changes.ts";
import { type Tourniquet, tourniquet } from "../../src/tourniquet.ts";
import { attackerWith } from "../scope/attacked-tenant.ts";

export interface Found {
  readonly kind: unknown;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A case of a tenant in this process, its activities called in the order of its orchestration. */
export interface WatchedCase extends AsyncDisposable {
  readonly caseId: string;
  readonly app: Tourniquet;
  readonly tenant: TenantHandle;
  /** Scope, plan, cut, confirm, conclude: what the orchestration does after a start or a finding. */
  contain(): Promise<void>;
  look(how?: WatchInput["look"]): Promise<Watched>;
  /** All findings on record, oldest first. */
  findings(): Promise<readonly Found[]>;
  entries(type: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Requests that the stand-in answered meanwhile, a challenge and a token apart. */
  counting<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly requests: readonly string[] }>;
}

const FIRST = { wave: 0, step: 0 };

/** The world of a test file: one tenant and one storage, because the SDK keeps the first endpoint it sees. */
export async function watchedCase(
  scenario: object,
  subjects: (tenant: TenantHandle) => readonly string[],
  options: StartOptions = {},
): Promise<WatchedCase> {
  const azurite: Azurite = await startAzurite();
  const tenant = await startTenant({ ...options, scenario });
  const entered = tenant.enterProcess();
  for (const [name, value] of Object.entries(tenant.productSettings())) vi.stubEnv(name, value);
  vi.stubEnv("TOURNIQUET_STORAGE", azurite.connectionString);
  vi.stubEnv("TOURNIQUET_POLICY", join(import.meta.dirname, "watch-policy.json"));
  const app = await tourniquet();
  const caseId = `case-${"7".repeat(20)}`;
  const at = { caseId };
  await insertCase(app, caseId, subjects(tenant));
  expect(await beginCase(app, { ...at, last: true })).toEqual({ next: "scope" });

  const entries = async (wanted: string) => {
    const found: Readonly<Record<string, unknown>>[] = [];
    for await (const { type, data } of app.record(caseId).read()) if (type === wanted) found.push(data);
    return found;
  };
  return {
    caseId,
    app,
    tenant,
    entries,
    async contain() {
      await takeSnapshot(app, { ...at, last: true });
      const { planDigest } = await makePlan(app, at);
      const plan = { ...at, planDigest, selection: "automatic" } as const;
      for (let attempt = 1, retryable = 1; retryable > 0 && attempt < 6; attempt++) {
        ({ retryable } = await performSteps(app, { ...plan, from: FIRST, attempt }));
      }
      let agreed = "";
      for (let round = 1; round <= 5; round++) {
        const confirmed = await confirmSteps(app, { ...plan, agreed, round, last: round === 5 });
        if (confirmed.open === 0) break;
        agreed = confirmed.agreed;
      }
      await concludeCase(app, { ...at, phase: "contained" });
    },
    look: (how = "as-needed") => watchOnce(app, { ...at, look: how }),
    findings: async () => (await entries("watch-finding")).map((data) => ({ kind: data["kind"], data })),
    async counting(work) {
      tenant.requests.clear();
      const result = await work();
      const requests = tenant.requests.entries
        .map(({ service, operation }) => `${service} ${operation}`)
        .filter((it) => !/^(?:entra|managed-identity) /.test(it));
      return { result, requests };
    },
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      entered[Symbol.dispose]();
      await tenant.stop();
      await azurite.stop();
    },
  };
}

/** What a look of the watch sees without reading everything. */
export async function cheapLook(
  { app, caseId }: WatchedCase,
  closedIds: readonly string[],
  known: LookMemory | null,
): Promise<Looked> {
  const summary = await app.cases.get(caseId);
  if (summary?.scope == null) throw new Error("the case has no scope");
  const scope = await app.documents.getJson<Scope>(caseId, summary.scope);
  const { steps } = await stepsOfCase(app, caseId, await caseStanding(app.record(caseId)));
  const concern = concernOf(
    scope,
    steps.map(({ step }) => step),
  );
  const { ownIds } = await currentProtection(app);
  const { workspaceIds } = app.settings;
  return lookForChanges(
    app.reader,
    { concern, ownIds, closedIds, workspaceIds, ownTries: ownTriesOf(caseId) },
    known,
  );
}

/** Whoever holds the accomplice's secret, over plain HTTP. */
export function accompliceOf(tenant: TenantHandle) {
  return attackerWith(tenant, "tool", "door");
}

async function insertCase(app: Tourniquet, caseId: string, subjects: readonly string[]): Promise<void> {
  const read = readResponderRequest({
    subjects,
    reason: "They were seen.",
    deliveredAs: caseId,
    now: app.now(),
  });
  if (read.kind === "refused") throw new Error(read.reason);
  const { intake } = read;
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
  });
}
