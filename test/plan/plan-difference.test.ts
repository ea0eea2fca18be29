import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Plan, PlannedStep } from "../../src/case/plan.ts";
import { differenceOf, differenceText } from "../../src/plan/plan-difference.ts";
import { planText } from "../../src/plan/plan-text.ts";

function aStep(id: string, more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    id,
    kind: "remove-owner",
    target: {},
    title: `Cut ${id}`,
    because: [],
    permission: "approval",
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

const aPlan = (steps: readonly PlannedStep[]): Plan => ({
  schema: 1,
  caseId: "case-1",
  mode: "evict",
  scopeDigest: "",
  policyDigest: "",
  waves: [{ name: "access", reason: "", steps }],
  personActions: [],
});

const SINCE = "a".repeat(64);

test("a second question says what is new, what would cost more, and what is no longer asked", () => {
  const before = aPlan([aStep("kept"), aStep("wider", { cost: ["a stops"] }), aStep("made")]);
  const now = aPlan([
    aStep("kept", { because: ["It was read, last at noon."] }),
    aStep("wider", { cost: ["a stops", "b stops"] }),
    aStep("found"),
    aStep("by itself", { permission: "automatic" }),
  ]);
  const difference = { since: SINCE, ...differenceOf(before, now) };
  expect(difference).toEqual({
    since: SINCE,
    added: ["Cut found"],
    widened: ["Cut wider"],
    gone: ["Cut made"],
  });
  expect(differenceText(difference)).toBe(
    "Since plan aaaaaaaaaaaa…, which was answered: new: Cut found. costs or touches more: Cut wider. no longer asked: Cut made.",
  );
  const text = planText(now, SINCE, difference);
  for (const line of ["  + Cut found", "  ~ Cut wider", "  - Cut made"]) expect(text).toContain(line);
});

const step = fc.record({
  id: fc.constantFrom("a", "b", "c", "d", "e"),
  permission: fc.constantFrom("automatic", "approval", "off"),
  because: fc.array(fc.string()),
  cost: fc.subarray(["one stops", "two stops", "three stops"]),
  touches: fc.subarray(["x", "y"]),
  reversible: fc.boolean(),
} as const);
const steps = fc.uniqueArray(step, { selector: ({ id }) => id });
const planned = (some: readonly { readonly id: string }[]) =>
  aPlan(some.map(({ id, ...more }) => aStep(id, more)));

test("evidence, times, an order and a smaller price are no difference", () => {
  fc.assert(
    fc.property(steps, fc.array(fc.string()), fc.nat(4), (some, evidence, turn) => {
      const again = some.map((it) => ({
        ...it,
        touches: it.touches.map((id) => id.toUpperCase()),
        because: [...it.because, ...evidence],
        cost: it.cost.slice(1),
      }));
      const turned = [...again.slice(turn), ...again.slice(0, turn)];
      const difference = differenceOf(planned(some), planned(turned));
      expect(difference).toEqual({ added: [], widened: [], gone: [] });
      expect(differenceText({ since: SINCE, ...difference })).toBeNull();
    }),
  );
});

test("every step that is asked stands in exactly one place, and what is new one way is gone the other", () => {
  fc.assert(
    fc.property(steps, steps, (one, other) => {
      const there = differenceOf(planned(one), planned(other));
      const back = differenceOf(planned(other), planned(one));
      expect(there.added.toSorted()).toEqual(back.gone.toSorted());
      expect(there.gone.toSorted()).toEqual(back.added.toSorted());
      const asked = other.filter(({ permission }) => permission === "approval").map(({ id }) => `Cut ${id}`);
      for (const title of [...there.added, ...there.widened]) expect(asked).toContain(title);
      for (const title of there.gone) expect(asked).not.toContain(title);
      expect(there.added.filter((title) => there.widened.includes(title))).toEqual([]);
    }),
  );
});
