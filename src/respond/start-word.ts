import type { DurableClient } from "durable-functions";
import { entryIdOf } from "./journal.ts";
import { CHANNELS, type Occasion, type Word, WORD_FLOW } from "./word.ts";

/** What an activity gives as a reason to tell people; null for nothing. */
export interface Telling {
  readonly caseId: string;
  readonly occasion: Occasion;
  readonly about: string;
}

const START_WITHIN_IN_MS = 2_000;

/**
 * Has people told, by instances of their own with ids made from what is told, so that the same word twice is one. Never
 * throws and never takes longer than two seconds: a containment does not wait for messages. False where it did not work.
 */
export async function startWord(
  client: Pick<DurableClient, "startNew" | "getStatus">,
  telling: Telling,
  withinInMs = START_WITHIN_IN_MS,
): Promise<boolean> {
  const started = CHANNELS.map(async (channel) => {
    const input: Word = { ...telling, channel };
    const instanceId = `${telling.caseId}-word-${entryIdOf(telling.occasion, telling.about, channel)}`;
    try {
      await client.startNew(WORD_FLOW, { instanceId, input });
      return true;
    } catch {
      // One that runs already is as good; the SDK throws the same for it and for a broken host.
      return (await client.getStatus(instanceId).catch(() => null)) !== null;
    }
  });
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), withinInMs);
  const all = Promise.all(started).then((each) => each.every(Boolean));
  try {
    return await Promise.race([all, late]);
  } finally {
    clearTimeout(timer);
  }
}
