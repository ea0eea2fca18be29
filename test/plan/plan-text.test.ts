import { expect, test } from "vitest";
import type { Plan, PlannedStep } from "../../src/case/plan.ts";
import { planText } from "../../src/plan/plan-text.ts";

const STEP: PlannedStep = {
  id: "1",
  kind: "disable-service-principal",
  target: {},
  title: "Disable sign-in of deploy",
  because: ["An alert names it."],
  permission: "automatic",
  reversible: true,
  irreversibleBecause: null,
  cost: ["deploy gets no new tokens."],
  needs: [],
  guardrails: [],
  touches: [],
  before: null,
};

function planWith(steps: readonly Partial<PlannedStep>[]): Plan {
  return {
    schema: 1,
    caseId: "case-1",
    mode: "evict",
    scopeDigest: "s",
    policyDigest: "p",
    waves: [{ name: "quick-cut", reason: "First.", steps: steps.map((it) => ({ ...STEP, ...it })) }],
    personActions: [{ title: "Lift the lock", because: "It is in the way.", targetId: null, missing: [] }],
  };
}

test("says what runs, what asks, what cannot be undone, and what is left to a person", () => {
  const text = planText(
    planWith([
      {},
      {
        permission: "approval",
        reversible: false,
        irreversibleBecause: "Gone is gone.",
        title: "Remove the secret",
      },
      { permission: "off", guardrails: ["off by policy"] },
    ]),
    "d",
  );
  expect(text).toBe(`Plan d
Case case-1, mode evict

  [runs] 1 step runs without asking
  [asks] 1 step waits for a person's yes to this very plan
  [ no ] 1 step is not done
  of those that are done, 1 cannot be undone; 1 thing is left to a person

QUICK-CUT (3)  First.
   1  [runs] Disable sign-in of deploy
             why: An alert names it.
             costs: deploy gets no new tokens.
   2  [asks] Remove the secret
             why: An alert names it.
             costs: deploy gets no new tokens.
             no way back: Gone is gone.
   3  [ no ] Disable sign-in of deploy
             why: An alert names it.
             costs: deploy gets no new tokens.
             guardrail: off by policy

FOR A PERSON (1)  What no step can do.
    - Lift the lock
      because: It is in the way.

`);
});

test("breaks long lines, but never an id, and keeps what follows below what it belongs to", () => {
  const id = `/subscriptions/${"a".repeat(120)}`;
  const lines = planText(
    planWith([{ title: `Remove ${"very ".repeat(30)}long ${id} from deploy` }]),
    "d",
  ).split("\n");
  const [first = "", ...rest] = lines.slice(lines.findIndex((it) => it.includes("[runs] Remove")));
  expect(first.startsWith("   1  [runs] Remove very")).toBe(true);
  expect(rest.slice(0, 2).every((it) => it.startsWith(" ".repeat(13)))).toBe(true);
  expect(lines.some((it) => it.trim() === id || it.includes(id))).toBe(true);
});

test("hostile names cannot steer a terminal or make lines of their own", () => {
  const text = planText(planWith([{ title: "Disable \u001b[2Jevil\u202e\n   2  [runs] nothing" }]), "d");
  for (const hostile of ["\u001b", "\u202e"]) expect(text).not.toContain(hostile);
  expect(text.split("\n").filter((it) => /^ +2 {2}\[runs\]/.test(it))).toEqual([]);
});
