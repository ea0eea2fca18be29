import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { startTenant, type TenantHandle } from "../../local/tenant/start.ts";
import type { CallerReference } from "../../src/case/case.ts";
import type { Plan } from "../../src/case/plan.ts";
import { digestOf } from "../../src/plan/digest.ts";
import type { Confirmed, Restored } from "../../src/respond/activities.ts";
import { concludeCase } from "../../src/respond/conclude-case.ts";
import { confirmSteps } from "../../src/respond/confirm-steps.ts";
import { askDecision, readDecision } from "../../src/respond/decision.ts";
import { BY_SYSTEM } from "../../src/respond/journal.ts";
import { performSteps } from "../../src/respond/perform-steps.ts";
import { currentReport } from "../../src/respond/publish.ts";
import { prepareRestore } from "../../src/respond/restore-plan.ts";
import { confirmRestored, restoreSteps } from "../../src/respond/restore-steps.ts";
import { existing } from "../../src/respond/stored-case.ts";
import { type Tourniquet, tourniquet } from "../../src/tourniquet.ts";
import { scopeOf } from "../scope/scoped.ts";
import { STAGE } from "../steps/stage.ts";
import { assemblePlan, planningOf, suspectsOf } from "../steps/staged.ts";
import { changesBetween, worldOf } from "../steps/world.ts";

const CASE_ID = "case-1";
const BY: CallerReference = {
  objectId: "00000000-0000-0000-0000-00000000000b",
  appId: null,
  name: null,
  appRoles: [],
};
const ALL = { stepIds: null, reason: "False alarm." } as const;
const POLICY = {
  version: 1,
  rules: [{ name: "all that can be undone", mode: "contain", steps: { reversible: "automatic" } }],
  limits: { principalsPerHour: 100, rolesPerCase: 100 },
  verification: { confirmations: 1, everySeconds: 1, giveUpAfterMinutes: 1 },
  clusters: { apiServerRanges: ["198.51.100.0/24"] },
};
/** In which a door of the site, an account and the local accounts stood as the cut leaves them already. */
const STOOD_CUT = {
  ...STAGE,
  directory: {
    ...STAGE.directory,
    users: STAGE.directory.users.map((it) => (it.name === "uma" ? { ...it, accountEnabled: false } : it)),
  },
};

let azurite: Azurite;
let tenant: TenantHandle;
let entered: Disposable;
let app: Tourniquet;

beforeAll(async () => {
  azurite = await startAzurite();
  tenant = await startTenant({ scenario: STOOD_CUT });
  entered = tenant.enterProcess();
  for (const [name, value] of Object.entries(tenant.productSettings())) vi.stubEnv(name, value);
  vi.stubEnv("TOURNIQUET_STORAGE", azurite.connectionString);
  vi.stubEnv("TOURNIQUET_POLICY", JSON.stringify(POLICY));
  app = await tourniquet();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  entered[Symbol.dispose]();
  await tenant.stop();
  await azurite.stop();
});

/** A case whose plan was made and performed, as the activities of a case do it. */
async function containedCase(): Promise<Plan> {
  const at = app.now().toISOString();
  const scope = await scopeOf({ tenant, azure: app.reader }, { objectIds: suspectsOf(tenant), hours: 24 });
  const plan = assemblePlan(planningOf(scope, { policy: app.policy, mode: "contain" }));
  const planDigest = digestOf(plan);
  await app.cases.insert({
    caseId: CASE_ID,
    status: "containing",
    outcome: null,
    reason: null,
    mode: "contain",
    trigger: "responder",
    title: "Found in a paste",
    severity: "high",
    openedAt: at,
    updatedAt: at,
    closedAt: null,
    openedBy: { ...BY, objectId: "00000000-0000-0000-0000-00000000000a" },
    plans: 1,
    incident: null,
    principals: [],
    intake: { blob: "intake.json", sha256: "0".repeat(64) },
    resolution: null,
    scope: await app.documents.putJson(CASE_ID, "scope.json", scope),
    plan: {
      digest: planDigest,
      document: await app.documents.putJson(CASE_ID, `plan-${planDigest}.json`, plan),
    },
    decision: null,
    decided: null,
    steps: { planned: 0, applied: 0, confirmed: 0, gaps: 0 },
    residualExposure: [],
    watchUntil: null,
  });
  const { scope: snapshot, plan: planned } = await existing(app, CASE_ID);
  if (snapshot === null || planned === null) throw new Error("the case has no documents");
  await app.record(CASE_ID).append([
    {
      id: "snapshot",
      type: "snapshot",
      actor: BY_SYSTEM("scope"),
      data: { document: snapshot, counts: {}, gaps: [] },
    },
    {
      id: "planned",
      type: "planned",
      actor: BY_SYSTEM("plan"),
      data: { planDigest, document: planned.document, waves: plan.waves.length, steps: 1 },
    },
  ]);
  const what = { caseId: CASE_ID, planDigest, selection: "automatic" } as const;
  for (let from: { wave: number; step: number } | null = { wave: 0, step: 0 }; from !== null;) {
    from = (await performSteps(app, { ...what, from, attempt: 1 })).next;
  }
  for (let agreed = "", open = 1; open > 0;) {
    const seen: Confirmed = await confirmSteps(app, { ...what, agreed, round: 1, last: true });
    ({ agreed, open } = seen);
  }
  await concludeCase(app, { caseId: CASE_ID, phase: "contained" });
  return plan;
}

async function restore(id: string, stepIds: readonly string[] | null): Promise<void> {
  await app.requests.put(CASE_ID, {
    id,
    at: app.now().toISOString(),
    by: BY,
    kind: "restore",
    stepIds,
    reason: "x",
  });
  const { requestId, restoreDigest } = await prepareRestore(app, { caseId: CASE_ID });
  const what = { caseId: CASE_ID, restoreDigest };
  for (let from: number | null = 0; from !== null;) {
    const restored: Restored = await restoreSteps(app, { ...what, from, attempt: 1 });
    from = restored.next;
  }
  await confirmRestored(app, { ...what, agreed: "", round: 1, last: true });
  await concludeCase(app, { caseId: CASE_ID, phase: "restored", requestId });
}

const ANYTHING = z.unknown();
const KeyCredentials = z.object({ keyCredentials: z.array(z.record(z.string(), z.unknown())) });

test("onto what somebody has changed meanwhile nothing is put back unseen: each is said, with what to do, and the rest comes back", async () => {
  const before = worldOf(tenant);
  const plan = await containedCase();
  expect((await existing(app, CASE_ID)).outcome).toMatch(/^contained/);
  const steps = plan.waves.flatMap((wave) => wave.steps);
  const named = (kind: string, part = "") => {
    const step = steps.find((it) => it.kind === kind && it.title.includes(part));
    if (step === undefined) throw new Error(`no ${kind} ${part}`);
    return step;
  };

  // One comes back by its id; the rest stays cut; asked for again, it is there already.
  const owner = named("remove-owner", "Ada");
  await restore("one", [owner.id]);
  expect(changesBetween(before, worldOf(tenant)).some((it) => it.startsWith("ownerships "))).toBe(true);
  expect((await existing(app, CASE_ID)).reason).toContain("1 of 1 steps are put back");
  await restore("one-again", [owner.id]);
  expect((await existing(app, CASE_ID)).reason).toBe("Nothing was put back.");

  const { graph, arm } = app.actor;
  const deploy = tenant.names.guid("application", "deploy");
  const principal = tenant.names.guid("servicePrincipal", "deploy");
  // The role with its condition is given again: another name, no condition.
  const role = named("remove-role-assignment", "Storage Blob Data Contributor");
  const scope = String(role.target["assignmentId"]).split("/providers/Microsoft.Authorization/")[0] ?? "";
  await arm.put(
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`,
    "2022-04-01",
    {
      properties: {
        roleDefinitionId: role.before?.["roleDefinitionId"],
        principalId: principal,
        principalType: "ServicePrincipal",
      },
    },
    ANYTHING,
  );
  // Who was disabled before was let in since.
  const uma = tenant.names.guid("user", "uma");
  await graph.patch(`/users/${uma}`, { accountEnabled: true });
  // A trust of the same name, in somebody else.
  const federated = named("delete-application-federated-credential", "main");
  await graph.post(
    `/applications/${deploy}/federatedIdentityCredentials`,
    {
      name: "main",
      issuer: "https://token.actions.githubusercontent.com",
      subject: "repo:contoso/other:ref:refs/heads/main",
      audiences: ["api://AzureADTokenExchange"],
    },
    ANYTHING,
  );
  // An owner is there again already.
  await graph.post(
    `/applications/${deploy}/owners/$ref`,
    { "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${tenant.names.guid("user", "tom")}` },
    ANYTHING,
  );
  // Another access policy for the same principal.
  const policy = named("remove-vault-access-policy");
  await arm.put(
    `${String(policy.target["vaultId"])}/accessPolicies/add`,
    "2023-07-01",
    {
      properties: {
        accessPolicies: [
          {
            tenantId: tenant.tenant.id,
            objectId: principal,
            permissions: { keys: [], secrets: ["get"], certificates: [], storage: [] },
          },
        ],
      },
    },
    ANYTHING,
  );
  // A certificate was uploaded again by its owner.
  const certificate = named("remove-application-certificate");
  const stored = certificate.before ?? {};
  const { thumbprint: _, ...entry } = stored;
  const uploaded = crypto.randomUUID();
  const answer = await graph.patch(`/applications/${deploy}`, {
    keyCredentials: [{ ...entry, keyId: uploaded }],
  });
  expect(answer.kind).toBe("ok");

  const meanwhile = worldOf(tenant);
  await restore("all", null);
  const after = worldOf(tenant);

  const results = new Map<string, unknown>();
  for await (const { type, data } of app.record(CASE_ID).read()) {
    if (type === "restore" && data["requestId"] === "all")
      results.set(String(data["stepId"]), data["result"]);
  }
  const changed = [role, named("disable-user"), federated, policy];
  for (const step of changed) expect(results.get(step.id), step.title).toBe("needs-person");
  for (const step of [named("remove-owner", "tom"), certificate]) {
    expect(results.get(step.id), step.title).toBe("already-so");
  }
  expect([...results.values()].filter((it) => it === "failed")).toEqual([]);

  // What somebody made stands as they made it, once.
  const stands = (path: RegExp) =>
    [...meanwhile].filter(([it]) => path.test(it)).every(([it, value]) => after.get(it) === value);
  expect(stands(new RegExp(`^users ${uma}`))).toBe(true);
  expect(stands(/^federatedCredentials /)).toBe(true);
  expect(stands(/^access policy of .*kv-policies/)).toBe(true);
  const keys = KeyCredentials.parse(
    await graph
      .get(`/applications/${deploy}?$select=id,keyCredentials`, KeyCredentials)
      .then((it) => (it.kind === "ok" ? it.value : {})),
  );
  expect(keys.keyCredentials.filter((it) => it["key"] === stored["key"])).toHaveLength(1);
  const roles = [...after].filter(
    ([it, value]) =>
      it.startsWith("role ") &&
      value.includes(principal) &&
      value.includes(String(role.before?.["roleDefinitionId"]).split("/").at(-1) ?? "?"),
  );
  expect(roles).toHaveLength(1);

  // The status, the record and the report say what is not back, and what a person must do.
  const { reason, outcome } = await existing(app, CASE_ID);
  expect(outcome).toBe("restored");
  for (const { title } of changed) expect(reason).toContain(title);
  const report = await currentReport(app, await existing(app, CASE_ID));
  const todo = report.personActions.map(({ title, because }) => `${title} ${because}`).join("\n");
  expect(todo).toContain("Compare it with the condition it had");
  expect(todo).toContain("Compare the two, and remove or rename the new one.");
  expect(todo).toContain("Decide whether it is to sign in, and leave it so");
  expect(todo).toContain("secrets get, list");
}, 300_000);

test("a restore is decided by somebody other than who asked, in time; turned down or too late it puts nothing back", async () => {
  const other: CallerReference = { ...BY, objectId: "00000000-0000-0000-0000-00000000000c" };
  const cut = worldOf(tenant);
  const refusals = async () => {
    const codes: unknown[] = [];
    for await (const { type, data } of app.record(CASE_ID).read())
      if (type === "decision-refused") codes.push(data["code"]);
    return codes;
  };
  const ask = async (id: string, untilInMs: number) => {
    await app.requests.put(CASE_ID, { id, at: app.now().toISOString(), by: BY, kind: "restore", ...ALL });
    const { requestId, restoreDigest: planDigest } = await prepareRestore(app, { caseId: CASE_ID });
    const question = { caseId: CASE_ID, about: "restore", planDigest } as const;
    const deadline = new Date(app.now().getTime() + untilInMs).toISOString();
    await askDecision(app, { ...question, deadline });
    return { requestId, question };
  };
  const answer = async (
    question: Awaited<ReturnType<typeof ask>>["question"],
    by: CallerReference,
    decision: "approve" | "reject",
  ) => {
    const { planDigest } = question;
    const id = `${decision} ${planDigest} ${by.objectId}`;
    const at = app.now().toISOString();
    await app.requests.put(CASE_ID, { id, at, by, kind: "decision", decision, planDigest, comment: null });
    return (await readDecision(app, { ...question, expired: false })).kind;
  };

  const first = await ask("by-the-same", 60_000);
  expect(await answer(first.question, BY, "approve")).toBe("none");
  expect(await refusals()).toEqual(["OWN_REQUEST"]);
  expect(await answer(first.question, other, "reject")).toBe("rejected");
  await concludeCase(app, { caseId: CASE_ID, phase: "restored", requestId: first.requestId });

  const second = await ask("too-late", -1);
  expect(await answer(second.question, other, "approve")).toBe("none");
  expect(await refusals()).toEqual(["OWN_REQUEST", "TOO_LATE"]);
  expect((await readDecision(app, { ...second.question, expired: true })).kind).toBe("expired");
  await concludeCase(app, { caseId: CASE_ID, phase: "restored", requestId: second.requestId });

  expect(changesBetween(cut, worldOf(tenant))).toEqual([]);
  expect((await existing(app, CASE_ID)).reason).toBe("Nothing was put back.");
  expect(await app.requests.pending(CASE_ID)).toEqual([]);
}, 60_000);
