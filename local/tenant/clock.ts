/** What time it is in the tenant, in milliseconds since 1970. Everything that ages, expires or propagates asks this and nothing else. */
export interface TenantClock {
  now(): number;
}

export function wallClock(): TenantClock {
  return { now: () => Date.now() };
}

export interface ManualTenantClock extends TenantClock {
  advance(byInMs: number): void;
}

/** A clock that stands still until told to move: a token's death or an hour of propagation takes no time to test. */
export function manualTenantClock(startAt: number | string): ManualTenantClock {
  let at = typeof startAt === "string" ? Date.parse(startAt) : startAt;
  return {
    now: () => at,
    advance: (byInMs) => {
      at += byInMs;
    },
  };
}
