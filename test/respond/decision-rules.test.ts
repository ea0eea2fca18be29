import { expect, test } from "vitest";
import { decisionRefused } from "../../src/respond/decision-rules.ts";

const PLAN = "a".repeat(64);
const pending = {
  about: "plan",
  planDigest: PLAN,
  deadline: "2026-03-01T12:00:00.000Z",
  requester: "AAAAAAAA-0000-0000-0000-000000000001",
  difference: null,
} as const;
const approver = { planDigest: PLAN, by: { objectId: "bbbbbbbb-0000-0000-0000-000000000002" } };
const before = new Date("2026-03-01T11:59:59.999Z");

test("an approver in time, on the plan that is asked about, may decide", () => {
  expect(decisionRefused({ decision: pending, decided: null }, approver, before)).toBeNull();
});

test.each([
  ["another plan", { ...approver, planDigest: "b".repeat(64) }, before, "OTHER_PLAN"],
  ["the deadline itself", approver, new Date(pending.deadline), "TOO_LATE"],
  [
    "the requester, however their id is spelled",
    { ...approver, by: { objectId: pending.requester.toLowerCase() } },
    before,
    "OWN_REQUEST",
  ],
])("%s is refused", (_, request, now, code) => {
  expect(decisionRefused({ decision: pending, decided: null }, request, now)?.code).toBe(code);
});

test.each([
  ["approve", "ALREADY_DECIDED"],
  ["reject", "ALREADY_DECIDED"],
  ["expired", "TOO_LATE"],
  ["outdated", "PLAN_OUTDATED"],
] as const)("after %s, a decision on the same plan says %s", (decision, code) => {
  const decided = { planDigest: PLAN, decision, at: before.toISOString(), by: null };
  expect(decisionRefused({ decision: null, decided }, approver, before)?.code).toBe(code);
  const next = { ...pending, planDigest: "c".repeat(64) };
  expect(decisionRefused({ decision: next, decided }, approver, before)?.code).toBe(code);
});

test("a case that asks nothing takes no decision", () => {
  expect(decisionRefused({ decision: null, decided: null }, approver, before)?.code).toBe(
    "NOTHING_TO_DECIDE",
  );
});
