/**
 * Milliseconds of a .NET time span, `[d.]hh:mm:ss[.fff]`, or undefined for any other text. Like .NET it takes `hh:mm`
 * and a bare number of days too.
 */
export function parseTimeSpan(text: string): number | undefined {
  const days = /^(\d+)$/.exec(text.trim())?.[1];
  if (days !== undefined) return Number(days) * 86_400_000;

  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, d = "0", h = "0", m = "0", s = "0", fraction = "0"] = match;
  if (Number(h) > 23 || Number(m) > 59 || Number(s) > 59) return undefined;
  const seconds = ((Number(d) * 24 + Number(h)) * 60 + Number(m)) * 60 + Number(s);
  return seconds * 1000 + Math.floor(Number(`0.${fraction}`) * 1000);
}
