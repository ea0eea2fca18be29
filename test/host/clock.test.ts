import { expect, test } from "vitest";
import { manualClock, systemClock } from "../../local/host/clock.ts";

test("a manual clock runs timers in the order of their instants and shows each its own time", async () => {
  const clock = manualClock(1000);
  const ran: [string, number][] = [];
  clock.setTimer(1300, () => ran.push(["late", clock.now()]));
  clock.setTimer(1100, () => ran.push(["early", clock.now()]));
  clock.setTimer(1100, () => ran.push(["early too", clock.now()]));
  await clock.advance(250);
  expect(ran).toEqual([
    ["early", 1100],
    ["early too", 1100],
  ]);
  expect([clock.now(), clock.nextTimerAt()]).toEqual([1250, 1300]);
});

test("a timer set by work that a timer started still runs on the way", async () => {
  const clock = manualClock(0);
  const ran: number[] = [];
  const again = async (): Promise<void> => {
    await Promise.resolve();
    ran.push(clock.now());
    if (ran.length < 4) clock.setTimer(clock.now() + 3_600_000, () => void again());
  };
  clock.setTimer(3_600_000, () => void again());
  await clock.advanceTo(72 * 3_600_000);
  expect(ran).toEqual([1, 2, 3, 4].map((it) => it * 3_600_000));
});

test("a cancelled timer does not run, and a past instant runs soon without an advance", async () => {
  const clock = manualClock(1000);
  const ran: string[] = [];
  clock.setTimer(1100, () => ran.push("cancelled")).cancel();
  clock.setTimer(1, () => ran.push("past"));
  expect(ran).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(ran).toEqual(["past"]);
  await clock.advance(500);
  expect(ran).toEqual(["past"]);
});

test("the system clock takes instants further away than Node's timers reach, and never fires early", async () => {
  const clock = systemClock();
  let firedEarly = false;
  const far = clock.setTimer(clock.now() + 90 * 86_400_000, () => (firedEarly = true));
  const at = clock.now() + 20;
  const firedAt = await new Promise<number>((resolve) => clock.setTimer(at, () => resolve(clock.now())));
  far.cancel();
  expect(firedAt).toBeGreaterThanOrEqual(at);
  expect(firedEarly).toBe(false);
});
