import { z } from "zod";

/** When a failed run is tried again. */
export interface RetryPolicy {
  /** As given: -1 stands for no end. */
  readonly maxRetryCount: number;
  /** Whether there is a retry number `retry`, from 1. */
  allows(retry: number): boolean;
  /** How long to wait before retry number `retry`, from 1. */
  delayInMs(retry: number): number;
}

const Duration = z.object({ seconds: z.number().nullish() }).transform((it) => (it.seconds ?? 0) * 1000);

const Options = z.object({
  retryStrategy: z.string().transform((it) => it.toLowerCase()),
  maxRetryCount: z.number().int(),
  delayInterval: Duration.nullish(),
  minimumInterval: Duration.nullish(),
  maximumInterval: Duration.nullish(),
});

/** Reads the retry options a function was registered with; undefined for none, or for options that make no sense. */
export function parseRetryPolicy(options: unknown): RetryPolicy | undefined {
  const parsed = Options.safeParse(options);
  if (!parsed.success) return undefined;
  const { retryStrategy, maxRetryCount, delayInterval, minimumInterval, maximumInterval } = parsed.data;
  const allows = (retry: number): boolean => maxRetryCount < 0 || retry <= maxRetryCount;
  switch (retryStrategy) {
    case "fixeddelay":
      return { maxRetryCount, allows, delayInMs: () => delayInterval ?? 0 };
    case "exponentialbackoff": {
      const least = minimumInterval ?? 0;
      const most = maximumInterval ?? Number.POSITIVE_INFINITY;
      // The real host spreads these by a random part; without it a test knows when to look.
      return { maxRetryCount, allows, delayInMs: (retry) => Math.min(least * 2 ** (retry - 1), most) };
    }
    default:
      return undefined;
  }
}
