import { setTimeout as delay } from "node:timers/promises";

import * as df from "durable-functions";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type DurableHost, durableApp } from "./durable-host.ts";

/** What an orchestration may be made of. `all` is done at the same time, `child` one after the other in an instance of its own. */
type Part =
  | { readonly kind: "call"; readonly n: number; readonly failures: number; readonly ms: number }
  | { readonly kind: "timer"; readonly ms: number }
  | { readonly kind: "all"; readonly parts: readonly Part[] }
  | { readonly kind: "child"; readonly parts: readonly Part[] };

interface Call {
  readonly n: number;
  readonly failures: number;
  readonly ms: number;
  /** Where in the program the call stands: its count is kept under this. */
  readonly place: string;
}

const made = new Map<string, number>();

function* perform(context: df.OrchestrationContext, parts: readonly Part[], place: string) {
  const values: unknown[] = [];
  for (const [index, part] of parts.entries()) values.push(yield taskOf(context, part, `${place}.${index}`));
  return values;
}

function taskOf(context: df.OrchestrationContext, part: Part, place: string): df.Task {
  switch (part.kind) {
    case "call": {
      const call: Call = { ...part, place };
      return part.failures === 0
        ? context.df.callActivity("Call", call)
        : context.df.callActivityWithRetry("Call", new df.RetryOptions(1, part.failures + 1), call);
    }
    case "timer":
      return context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + part.ms));
    case "all":
      return context.df.Task.all(part.parts.map((it, index) => taskOf(context, it, `${place}.${index}`)));
    case "child":
      return context.df.callSubOrchestrator("Program", { parts: part.parts, place });
    default:
      return part satisfies never;
  }
}

/** The value on paper. */
function valueOf(part: Part): unknown {
  switch (part.kind) {
    case "call":
      return part.n * 10;
    case "timer":
      return null;
    case "all":
    case "child":
      return part.parts.map(valueOf);
    default:
      return part satisfies never;
  }
}

/** How often each call must be made, by its place. */
function callsOf(parts: readonly Part[], place: string): [string, number][] {
  return parts.flatMap((part, index): [string, number][] => {
    const here = `${place}.${index}`;
    if (part.kind === "call") return [[here, part.failures + 1]];
    return part.kind === "timer" ? [] : callsOf(part.parts, here);
  });
}

const start = durableApp(() => {
  df.app.activity("Call", {
    handler: async ({ n, failures, ms, place }: Call) => {
      const times = (made.get(place) ?? 0) + 1;
      made.set(place, times);
      if (ms > 0) await delay(ms);
      if (times <= failures) throw new Error(`${times} of ${failures}`);
      return n * 10;
    },
  });
  df.app.orchestration("Program", function* (context) {
    const { parts, place } = context.df.getInput<{ parts: Part[]; place: string }>();
    return yield* perform(context, parts, place);
  });
});

const call = fc.record({
  kind: fc.constant("call" as const),
  n: fc.nat({ max: 99 }),
  failures: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 2 }) }),
  ms: fc.oneof(fc.constant(0), fc.nat({ max: 4 })),
});
const timer = fc.record({ kind: fc.constant("timer" as const), ms: fc.nat({ max: 6 }) });
const { part } = fc.letrec<{ part: Part }>((tie) => {
  const parts = fc.array(tie("part"), { minLength: 1, maxLength: 4 });
  return {
    part: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      call,
      timer,
      fc.record({ kind: fc.constant("all" as const), parts }),
      fc.record({ kind: fc.constant("child" as const), parts }),
    ),
  };
});
const program = fc.array(part, { minLength: 1, maxLength: 5 });

let host: DurableHost;
beforeAll(async () => {
  host = await start();
});
afterAll(() => host.stop());

let programs = 0;

describe("any program of calls, retries, timers, groups and children", () => {
  test("comes to the value it has on paper, with every call made exactly as often as it must", async () => {
    await fc.assert(
      fc.asyncProperty(program, async (parts) => {
        programs += 1;
        const place = `p${programs}`;
        const status = await host.run("Program", { parts, place }, place);
        // A timer's value is nothing: it becomes null in JSON.
        expect(status.output).toEqual(parts.map(valueOf));
        for (const [where, times] of callsOf(parts, place))
          expect([where, made.get(where)]).toEqual([where, times]);
      }),
      { numRuns: 60 },
    );
  });
});
