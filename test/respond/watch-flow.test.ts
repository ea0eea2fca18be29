import type { OrchestrationContext } from "durable-functions";
import { expect, test } from "vitest";
import { z } from "zod";
import type { RequestsFound, Watched } from "../../src/respond/activities.ts";
import { caseFlow, type CaseFlowInput } from "../../src/respond/case-flow.ts";

const HOUR_IN_MS = 3_600_000;
const BEGAN = Date.parse("2026-11-20T12:00:00.000Z");
const QUIET: Watched = { findings: 0, contain: false, clean: false };
const CLEAN: Watched = { ...QUIET, clean: true };
const NOTHING: RequestsFound = { restore: false, closeId: null };

const Call = z.object({
  kind: z.literal("call"),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
});
const Wait = z.object({ kind: z.literal("any"), timer: z.object({ at: z.date() }) });
const Sleep = z.object({ kind: z.literal("timer"), at: z.date() });

/** Runs a watch as Durable would: on a clock that only timers move, each instance going on as the next with nothing kept. */
function run(
  answers: {
    readonly look?: (at: number) => Watched;
    readonly asked?: (at: number) => RequestsFound;
    /** Whether what was open agrees by then, and what the case comes to. */
    readonly closed?: (at: number) => boolean;
    /** Timers of Durable fire up to this much early. */
    readonly earlyByInMs?: number;
  },
  { hours = 72, everyInMs = 600_000, gaps = false, open = false } = {},
) {
  let now = BEGAN;
  const until = new Date(BEGAN + hours * HOUR_IN_MS).toISOString();
  const pace = {
    confirmations: 2,
    confirmEveryInMs: 20_000,
    confirmWithinInMs: 900_000,
    decideWithinInMs: 4 * HOUR_IN_MS,
    watchForInMs: hours * HOUR_IN_MS,
    watchEveryInMs: everyInMs,
  };
  let input: CaseFlowInput | null = { caseId: "case-1", phase: "watch", until, pace, gaps, open, round: 1 };
  const calls: { readonly name: string; readonly at: number; readonly input: Record<string, unknown> }[] = [];
  const instances: number[] = [];
  while (input !== null && input.phase === "watch") {
    const current: CaseFlowInput = input;
    let next: CaseFlowInput | null = null;
    let yields = 0;
    const df = {
      getInput: () => current,
      get currentUtcDateTime() {
        return new Date(now);
      },
      callActivity: (name: string, given: unknown) => ({ kind: "call", name, input: given }),
      createTimer: (at: Date) => ({ kind: "timer", at, cancel: () => undefined }),
      waitForExternalEvent: (name: string) => ({ kind: "event", name }),
      Task: { any: (tasks: readonly unknown[]) => ({ kind: "any", timer: tasks.at(-1) }) },
      continueAsNew: (given: CaseFlowInput) => {
        next = given;
      },
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts of the context that the flow uses
    const flow = caseFlow({ df } as unknown as OrchestrationContext);
    let step = flow.next();
    while (step.done !== true) {
      yields += 1;
      const wait = Wait.safeParse(step.value);
      if (wait.success) {
        now = Math.max(now, wait.data.timer.at.getTime() - (answers.earlyByInMs ?? 0));
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the very task that was made above
        step = flow.next((step.value as unknown as { readonly timer: unknown }).timer);
        continue;
      }
      const slept = Sleep.safeParse(step.value);
      if (slept.success) {
        now = Math.max(now, slept.data.at.getTime());
        step = flow.next();
        continue;
      }
      const { name, input: given } = Call.parse(step.value);
      calls.push({ name, at: now, input: given });
      const answer =
        name === "watch-once"
          ? (answers.look?.(now) ?? QUIET)
          : name === "look-for-requests"
            ? (answers.asked?.(now) ?? NOTHING)
            : name === "review-gaps"
              ? { agreed: answers.closed?.(now) === true ? "1" : "0" }
              : {
                  outcome:
                    given["phase"] === "reviewed" && answers.closed?.(now) !== true
                      ? "contained-with-gaps"
                      : "contained",
                  watchUntil: null,
                };
      step = flow.next(answer);
    }
    instances.push(yields);
    input = next;
  }
  return {
    calls,
    instances,
    ended: now,
    next: input,
    named: (wanted: string) => calls.filter(({ name }) => name === wanted),
  };
}

test("a watch looks on its timer until its deadline, and then closes the case by itself", () => {
  const { named, ended, next, instances } = run({});
  expect(named("watch-once")).toHaveLength(72 * 6);
  expect(named("watch-once").every(({ input }) => input["look"] === "as-needed")).toBe(true);
  expect(named("conclude-case")).toMatchObject([{ input: { phase: "closed", requestId: null } }]);
  expect(ended).toBe(BEGAN + 72 * HOUR_IN_MS);
  expect(next).toBeNull();
  // A wait, what people ask, a look: no instance's history is longer, however many looks went before.
  expect(Math.max(...instances)).toBe(3);
});

test("timers that fire early neither look twice nor go round without end", () => {
  const { named, instances } = run({ earlyByInMs: 300 }, { hours: 1 });
  expect(named("watch-once").length).toBeLessThanOrEqual(7);
  expect(instances.length).toBeLessThanOrEqual(8);
  expect(named("conclude-case")).toHaveLength(1);
});

test("somebody who closes ends it before another look", () => {
  const { named, ended } = run({
    asked: (at) => (at >= BEGAN + HOUR_IN_MS ? { restore: false, closeId: "r1" } : NOTHING),
  });
  expect(named("conclude-case")).toMatchObject([{ input: { phase: "closed", requestId: "r1" } }]);
  expect(named("watch-once")).toHaveLength(5);
  expect(ended).toBe(BEGAN + HOUR_IN_MS);
});

test("a finding to cut goes back to containing, one round on, and what is only found does not", () => {
  const found = (contain: boolean) =>
    run({ look: () => ({ findings: 1, contain, clean: false }) }, { hours: 1 });
  expect(found(true).next).toEqual({ caseId: "case-1", phase: "respond", round: 2 });
  expect(found(false).next).toBeNull();
  expect(found(false).named("watch-once")).toHaveLength(6);
});

test("what is open is looked at again at each look, until it is closed; then no more", () => {
  const closedAt = BEGAN + HOUR_IN_MS / 2;
  const { named } = run({ closed: (at) => at >= closedAt }, { hours: 1, gaps: true });
  const reviews = named("review-gaps").map(({ at }) => Math.round((at - BEGAN) / 1_000));
  // Two looks that find it open, then as many reads in a row as prove that it is not.
  expect(reviews).toEqual([600, 1_200, 1_800, 1_820]);
  expect(named("conclude-case").map(({ input }) => input["phase"])).toEqual([
    "reviewed",
    "reviewed",
    "reviewed",
    "closed",
  ]);
  expect(run({}, { hours: 1 }).named("review-gaps")).toEqual([]);
});

test("after a look that found more, everything is read anew until a look is clean", () => {
  const { named } = run(
    { look: (at) => (at >= BEGAN + HOUR_IN_MS / 2 ? CLEAN : QUIET) },
    { hours: 1, gaps: true, open: true },
  );
  expect(named("watch-once").map(({ input }) => input["look"])).toEqual([
    "whole",
    "whole",
    "whole",
    "as-needed",
    "as-needed",
    "as-needed",
  ]);
  expect(
    named("conclude-case").filter(({ input }) => input["phase"] === "reviewed" && input["clean"] === true),
  ).toHaveLength(4);
});
