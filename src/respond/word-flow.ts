import type { OrchestrationContext } from "durable-functions";
import { call, type Flow, sleep } from "./flow.ts";
import { tellWord, type Word, type WordTried } from "./word.ts";

const MOST_ATTEMPTS = 8;
const SHORTEST_RETRY_IN_MS = 5_000;
const LONGEST_RETRY_IN_MS = 600_000;

/**
 * Tells one thing to one place, again after durable waits for about half an hour, then gives up. An instance of its own:
 * the case neither waits for it nor fails with it.
 */
export function* wordFlow(context: OrchestrationContext): Flow<WordTried> {
  const word: Word = context.df.getInput();
  for (let attempt = 1; ; attempt++) {
    const last = attempt === MOST_ATTEMPTS;
    const tried = yield* call(context, tellWord, { ...word, attempt, last });
    if (tried.kind !== "again" || last) return tried;
    const backOffInMs = SHORTEST_RETRY_IN_MS * 2 ** (attempt - 1);
    yield* sleep(context, Math.min(Math.max(tried.retryAfterInMs, backOffInMs), LONGEST_RETRY_IN_MS));
  }
}
