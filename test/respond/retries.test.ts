import { z } from "zod";
import type { OrchestrationContext } from "durable-functions";
import { expect, test } from "vitest";
import type { Planned } from "../../src/respond/activities.ts";
import { caseFlow } from "../../src/respond/case-flow.ts";
import { openRetries, passToTheEnd, type Tried } from "../../src/respond/retries.ts";

const A_MINUTE = 60_000;
const BEGIN = Date.parse("2026-11-20T12:00:00.000Z");
const Call = z.object({ name: z.string(), input: z.record(z.string(), z.unknown()) });
const Timer = z.object({ timer: z.date() });
const Waiting = z.object({ any: z.tuple([z.object({ event: z.string() }), Timer]) });

type Answers = (name: string, input: Readonly<Record<string, unknown>>, atInMs: number) => object;

/** Runs a flow as Durable would, on a clock that only timers move; nobody knocks. */
function run(
  flowOf: (context: OrchestrationContext) => Generator<unknown, unknown, unknown>,
  answer: Answers,
  input?: object,
) {
  let now = BEGIN;
  const calls: { readonly name: string; readonly atInMs: number; readonly input: object }[] = [];
  const df = {
    getInput: () => input,
    get currentUtcDateTime() {
      return new Date(now);
    },
    callActivity: (name: string, given: object) => ({ name, input: given }),
    createTimer: (timer: Date) => ({ timer, cancel: () => undefined }),
    waitForExternalEvent: (event: string) => ({ event }),
    Task: { any: (any: readonly object[]) => ({ any }) },
    continueAsNew: () => undefined,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts of the context that the flow uses
  const flow = flowOf({ df } as unknown as OrchestrationContext);
  let step = flow.next();
  while (step.done !== true) {
    const timer = Timer.safeParse(step.value);
    const waiting = Waiting.safeParse(step.value);
    if (timer.success) {
      now = timer.data.timer.getTime();
      step = flow.next();
    } else if (waiting.success) {
      const [, ended] = waiting.data.any;
      now = ended.timer.getTime();
      step = flow.next(z.object({ any: z.array(z.unknown()) }).parse(step.value).any[1]);
    } else {
      const { name, input: given } = Call.parse(step.value);
      calls.push({ name, atInMs: now - BEGIN, input: given });
      step = flow.next(answer(name, given, now - BEGIN));
    }
  }
  return { calls, tookInMs: now - BEGIN };
}

/** Two stretches, of which the second is refused until a time. */
function refusedUntil(untilInMs: number, retryAfterInMs = 0) {
  return run(
    (context) => {
      const retries = openRetries(0, function* (place, attempt) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the runner's own answers
        return (yield context.df.callActivity("try", { place, attempt })) as Tried<number>;
      });
      return passToTheEnd(context, retries);
    },
    (_, { place }, atInMs) => {
      const refused = place === 1 && atInMs < untilInMs;
      return {
        next: place === 0 ? 1 : null,
        retryable: refused ? 3 : 0,
        retryAfterInMs: refused ? retryAfterInMs : 0,
      };
    },
  );
}

test("what a cluster's update holds off for twenty minutes is made in the end, and only what was refused is tried again", () => {
  const { calls, tookInMs } = refusedUntil(20 * A_MINUTE);
  expect(tookInMs).toBeGreaterThanOrEqual(20 * A_MINUTE);
  expect(tookInMs).toBeLessThan(24 * A_MINUTE);
  expect(calls.filter(({ input }) => JSON.stringify(input).includes('"place":0'))).toHaveLength(1);
  // About four events of history a try.
  expect(calls.length).toBeLessThan(20);
});

test("a Retry-After of minutes is waited out in full, and one of a day ends with the time allowed", () => {
  const minutes = refusedUntil(7 * A_MINUTE, 7 * A_MINUTE);
  expect(minutes.calls.map(({ atInMs }) => atInMs)).toEqual([0, 0, 7 * A_MINUTE]);
  const day = refusedUntil(Number.POSITIVE_INFINITY, 24 * 60 * A_MINUTE);
  expect(day.calls.map(({ atInMs }) => atInMs)).toEqual([0, 0, 60 * A_MINUTE]);
});

test("what is refused for ever is given up after an hour and at most thirty tries", () => {
  const { calls, tookInMs } = refusedUntil(Number.POSITIVE_INFINITY);
  expect(tookInMs).toBe(60 * A_MINUTE);
  expect(calls.length).toBeLessThanOrEqual(30);
  expect(refusedUntil(Number.POSITIVE_INFINITY, 1).calls.length).toBeLessThanOrEqual(31);
});

const PLANNED: Planned = {
  planDigest: "p",
  mode: "evict",
  automatic: 1,
  approval: 1,
  atDeadline: 0,
  rotations: { automatic: 0, approved: 0, "at-deadline": 0 },
  pace: {
    confirmations: 1,
    confirmEveryInMs: 1_000,
    confirmWithinInMs: 1_000,
    decideWithinInMs: 8 * 60 * A_MINUTE,
    watchForInMs: 0,
    watchEveryInMs: 0,
  },
};

test("a step that waits for Azure neither holds up the question nor waits for its answer", () => {
  const { calls } = run(
    caseFlow,
    (name, { selection, about }, atInMs) => {
      switch (name) {
        case "begin-case":
          return { next: "scope" };
        case "take-snapshot":
          return { again: false, principals: 1 };
        case "make-plan":
          return PLANNED;
        case "perform-steps": {
          const refused = selection === "automatic" && atInMs < 16 * A_MINUTE;
          return { next: null, retryable: refused ? 1 : 0, retryAfterInMs: 0 };
        }
        case "confirm-steps":
          return { open: 0, agreed: "" };
        case "read-decision":
          return { kind: about === "plan" && atInMs > 6 * 60 * A_MINUTE ? "approved" : "none" };
        case "watch-once":
          return { findings: 0, contain: false };
        case "conclude-case":
          return { outcome: "contained", watchUntil: null };
        default:
          return {};
      }
    },
    { caseId: "c", phase: "respond", round: 1 },
  );
  const at = (wanted: string, selection?: string) =>
    calls
      .filter(
        ({ name, input }) =>
          name === wanted && (selection === undefined || JSON.stringify(input).includes(selection)),
      )
      .map(({ atInMs }) => atInMs);
  expect(at("ask-decision")[0]).toBeLessThan(20_000);
  const tries = at("perform-steps", "automatic");
  expect(tries.at(-1)).toBeGreaterThanOrEqual(16 * A_MINUTE);
  expect(tries.at(-1)).toBeLessThan(20 * A_MINUTE);
  expect(at("perform-steps", "approved")).toHaveLength(1);
  expect(calls.length).toBeLessThan(80);
});
