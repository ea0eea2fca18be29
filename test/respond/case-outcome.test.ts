import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MissingCut, PersonAction, Plan, PlannedStep } from "../../src/case/plan.ts";
import { accountOf, outcomeOf } from "../../src/respond/case-outcome.ts";
import type { CaseStep, StepStanding } from "../../src/respond/case-standing.ts";

function aStep(id: string, more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    id,
    kind: "remove-role-assignment",
    target: {},
    title: `Cut ${id}`,
    because: [],
    permission: "automatic",
    reversible: true,
    irreversibleBecause: null,
    cost: [],
    needs: [],
    guardrails: [],
    touches: [],
    before: null,
    ...more,
  };
}

function aPlan(steps: readonly PlannedStep[], personActions: readonly PersonAction[] = []): Plan {
  return {
    schema: 1,
    caseId: "case-1",
    mode: "evict",
    scopeDigest: "",
    policyDigest: "",
    waves: [{ name: "access", reason: "", steps }],
    personActions,
  };
}

const missing = (id: string, coveredBy: MissingCut["coveredBy"] = []): PersonAction => ({
  title: `Do ${id} by hand`,
  because: "A lock is in the way.",
  targetId: null,
  missing: [{ id, title: `Cut ${id}`, step: null, coveredBy }],
});

const NOTHING: StepStanding = {
  result: null,
  performed: false,
  performedUnder: null,
  performedAt: null,
  confirmed: null,
  restored: false,
  failures: 0,
  code: null,
};
const CONFIRMED: StepStanding = { ...NOTHING, result: "applied", performed: true, confirmed: "confirmed" };

function ended(
  plan: Plan,
  at: Readonly<Record<string, StepStanding>>,
  foundSincePlan: readonly string[] = [],
) {
  const steps: readonly CaseStep[] = plan.waves.flatMap((wave) =>
    wave.steps.map((step) => ({ step, wave: wave.name, planDigest: "" })),
  );
  const standing = { of: (id: string) => at[id] ?? NOTHING, foundSincePlan };
  const account = accountOf(steps, plan, standing);
  return { ...outcomeOf(plan, account), steps: account.steps, gaps: account.gaps };
}

describe("contained is said only when nothing that should be cut is uncut", () => {
  test("every step confirmed, and nothing left to anybody", () => {
    expect(ended(aPlan([aStep("a"), aStep("b")]), { a: CONFIRMED, b: CONFIRMED })).toMatchObject({
      outcome: "contained",
      reason: "All 2 steps are confirmed.",
    });
  });

  test("what is left to people and is no cut keeps nothing from being contained", () => {
    const look: PersonAction = { ...missing("x"), missing: [] };
    expect(ended(aPlan([aStep("a")], [look]), { a: CONFIRMED }).outcome).toBe("contained");
  });

  test("a cut that a lock hinders is a gap, by name", () => {
    expect(ended(aPlan([aStep("a")], [missing("x")]), { a: CONFIRMED })).toMatchObject({
      outcome: "contained-with-gaps",
      reason: "1 of 1 steps are confirmed. 1 gap: Cut x (a person's to do).",
      steps: { planned: 1, confirmed: 1, gaps: 1 },
    });
  });

  test("a person who makes it closes it", () => {
    const plan = aPlan([aStep("a")], [missing("x")]);
    expect(ended(plan, { a: CONFIRMED, x: { ...NOTHING, confirmed: "confirmed" } }).outcome).toBe(
      "contained",
    );
  });

  test("a confirmed step covers it, one of each group; one performed and not confirmed does not", () => {
    const plan = aPlan([aStep("a"), aStep("b")], [missing("x", [["a", "never"], ["b"]])]);
    const unproven: StepStanding = { ...CONFIRMED, confirmed: "not-confirmed" };
    expect(ended(plan, { a: CONFIRMED, b: CONFIRMED }).outcome).toBe("contained");
    expect(ended(plan, { a: CONFIRMED, b: unproven }).gaps.map(({ title }) => title)).toEqual([
      "Cut b",
      "Cut x",
    ]);
    expect(ended(plan, { b: CONFIRMED }).outcome).toBe("contained-with-gaps");
  });

  test("a step that covers a cut and was put back covers it no more", () => {
    const plan = aPlan([aStep("a"), aStep("b")], [missing("x", [["a"]])]);
    expect(ended(plan, { a: { ...CONFIRMED, restored: true }, b: CONFIRMED }).gaps).toEqual([
      { title: "Cut x", kind: "left-to-person" },
    ]);
  });

  test("what the last look found is a gap, until a look finds nothing", () => {
    const plan = aPlan([aStep("a")]);
    expect(ended(plan, { a: CONFIRMED }, ["Remove the secret abc…"])).toMatchObject({
      outcome: "contained-with-gaps",
      reason: "1 of 1 steps are confirmed. 1 gap: Remove the secret abc… (found after the last cut).",
    });
    expect(ended(plan, { a: CONFIRMED }).outcome).toBe("contained");
  });

  test("refused, failed, lost and never performed are gaps, each of its kind", () => {
    const plan = aPlan([aStep("a"), aStep("b"), aStep("c"), aStep("d"), aStep("e", { permission: "off" })]);
    const { gaps, reason, outcome } = ended(plan, {
      a: { ...NOTHING, result: "failed" },
      b: { ...CONFIRMED, confirmed: "lost" },
      c: CONFIRMED,
    });
    expect(gaps).toEqual([
      { title: "Cut a", kind: "not-made" },
      { title: "Cut b", kind: "not-confirmed" },
      { title: "Cut d", kind: "not-performed" },
    ]);
    expect(outcome).toBe("contained-with-gaps");
    expect(reason).toBe("1 of 4 steps are confirmed; 1 were not performed. 3 gaps: Cut a; Cut b; Cut d.");
  });

  test("for every state of every step: contained exactly if all that run are confirmed and no cut is open", () => {
    const state = fc.constantFrom<StepStanding>(
      NOTHING,
      CONFIRMED,
      { ...CONFIRMED, confirmed: null },
      { ...CONFIRMED, confirmed: "lost" },
      { ...CONFIRMED, confirmed: "not-confirmed" },
      { ...NOTHING, result: "needs-person" },
      { ...CONFIRMED, restored: true },
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ state, isOff: fc.boolean() }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.array(fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }), { maxLength: 3 }), {
          maxLength: 3,
        }),
        fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }),
        (steps, covers, found) => {
          const plan = aPlan(
            steps.map(({ isOff }, index) =>
              aStep(String(index), { permission: isOff ? "off" : "automatic" }),
            ),
            covers.map((groups, index) =>
              missing(
                `x${index}`,
                groups.map((group) => group.map(String)),
              ),
            ),
          );
          const at = Object.fromEntries(steps.map((it, index) => [String(index), it.state]));
          const holds = (index: number) =>
            steps[index]?.state.confirmed === "confirmed" && !steps[index].state.restored;
          const counted = steps.filter((it) => (!it.isOff || it.state.performed) && !it.state.restored);
          const { outcome, gaps } = ended(plan, at, found);
          const isClean =
            counted.every((it) => it.state.confirmed === "confirmed") &&
            covers.every((groups) => groups.length > 0 && groups.every((group) => group.some(holds))) &&
            found.length === 0;
          expect(outcome === "contained").toBe(isClean && counted.length > 0);
          expect(gaps.length === 0).toBe(isClean);
        },
      ),
      { numRuns: 500 },
    );
  });
});
