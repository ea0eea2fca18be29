import { beforeAll, describe, expect, test } from "vitest";
import type { StepOutcome } from "../../src/case/outcome.ts";
import type { PlannedStep } from "../../src/case/plan.ts";
import type { Scope } from "../../src/case/scope.ts";
import type { FaultAnswer } from "../../local/tenant/weather/faults.ts";
import { STEPS, stepNamed } from "../../src/steps/steps.ts";
import { CONTRACT } from "./contract-cases.ts";
import {
  assemblePlan,
  EVERYTHING,
  openStage,
  planningOf,
  scopeOfStage,
  type Stage,
  stepsIn,
} from "./staged.ts";
import { changesBetween, worldOf } from "./world.ts";

/** The first planned step of each kind on the stage. Ids follow names, so the plan fits every stage. */
const planned = new Map<string, PlannedStep>();

let scope: Scope;

beforeAll(async () => {
  await using stage = await openStage();
  scope = await scopeOfStage(stage);
  const plan = assemblePlan(planningOf(scope));
  for (const step of stepsIn(plan)) if (!planned.has(step.kind)) planned.set(step.kind, step);
});

/** A rotation is an orchestration with stages of its own, and a contract of its own. */
const KINDS = STEPS.map(({ kind }) => kind)
  .filter((kind) => kind !== "rotate-secret")
  .toSorted();

test("every kind is in the contract, and the contract has no other", () => {
  expect(Object.keys(CONTRACT).toSorted()).toEqual(KINDS);
});

test("the stage has something to do for every kind", () => {
  expect([...planned.keys()].filter((kind) => kind !== "rotate-secret").toSorted()).toEqual(KINDS);
});

/** A kind's step, bound, with what performs and what reads back. */
function on(stage: Stage, kind: string) {
  const step = planned.get(kind);
  if (step === undefined) throw new TypeError(`no ${kind} was planned`);
  const bound = stepNamed(kind).bind(step.target, step.before);
  const acting = { azure: stage.actor, stepId: step.id };
  const reading = { azure: stage.azure, stepId: step.id };
  return {
    apply: () => bound.apply(acting),
    verify: () => bound.verify(reading),
    undo: bound.undo === null ? null : () => bound.undo?.(acting),
    verifyUndone: () => bound.verifyUndone?.(reading),
  };
}

const CASES = Object.entries(CONTRACT);

describe.each(CASES)("%s", (kind, expected) => {
  test("is not so before, is made, is confirmed, is made once, and touches nothing else", async () => {
    await using stage = await openStage();
    const step = on(stage, kind);
    const before = worldOf(stage.tenant);
    expect((await step.verify()).kind, "before").toBe("not-yet");

    expect(await step.apply()).toMatchObject({ kind: "applied" });
    const made = changesBetween(before, worldOf(stage.tenant));
    expect(made.length, "it changes something").toBeGreaterThan(0);
    expect(made.filter((path) => !expected.changes.test(path))).toEqual([]);
    expect(await step.verify()).toMatchObject({ kind: "confirmed" });

    const after = worldOf(stage.tenant);
    expect((await step.apply()).kind).toBe(expected.writtenBlindly === true ? "applied" : "already-so");
    expect(changesBetween(after, worldOf(stage.tenant)), "the second time").toEqual([]);

    if (step.undo === null) {
      expect(stepNamed(kind).irreversibleBecause).toMatch(/\w/);
      return;
    }
    const undone = await step.undo();
    expect(undone).toMatchObject({ kind: "applied" });
    expect(await step.verifyUndone()).toMatchObject({ kind: "confirmed" });
    expect((await step.verify()).kind, "undone").toBe("not-yet");
    const left = changesBetween(before, worldOf(stage.tenant));
    expect(left.filter((path) => expected.remains?.test(path) !== true)).toEqual([]);
    expect(await step.undo()).toMatchObject({ kind: "already-so" });
  });

  test("says what went wrong, with a code, changes nothing then, and is made at the next try", async () => {
    await using stage = await openStage();
    const step = on(stage, kind);
    const before = worldOf(stage.tenant);
    for (const [answer, code, retryable, more] of FAILURES) {
      stage.tenant.faults.clear();
      stage.tenant.faults.next(expected.effect.service, answer, {
        operation: expected.effect.operation,
        ...more,
      });
      const outcome = await step.apply();
      expect(outcome, String(answer)).toMatchObject({ kind: "failed", code, retryable });
    }
    stage.tenant.faults.clear();
    expect(changesBetween(before, worldOf(stage.tenant))).toEqual([]);
    expect(await step.apply()).toMatchObject({ kind: "applied" });
    expect(await step.verify()).toMatchObject({ kind: "confirmed" });
  });

  test("made, with its answer lost, is found made", async () => {
    await using stage = await openStage();
    const step = on(stage, kind);
    const { service, operation } = expected.effect;
    stage.tenant.faults.next(service, "reset", { operation, afterEffect: true });
    expect(await step.apply()).toMatchObject({ kind: "failed", code: "UNAVAILABLE", retryable: true });
    stage.tenant.faults.clear();
    const made = worldOf(stage.tenant);
    const again: StepOutcome = await step.apply();
    // Basic publishing has two doors, and only the first was shut.
    const goesOn = isHalfMade(kind) || expected.writtenBlindly === true;
    expect(again.kind).toBe(goesOn ? "applied" : "already-so");
    if (!isHalfMade(kind)) expect(changesBetween(made, worldOf(stage.tenant))).toEqual([]);
    expect(await step.verify()).toMatchObject({ kind: "confirmed" });
  });
});

const isHalfMade = (kind: string) => kind === "disable-basic-publishing" || kind === "disable-secret-version";

test.each(KINDS)("%s: what was to be cut being gone is as good as cut", async (kind) => {
  await using stage = await openStage();
  for (const service of ["graph", "arm", "key-vault"] as const) {
    stage.tenant.faults.add({ service, answer: 404, times: Infinity });
  }
  expect(await on(stage, kind).apply()).toMatchObject({ kind: "already-so" });
});

test.each(KINDS)(
  "%s: what cannot be read back is not confirmed, and is not said to be undone",
  async (kind) => {
    await using stage = await openStage();
    const step = on(stage, kind);
    expect((await step.apply()).kind).toBe("applied");
    for (const service of ["graph", "arm", "key-vault"] as const) {
      stage.tenant.faults.add({ service, answer: 403, times: Infinity });
    }
    expect(await step.verify()).toMatchObject({ kind: "unreadable", code: "FORBIDDEN" });
    if (step.undo !== null) {
      expect(await step.undo()).toMatchObject({ kind: "failed", code: "FORBIDDEN" });
      expect(await step.verifyUndone()).toMatchObject({ kind: "unreadable" });
    }
  },
);

test.each(KINDS)("%s: is not planned where anything it touches is protected, and says so", (kind) => {
  const step = planned.get(kind);
  if (step === undefined) throw new TypeError(`no ${kind} was planned`);
  expect(step.touches.length).toBeGreaterThan(0);
  for (const protectedId of step.touches) {
    const spared = (more: object) => assemblePlan(planningOf(scope, more));
    for (const plan of [
      spared({ policy: { ...EVERYTHING, protected: { ids: [protectedId], tags: [], groupIds: [] } } }),
      spared({ policy: { ...EVERYTHING, breakGlass: [protectedId] } }),
      spared({ protection: { ownIds: [protectedId.toUpperCase()], protectedMembers: [] } }),
      spared({ protection: { ownIds: [], protectedMembers: [protectedId] } }),
    ]) {
      expect(stepsIn(plan).map(({ id }) => id)).not.toContain(step.id);
      expect(plan.personActions.length).toBeGreaterThan(0);
    }
  }
});

type Failure = readonly [
  FaultAnswer,
  Extract<StepOutcome, { readonly kind: "failed" }>["code"],
  boolean,
  { readonly code?: string; readonly retryAfterInS?: number },
];

const FAILURES: readonly Failure[] = [
  [403, "FORBIDDEN", false, {}],
  [409, "CONFLICT", false, { code: "SomethingElseIsTheMatter" }],
  [409, "CONFLICT", true, { code: "Directory_ConcurrencyViolation" }],
  [409, "LOCKED", false, { code: "ScopeLocked" }],
  [412, "PRECONDITION_FAILED", true, { code: "PreconditionFailed" }],
  [423, "LOCKED", false, { code: "Locked" }],
  [429, "THROTTLED", true, { retryAfterInS: 7 }],
  [500, "UNAVAILABLE", true, {}],
  [503, "UNAVAILABLE", true, {}],
  ["reset", "UNAVAILABLE", true, {}],
];

test("how long to wait is said when Azure says it", async () => {
  await using stage = await openStage();
  const step = on(stage, "disable-service-principal");
  stage.tenant.faults.next("graph", 429, {
    operation: "PATCH /servicePrincipals/{id}",
    retryAfterInS: 7,
  });
  expect(await step.apply()).toMatchObject({ code: "THROTTLED", retryAfterInMs: 7_000 });
});
