import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import * as df from "durable-functions";

/** Every activity writes a line here as it begins: what was done, and how often, is read from it afterwards. */
const logFile = process.env["HOST_CRASH_LOG"] ?? "";

interface Step {
  readonly instance: string;
  readonly step: number;
  readonly failures?: number;
}

function note({ instance, step }: Step): number {
  const line = `${instance} ${step}\n`;
  appendFileSync(logFile, line);
  return readFileSync(logFile, "utf8").split(line).length - 1;
}

df.app.activity("Do", {
  handler: async (step: Step) => {
    note(step);
    await delay(3);
    return { step: step.step };
  },
});

df.app.activity("Flaky", {
  handler: async (step: Step) => {
    const times = note(step);
    await delay(2);
    if (times <= (step.failures ?? 0)) throw new Error(`not yet, ${times}`);
    return { step: step.step };
  },
});

/** Takes the host down with it, every time. */
df.app.activity("Killer", {
  handler: async (step: Step) => {
    note(step);
    // Long enough for the neighbours to have begun.
    await delay(20);
    process.kill(process.pid, "SIGKILL");
    await delay(60_000);
  },
});

df.app.activity("Slow", {
  handler: async (step: Step) => {
    note(step);
    await delay(120);
    return { step: step.step };
  },
});

const later = (context: df.OrchestrationContext, ms: number): Date =>
  new Date(context.df.currentUtcDateTime.getTime() + ms);

df.app.orchestration("FanOut", function* (context) {
  const instance = context.df.instanceId;
  const retry = new df.RetryOptions(5, 60);
  const done: Step[] = yield context.df.Task.all(
    Array.from({ length: 6 }, (_, step) =>
      step % 2 === 0
        ? context.df.callActivity("Do", { instance, step })
        : context.df.callActivityWithRetry("Flaky", retry, { instance, step, failures: 1 }),
    ),
  );
  return { steps: done.map((it) => it.step) };
});

df.app.orchestration("Sequence", function* (context) {
  const instance = context.df.instanceId;
  const steps: number[] = [];
  for (let step = 0; step < 5; step++) {
    const done: Step = yield context.df.callActivity("Do", { instance, step });
    steps.push(done.step);
    yield context.df.createTimer(later(context, 20));
  }
  return { steps };
});

df.app.orchestration("Events", function* (context) {
  const instance = context.df.instanceId;
  const steps: number[] = [];
  for (let step = 0; step < 3; step++) {
    const event: Step = yield context.df.waitForExternalEvent(`e${step}`);
    yield context.df.callActivity("Do", { instance, step });
    steps.push(event.step);
  }
  return { steps };
});

/** Takes one event a generation, each item once however often it was raised. */
df.app.orchestration("Collect", function* (context) {
  const instance = context.df.instanceId;
  const { steps } = context.df.getInput<{ steps: number[] }>();
  const event: Step = yield context.df.waitForExternalEvent("item");
  if (!steps.includes(event.step)) {
    yield context.df.callActivity("Do", { instance, step: steps.length });
    steps.push(event.step);
  }
  if (steps.length < 3) {
    context.df.continueAsNew({ steps });
    return undefined;
  }
  return { steps: steps.toSorted((one, other) => one - other) };
});

df.app.orchestration("Rounds", function* (context) {
  const instance = context.df.instanceId;
  const { steps } = context.df.getInput<{ steps: number[] }>();
  yield context.df.callActivity("Do", { instance, step: steps.length });
  yield context.df.createTimer(later(context, 15));
  steps.push(steps.length);
  if (steps.length < 5) {
    context.df.continueAsNew({ steps });
    return undefined;
  }
  return { steps };
});

df.app.orchestration("Family", function* (context) {
  const id = context.df.instanceId;
  const retry = new df.RetryOptions(5, 3);
  const [fan, sequence]: { steps: number[] }[] = yield context.df.Task.all([
    context.df.callSubOrchestrator("FanOut", null, `${id}-fan`),
    context.df.callSubOrchestratorWithRetry("Sequence", retry, null, `${id}-seq`),
  ]);
  return { steps: [...(fan?.steps ?? []), ...(sequence?.steps ?? [])] };
});

df.app.orchestration("Poisoned", function* (context) {
  const instance = context.df.instanceId;
  const neighbours = [1, 2, 3].map((step) => context.df.callActivity("Slow", { instance, step }));
  const killer = context.df.callActivity("Killer", { instance, step: 0 });
  let failure = "none";
  try {
    yield killer;
  } catch (error) {
    failure = error instanceof Error ? (error.message.split(" \n ")[0] ?? "") : "unknown";
  }
  const done: Step[] = yield context.df.Task.all(neighbours);
  return { failure, steps: done.map((it) => it.step) };
});
