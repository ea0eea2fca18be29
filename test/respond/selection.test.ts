import { array, assert, constantFrom, property } from "fast-check";
import { expect, test } from "vitest";
import type { Plan, PlannedStep } from "../../src/case/plan.ts";
import type { Cursor } from "../../src/respond/activities.ts";
import { isSelected, slicesFrom } from "../../src/respond/selection.ts";

const step = (
  id: string,
  permission: PlannedStep["permission"],
  more: Partial<PlannedStep> = {},
): PlannedStep => ({
  id,
  kind: "remove-owner",
  target: {},
  title: id,
  because: [],
  permission,
  reversible: true,
  irreversibleBecause: null,
  cost: [],
  needs: [],
  guardrails: [],
  touches: [],
  before: null,
  ...more,
});

function planOf(waves: readonly (readonly PlannedStep["permission"][])[]): Plan {
  return {
    schema: 1,
    caseId: "case",
    mode: "evict",
    scopeDigest: "",
    policyDigest: "",
    waves: waves.map((permissions, wave) => ({
      name: `w${wave}`,
      reason: "",
      steps: permissions.map((permission, index) => step(`${wave}.${index}`, permission)),
    })),
    personActions: [],
  };
}

test("going from cursor to cursor performs every step of the selection once, in order, and no other", () => {
  const permission = constantFrom<PlannedStep["permission"]>("automatic", "approval", "off");
  assert(
    property(array(array(permission, { maxLength: 150 }), { maxLength: 6 }), (waves) => {
      const plan = planOf(waves);
      const seen: string[] = [];
      let from: Cursor | null = { wave: 0, step: 0 };
      while (from !== null) {
        const { slices, next } = slicesFrom(plan, "automatic", from);
        const ids = slices.flatMap(({ steps }) => steps.map(({ id }) => id));
        expect(ids.length).toBeLessThanOrEqual(60);
        if (next !== null) expect(ids.length).toBeGreaterThan(0);
        seen.push(...ids);
        from = next;
      }
      const wanted = plan.waves.flatMap(({ steps }) => steps.filter((it) => it.permission === "automatic"));
      expect(seen).toEqual(wanted.map(({ id }) => id));
    }),
  );
});

test("when nobody answers, what a guardrail put before a person stays there, and so does what has no way back", () => {
  expect(isSelected(step("a", "approval"), "at-deadline")).toBe(true);
  expect(
    isSelected(step("b", "approval", { guardrails: ["production: a person decides"] }), "at-deadline"),
  ).toBe(false);
  expect(isSelected(step("c", "approval", { reversible: false }), "at-deadline")).toBe(false);
  expect(isSelected(step("d", "off"), "at-deadline")).toBe(false);
});
