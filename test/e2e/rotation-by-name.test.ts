import { expect, test } from "vitest";
import { OpenedSchema } from "../../local/run/case-seen.ts";
import { caseSeen, recordOf, type Stage, stage, until } from "./case-driver.ts";

const SECRET = { vault: "kv-shop", secret: "db-password" };

async function askToRotate({ call }: Stage): Promise<string> {
  const asked = await call("responder", "POST", "/cases", {
    subjects: [SECRET],
    mode: "evict",
    reason: "It was in a screenshot.",
  });
  expect(asked.status, asked.text).toBe(202);
  return OpenedSchema.parse(asked.body).caseId;
}

test("a secret whose issuer nobody finds is left alone, and disabling it is offered to a person, who may decline", async () => {
  await using on = await stage("small");
  const caseId = await askToRotate(on);

  await until(on, caseId, ({ decision }) => decision !== null, { approve: false });
  const rotating = await decide(on, caseId, "approve");
  const offered = await until(
    on,
    caseId,
    ({ decision }) => decision !== null && decision.planDigest !== rotating,
    { approve: false },
  );
  const plan = await on.call("reader", "GET", `/cases/${caseId}/plan`);
  expect(plan.text).toContain("disable-secret-version");
  expect(plan.text).toContain("gets nothing until somebody publishes a new version");
  expect(offered.status).toBe("awaiting-decision");
  await decide(on, caseId, "reject");
  const ended = await until(on, caseId, ({ outcome }) => outcome !== null, { approve: false });

  expect(ended.outcome).not.toBe("contained");
  const record = await recordOf(on, caseId);
  const outcomes = record.filter(({ type }) => type === "outcome").map(({ data }) => data);
  expect(outcomes).toMatchObject([
    {
      result: "needs-person",
      reason: expect.stringMatching(/nobody is known who issued it: it has no tag ProviderAddress.*; .*;/),
      action: expect.stringContaining("disable its version"),
    },
  ]);
  expect(record.filter(({ type }) => type === "watch-finding")).toEqual([]);
}, 120_000);

test("where a person says yes, every version is disabled, and that it still has to be replaced stays a gap", async () => {
  await using on = await stage("small");
  const caseId = await askToRotate(on);

  const ended = await until(on, caseId, ({ outcome }) => outcome !== null);

  expect(ended.outcome, ended.reason ?? "").toBe("contained-with-gaps");
  const record = await recordOf(on, caseId);
  const disabled = record.find(
    ({ type, data }) => type === "intent" && data["kind"] === "disable-secret-version",
  );
  const stepId = disabled?.data["stepId"];
  expect(stepId).toBeDefined();
  expect(record.some(({ type, data }) => type === "confirmed" && data["stepId"] === stepId)).toBe(true);
}, 120_000);

async function decide(on: Stage, caseId: string, decision: "approve" | "reject"): Promise<string> {
  const planDigest = (await caseSeen(on, caseId)).decision?.planDigest ?? "";
  const answer = await on.call("approver", "POST", `/cases/${caseId}/decision`, { decision, planDigest });
  expect(answer.status, answer.text).toBeLessThan(300);
  return planDigest;
}
