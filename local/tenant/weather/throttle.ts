import type { TenantClock } from "../clock.ts";
import type { Throttle } from "../tenant.ts";

/** `off`: nothing is ever throttled. A number: limits times that, so 0.01 makes a hundredth of the calls enough. */
export type ThrottlingScale = "off" | number;

interface Bucket {
  level: number;
  at: number;
}

/** Token buckets in tenant time: a bucket refills evenly and never holds more than its capacity. */
export function createThrottle(clock: TenantClock, scale: ThrottlingScale): Throttle {
  const buckets = new Map<string, Bucket>();
  return {
    take: (key, limit, cost = 1) => {
      if (scale === "off") return { kind: "allowed", remaining: limit.capacity };
      const capacity = Math.max(1, limit.capacity * scale);
      const now = clock.now();
      const bucket = buckets.get(key) ?? { level: capacity, at: now };
      bucket.level = Math.min(capacity, bucket.level + ((now - bucket.at) / limit.perInMs) * capacity);
      bucket.at = now;
      buckets.set(key, bucket);
      if (bucket.level < Math.min(cost, capacity)) {
        return {
          kind: "throttled",
          retryAfterInMs: Math.ceil(((Math.min(cost, capacity) - bucket.level) / capacity) * limit.perInMs),
        };
      }
      bucket.level -= cost;
      return { kind: "allowed", remaining: Math.max(0, Math.floor(bucket.level)) };
    },
  };
}
