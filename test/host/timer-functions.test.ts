import { app, type Timer } from "@azure/functions";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manualClock } from "../../local/host/clock.ts";
import { type ObservedHost, startObserved } from "./sample-host.ts";

const start = Date.parse("2026-01-01T00:00:30Z");
const hour = 3_600_000;

interface Run {
  readonly name: string;
  readonly at: string;
  readonly timer: Timer;
}
const runs: Run[] = [];
const retries: (number | undefined)[] = [];
let failuresOfRetried = 0;
let clock = manualClock(start);
let storeFolder: string;
const started: ObservedHost[] = [];
/** Resolves what the timer `slow` waits for. */
let release = (): void => undefined;

const record =
  (name: string) =>
  (timer: Timer): void =>
    void runs.push({ name, at: new Date(clock.now()).toISOString(), timer });

/** Registered once: a host that is started again gets the same functions. */
function timerApp(): void {
  app.timer("hourly", { schedule: "0 0 * * * *", handler: record("hourly") });
  app.timer("often", { schedule: "*/20 59 * * * *", handler: record("often") });
  app.timer("span", { schedule: "06:00:00", handler: record("span") });
  app.timer("atStart", {
    schedule: "%WHEN%",
    useMonitor: false,
    runOnStartup: true,
    handler: record("atStart"),
  });
  app.timer("slow", {
    schedule: "0 30 * * * *",
    useMonitor: false,
    handler: async (timer) => {
      record("slow")(timer);
      await new Promise<void>((resolve) => (release = resolve));
    },
  });
  app.timer("failing", {
    schedule: "0 15 * * * *",
    useMonitor: false,
    handler: () => {
      throw new Error("timer trouble");
    },
  });
  app.timer("retried", {
    schedule: "0 0 12 * * *",
    useMonitor: false,
    retry: { strategy: "fixedDelay", maxRetryCount: 3, delayInterval: { minutes: 5 } },
    handler: (timer, context) => {
      record("retried")(timer);
      retries.push(context.retryContext?.retryCount);
      if (retries.length < failuresOfRetried) throw new Error("not yet");
    },
  });
  app.timer("broken", { schedule: "every day", handler: record("broken") });
  app.timer("unset", { schedule: "%NO_SUCH_SETTING%", handler: record("unset") });
}

/** Starts a host on the timers; the end of the test stops it. */
async function startTimers(environment: NodeJS.ProcessEnv = {}): Promise<ObservedHost> {
  const host = await startObserved({
    app: timerApp,
    clock,
    store: join(storeFolder, "hub.db"),
    environment: { WHEN: "0 0 12 * * *", ...environment },
  });
  started.push(host);
  return host;
}

const runsOf = (name: string): string[] => runs.filter((it) => it.name === name).map((it) => it.at);

beforeEach(() => {
  storeFolder = mkdtempSync(join(tmpdir(), "host-timers-"));
  clock = manualClock(start);
  runs.length = 0;
  retries.length = 0;
});
afterEach(async () => {
  // A stop waits for what runs.
  release();
  for (const host of started.splice(0)) await host.stop();
  rmSync(storeFolder, { recursive: true });
});

test("timers fire at the instants of their schedules, a time span from the start on", async () => {
  await startTimers();
  await clock.advance(7 * hour);
  expect(runsOf("hourly").slice(0, 2)).toEqual(["2026-01-01T01:00:00.000Z", "2026-01-01T02:00:00.000Z"]);
  expect(runsOf("hourly")).toHaveLength(7);
  expect(runsOf("often")).toHaveLength(7 * 3);
  expect(runsOf("span")).toEqual(["2026-01-01T06:00:30.000Z"]);
});

test("runOnStartup runs a timer at once, and its schedule from a setting goes on", async () => {
  await startTimers();
  await clock.advance(13 * hour);
  expect(runsOf("atStart")).toEqual(["2026-01-01T00:00:30.000Z", "2026-01-01T12:00:00.000Z"]);
});

test("WEBSITE_TIME_ZONE moves NCRONTAB schedules", async () => {
  await startTimers({ WEBSITE_TIME_ZONE: "America/New_York" });
  await clock.advance(20 * hour);
  expect(runsOf("atStart")[1]).toBe("2026-01-01T17:00:00.000Z");
});

test("an unknown time zone is said and read as UTC", async () => {
  const host = await startTimers({ WEBSITE_TIME_ZONE: "Middle Earth Standard Time" });
  expect(host.messages().join()).toMatch(/Middle Earth Standard Time.*UTC/);
});

test("a run that has not ended holds its next one back", async () => {
  await startTimers();
  await clock.advance(3 * hour);
  expect(runsOf("slow")).toEqual(["2026-01-01T00:30:00.000Z"]);
  release();
  await clock.advance(hour);
  expect(runsOf("slow")).toEqual(["2026-01-01T00:30:00.000Z", "2026-01-01T03:30:00.000Z"]);
  release();
});

test("a timer that throws is logged each time and fires again", async () => {
  const host = await startTimers();
  await clock.advance(2 * hour);
  const failures = host.logged.filter((it) => it.functionName === "failing");
  expect(failures.map((it) => it.error?.message)).toEqual(["timer trouble", "timer trouble"]);
});

test("a retry policy tries a failed run again after its delay, so many times and no more", async () => {
  await startTimers();
  failuresOfRetried = 3;
  await clock.advance(13 * hour);
  expect(runsOf("retried").map((it) => it.slice(11, 16))).toEqual(["12:00", "12:05", "12:10"]);
  expect(retries.splice(0)).toEqual([undefined, 1, 2]);
  failuresOfRetried = 99;
  await clock.advance(24 * hour);
  expect(retries.splice(0)).toEqual([undefined, 1, 2, 3]);
});

test("schedules that are none put their function in error, by name, and the host runs", async () => {
  const host = await startTimers();
  expect(host.messages()).toContainEqual(expect.stringMatching(/'broken'.*every day/));
  expect(host.messages()).toContainEqual(expect.stringMatching(/'unset'.*%NO_SUCH_SETTING%/));
  await clock.advance(hour);
  expect(runsOf("hourly")).toHaveLength(1);
});

describe("what a monitored timer is told", () => {
  const statusAt = async (): Promise<Timer | undefined> => {
    await clock.advance(hour);
    return runs.findLast((it) => it.name === "hourly")?.timer;
  };

  test("its last and next run, the first time that it never ran", async () => {
    await startTimers();
    expect(await statusAt()).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: {
        last: "0001-01-01T00:00:00",
        next: "2026-01-01T01:00:00+00:00",
        lastUpdated: "2026-01-01T00:00:30+00:00",
      },
      isPastDue: false,
    });
    expect((await statusAt())?.scheduleStatus).toEqual({
      last: "2026-01-01T01:00:00+00:00",
      next: "2026-01-01T02:00:00+00:00",
      lastUpdated: "2026-01-01T01:00:00+00:00",
    });
  });

  test("nothing when it fires more often than once a minute, or with useMonitor false", async () => {
    await startTimers();
    await clock.advance(hour);
    const told = (name: string): unknown => runs.find((it) => it.name === name)?.timer.scheduleStatus;
    expect([told("often"), told("slow"), told("atStart")]).toEqual([null, null, null]);
    release();
  });
});

describe("after the host was down", () => {
  const downFor = async (durationInMs: number): Promise<ObservedHost> => {
    const first = await startTimers();
    await clock.advance(hour);
    release();
    await first.stop();
    runs.length = 0;
    await clock.advance(durationInMs);
    return startTimers();
  };

  test("a missed run is made up for once, marked past due", async () => {
    await downFor(5 * hour);
    await clock.advance(0);
    const hourly = runs.filter((it) => it.name === "hourly");
    expect(hourly.map((it) => [it.at, it.timer.isPastDue])).toEqual([["2026-01-01T06:00:30.000Z", true]]);
    await clock.advance(hour);
    expect(runsOf("hourly")).toHaveLength(2);
    release();
  });

  test("nothing is made up for when nothing was missed, nor for timers without a monitor", async () => {
    await downFor(10_000);
    await clock.advance(0);
    expect(runsOf("hourly")).toEqual([]);
    expect(runsOf("slow")).toEqual([]);
  });

  test("damaged state is refused by name instead of being lost", async () => {
    writeFileSync(join(storeFolder, "hub.db.timers.json"), '{"version":1,"timers":');
    await expect(startTimers()).rejects.toMatchObject({ code: "TIMER_STATE_DAMAGED" });
  });
});

test("a run that cannot be remembered is said, and the schedule goes on", async () => {
  const host = await startTimers();
  rmSync(join(storeFolder, "hub.db.timers.json"));
  // A folder in the place of the file: nothing can be written there.
  mkdirSync(join(storeFolder, "hub.db.timers.json", "in-the-way"), { recursive: true });
  await clock.advance(2 * hour);
  expect(runsOf("hourly")).toHaveLength(2);
  expect(host.messages()).toContain("hourly: its last run could not be remembered");
});

test("a timer can be run now, leaving its schedule alone", async () => {
  const host = await startTimers();
  expect(await host.runTimer("HOURLY")).toBe(true);
  expect(await host.runTimer("nosuch")).toBe(false);
  expect(runsOf("hourly")).toEqual(["2026-01-01T00:00:30.000Z"]);
  await clock.advance(hour);
  expect(runsOf("hourly")).toHaveLength(2);
});
