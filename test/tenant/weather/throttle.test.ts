import * as fc from "fast-check";
import { expect, test } from "vitest";
import { manualTenantClock } from "../../../local/tenant/clock.ts";
import { latencyModel } from "../../../local/tenant/weather/latency.ts";
import { createThrottle } from "../../../local/tenant/weather/throttle.ts";

const LIMIT = { capacity: 10, perInMs: 10_000 };

test("a full bucket is drained, refused with the time to wait, and good again after it", () => {
  const clock = manualTenantClock(0);
  const throttle = createThrottle(clock, 1);
  for (let call = 0; call < 10; call++) expect(throttle.take("a", LIMIT).kind).toBe("allowed");

  const refused = throttle.take("a", LIMIT);
  expect(refused).toEqual({ kind: "throttled", retryAfterInMs: 1_000 });
  expect(throttle.take("b", LIMIT).kind).toBe("allowed");
  clock.advance(1_000);
  expect(throttle.take("a", LIMIT).kind).toBe("allowed");
  expect(throttle.take("a", LIMIT).kind).toBe("throttled");
});

test("a scale makes fewer calls enough, and off makes none", () => {
  const clock = manualTenantClock(0);
  const tenth = createThrottle(clock, 0.1);
  expect(tenth.take("a", LIMIT).kind).toBe("allowed");
  expect(tenth.take("a", LIMIT).kind).toBe("throttled");
  const off = createThrottle(clock, "off");
  for (let call = 0; call < 1_000; call++)
    expect(off.take("a", LIMIT)).toEqual({ kind: "allowed", remaining: 10 });
});

test("whatever is asked and however long is waited, no more gets through than capacity and refill allow", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }), (pauses) => {
      const clock = manualTenantClock(0);
      const throttle = createThrottle(clock, 1);
      let allowed = 0;
      for (const pause of pauses) {
        clock.advance(pause);
        if (throttle.take("a", LIMIT).kind === "allowed") allowed += 1;
      }
      expect(allowed).toBeLessThanOrEqual(
        LIMIT.capacity + (clock.now() / LIMIT.perInMs) * LIMIT.capacity + 1e-6,
      );
    }),
  );
});

test("latencies have the median asked for, and are the same for the same seed", () => {
  const draw = (seed: number) => {
    const latency = latencyModel({ graph: { medianInMs: 100, p95InMs: 300 } }, seed);
    return Array.from({ length: 2_000 }, () => latency("graph"));
  };
  const sorted = draw(1).toSorted((one, other) => one - other);

  expect(sorted[1_000]).toBeGreaterThan(90);
  expect(sorted[1_000]).toBeLessThan(110);
  expect(sorted[1_900]).toBeGreaterThan(250);
  expect(sorted[1_900]).toBeLessThan(350);
  expect(draw(1)).toEqual(draw(1));
  expect(latencyModel("none", 1)("arm")).toBe(0);
});
