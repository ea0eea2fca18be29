import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { OpenedSchema } from "../../local/run/case-seen.ts";
import { postAlert, recordOf, type Stage, stage, until } from "./case-driver.ts";

const OTHER_DIGEST = "0".repeat(64);
const folder = mkdtempSync(join(tmpdir(), "tourniquet-policy-"));
const base: object = JSON.parse(readFileSync(join(import.meta.dirname, "policy.json"), "utf8"));

function policyWith(name: string, change: object): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ ...base, ...change }));
  return path;
}

const ASKING = {
  rules: [
    {
      name: "ask",
      mode: "evict",
      quickCut: "automatic",
      steps: { reversible: "approval", irreversible: "approval" },
    },
  ],
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("who decides, on what, and when", () => {
  let on: Stage;
  beforeAll(async () => {
    on = await stage("cicd-service-connection", policyWith("ask", ASKING));
  });
  afterAll(() => on[Symbol.asyncDispose]());

  test("each mistake has its own answer, nothing but the quick cut runs meanwhile, and all of it is on record", async () => {
    const caseId = await postAlert(on);
    const asking = await until(on, caseId, ({ status }) => status === "awaiting-decision", {
      approve: false,
    });
    const planDigest = asking.decision?.planDigest ?? "";
    const decide = (caller: Parameters<Stage["call"]>[0], body: object) =>
      on.call(caller, "POST", `/cases/${caseId}/decision`, body);

    expect(await decide("reader", { decision: "approve", planDigest })).toMatchObject({
      status: 403,
      body: { code: "ROLE_MISSING" },
    });
    expect(await decide("approver", { decision: "approve", planDigest: OTHER_DIGEST })).toMatchObject({
      status: 409,
      body: { code: "OTHER_PLAN" },
    });
    expect(await decide("approver", { decision: "perhaps", planDigest })).toMatchObject({
      status: 422,
      body: { code: "BODY_REFUSED" },
    });
    const named = await on.call("approver", "GET", `/cases/${caseId}/plan?digest=${planDigest}`);
    expect(named).toMatchObject({ status: 200, body: { digest: planDigest, caseId } });
    for (const [digest, status, code] of [
      [OTHER_DIGEST, 404, "NO_SUCH_PLAN"],
      ["../scope.json", 400, "BAD_DIGEST"],
    ] as const) {
      const answer = await on.call("approver", "GET", `/cases/${caseId}/plan?digest=${digest}`);
      expect(answer).toMatchObject({ status, body: { code } });
    }
    const waiting = await recordOf(on, caseId);
    expect(waiting.filter(({ type }) => type === "intent").map(({ data }) => data["planDigest"])).toEqual([
      "quick-cut",
    ]);

    expect(await decide("approver", { decision: "approve", planDigest })).toMatchObject({
      status: 202,
      body: { repeated: false },
    });
    expect(await decide("approver", { decision: "approve", planDigest })).toMatchObject({
      status: 202,
      body: { repeated: true },
    });
    expect(await decide("approver", { decision: "reject", planDigest })).toMatchObject({
      status: 409,
      body: { code: "ALREADY_DECIDED" },
    });
    const ended = await until(on, caseId, ({ status }) => status === "watching");
    expect(ended.outcome).toMatch(/^contained/);
    expect(await decide("approver", { decision: "reject", planDigest })).toMatchObject({
      status: 409,
      body: { code: "ALREADY_DECIDED" },
    });

    const record = await recordOf(on, caseId);
    const refused = record.filter(({ type }) => type === "decision-refused").map(({ data }) => data["code"]);
    expect(new Set(refused)).toEqual(new Set(["ALREADY_DECIDED", "OTHER_PLAN", "ROLE_MISSING"]));
    expect(record.filter(({ type }) => type === "decision-made")).toHaveLength(1);
  }, 120_000);

  test("who asked for a case cannot approve it", async () => {
    // The approver may open cases too, which is what makes this worth asking.
    const suspect = (await on.house.ask("seen"))?.truth?.exposed[0]?.objectId ?? "";
    const opened = await on.call("approver", "POST", "/cases", {
      subjects: [suspect],
      mode: "evict",
      reason: "Found in a paste.",
    });
    if (opened.status === 403) {
      expect(opened.body).toMatchObject({ code: "ROLE_MISSING" });
      return;
    }
    const { caseId } = OpenedSchema.parse(opened.body);
    const asking = await until(on, caseId, ({ status }) => status === "awaiting-decision", {
      approve: false,
    });
    const answer = await on.call("approver", "POST", `/cases/${caseId}/decision`, {
      decision: "approve",
      planDigest: asking.decision?.planDigest,
    });
    expect(answer).toMatchObject({ status: 403, body: { code: "OWN_REQUEST" } });
  }, 120_000);
});

test.each([
  { atDeadline: "stop", performs: false },
  { atDeadline: "contain", performs: true },
])(
  "nobody answers and policy says $atDeadline: reversible steps run: $performs; a later answer is too late",
  async ({ atDeadline, performs }) => {
    const policy = policyWith(`deadline-${atDeadline}`, {
      ...ASKING,
      approval: { deadlineInHours: 3 / 3_600, atDeadline },
    });
    await using on = await stage("cicd-service-connection", policy);
    const caseId = await postAlert(on);
    const asking = await until(on, caseId, ({ status }) => status === "awaiting-decision", {
      approve: false,
    });
    const planDigest = asking.decision?.planDigest ?? "";
    const ended = await until(on, caseId, ({ status }) => status === "watching", { approve: false });
    expect(ended.outcome).toBe("contained-with-gaps");
    const late = await on.call("approver", "POST", `/cases/${caseId}/decision`, {
      decision: "approve",
      planDigest,
    });
    expect(late).toMatchObject({ status: 409, body: { code: "TOO_LATE" } });
    const record = await recordOf(on, caseId);
    expect(record.some(({ type }) => type === "decision-expired")).toBe(true);
    const done = record.filter(
      ({ type, data }) =>
        type === "outcome" && data["planDigest"] === planDigest && data["result"] === "applied",
    );
    expect(done.length > 0).toBe(performs);
    const plan = z
      .object({
        waves: z.array(z.object({ steps: z.array(z.object({ id: z.string(), reversible: z.boolean() })) })),
      })
      .parse((await on.call("reader", "GET", `/cases/${caseId}/plan`)).body);
    const reversible = new Set(
      plan.waves.flatMap(({ steps }) => steps.filter((it) => it.reversible).map(({ id }) => id)),
    );
    expect(done.every(({ data }) => reversible.has(String(data["stepId"])))).toBe(true);
  },
  120_000,
);
