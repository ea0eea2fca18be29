/** Whether a title or alert type is Defender's own sample: nothing happened, and its ids are nobody's. */
export function isSample(texts: readonly string[]): boolean {
  return texts.some((text) => /\[SAMPLE ALERT\]|\bSIMULATED_/i.test(text));
}
