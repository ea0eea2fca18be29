import type { OrchestrationContext } from "durable-functions";
import { expect, test } from "vitest";
import { z } from "zod";
import type { RequestsFound, Watched } from "../../src/respond/activities.ts";
import { caseFlow, type CaseFlowInput } from "../../src/respond/case-flow.ts";

const HOUR_IN_MS = 3_600_000;
const BEGAN = Date.parse("2026-11-20T12:00:00.000Z");
const QUIET: Watched = { findings: 0, contain: false };
const NOTHING: RequestsFound = { restore: false, closeId: null };

const Call = z.object({
  kind: z.literal("call"),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
});
const Wait = z.object({ kind: z.literal("any"), timer: z.object({ at: z.date() }) });

/** Runs a watch as Durable would: on a clock that only timers move, each instance going on as the next with nothing kept. */
function run(
  answers: {
    readonly look?: (at: number) => Watched;
    readonly asked?: (at: number) => RequestsFound;
    /** Timers of Durable fire up to this much early. */
    readonly earlyByInMs?: number;
  },
  { hours = 72, everyInMs = 600_000 } = {},
) {
  let now = BEGAN;
  const until = new Date(BEGAN + hours * HOUR_IN_MS).toISOString();
  let input: CaseFlowInput | null = { caseId: "case-1", phase: "watch", until, everyInMs, round: 1 };
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
      const { name, input: given } = Call.parse(step.value);
      calls.push({ name, at: now, input: given });
      const answer =
        name === "watch-once"
          ? (answers.look?.(now) ?? QUIET)
          : name === "look-for-requests"
            ? (answers.asked?.(now) ?? NOTHING)
            : { outcome: "contained", watchUntil: null };
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
  const found = (contain: boolean) => run({ look: () => ({ findings: 1, contain }) }, { hours: 1 });
  expect(found(true).next).toEqual({ caseId: "case-1", phase: "respond", round: 2 });
  expect(found(false).next).toBeNull();
  expect(found(false).named("watch-once")).toHaveLength(6);
});
