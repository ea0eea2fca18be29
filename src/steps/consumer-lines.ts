import { consumerSentence, type SecretConsumer } from "../case/secret-consumer.ts";

const MOST_NAMED = 12;

/** Who takes a secret, one a line, for whoever decides whether it may change; when it is disabled, all of them lose it. */
export function consumerLines(
  consumers: readonly SecretConsumer[],
  what: "rotated" | "disabled",
): readonly string[] {
  const lines = [...new Set(consumers.map((it) => consumerSentence(it, what)))];
  const more = lines.length - MOST_NAMED;
  return more > 0 ? [...lines.slice(0, MOST_NAMED), `${more} more take it; the scope names them.`] : lines;
}
