import { z } from "zod";
import type { OrchestrationContext } from "durable-functions";
import { expect, test } from "vitest";
import type { Word, WordTried } from "../../src/respond/word.ts";
import { wordFlow } from "../../src/respond/word-flow.ts";

const WORD: Word = { caseId: "case-1", occasion: "opened", about: "", channel: "webhook" };
const Call = z.object({
  kind: z.literal("call"),
  input: z.object({ attempt: z.number(), last: z.boolean() }),
});
const Timer = z.object({ kind: z.literal("timer"), at: z.date() });

/** Runs the flow as Durable would, on a clock that only timers move. */
function run(answer: (attempt: number) => WordTried) {
  let now = Date.parse("2026-11-20T12:00:00.000Z");
  const waits: number[] = [];
  const attempts: { readonly attempt: number; readonly last: boolean }[] = [];
  const df = {
    getInput: () => WORD,
    get currentUtcDateTime() {
      return new Date(now);
    },
    callActivity: (_: string, input: unknown) => ({ kind: "call", input }),
    createTimer: (at: Date) => ({ kind: "timer", at }),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts of the context that the flow uses
  const flow = wordFlow({ df } as unknown as OrchestrationContext);
  let step = flow.next();
  while (step.done !== true) {
    const timer = Timer.safeParse(step.value);
    if (timer.success) {
      waits.push(timer.data.at.getTime() - now);
      now = timer.data.at.getTime();
      step = flow.next();
    } else {
      const { input } = Call.parse(step.value);
      attempts.push({ attempt: input.attempt, last: input.last });
      step = flow.next(answer(input.attempt));
    }
  }
  return { waits, attempts, result: step.value };
}

test("a place that never takes the word is tried eight times over durable waits, and then no more", () => {
  const { waits, attempts, result } = run(() => ({ kind: "again", retryAfterInMs: 0 }));
  expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(attempts.filter(({ last }) => last)).toEqual([{ attempt: 8, last: true }]);
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000]);
  expect(result.kind).toBe("again");
});

test("what the place asks to wait is waited, up to ten minutes", () => {
  const { waits } = run((attempt) =>
    attempt < 3
      ? { kind: "again", retryAfterInMs: attempt === 1 ? 30_000 : 3_600_000 }
      : { kind: "done", retryAfterInMs: 0 },
  );
  expect(waits).toEqual([30_000, 600_000]);
});

test("what cannot be told is not tried again", () => {
  expect(run(() => ({ kind: "given-up", retryAfterInMs: 0 })).attempts).toHaveLength(1);
});
