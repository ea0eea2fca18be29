/** Whether a title or alert type is Defender's own sample: nothing happened, and its ids are nobody's. */
export function isSample(texts: readonly (string | null)[]): boolean {
  return texts.some((text) => text !== null && /\[\s*SAMPLE\s+ALERT\s*\]|(?:^|[^a-z])SIMULATED_/i.test(text));
}
