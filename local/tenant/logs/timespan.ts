/** The time a request limits a query to, beside what the query itself says. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** `PT2H`, `start/end`, `start/duration` or `duration/end`; undefined for anything else. */
export function parseInterval(text: string, now: number): Interval | undefined {
  const [first = "", second] = text.split("/");
  if (second === undefined) {
    const span = durationInMs(first);
    return span === undefined ? undefined : { from: now - span, to: now };
  }
  const [start, end] = [momentOf(first), momentOf(second)];
  const span = durationInMs(start === undefined ? first : second);
  if (start !== undefined && end !== undefined) return { from: start, to: end };
  if (start !== undefined && span !== undefined) return { from: start, to: start + span };
  if (end !== undefined && span !== undefined) return { from: end - span, to: end };
  return undefined;
}

function durationInMs(text: string): number | undefined {
  const parts = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (parts === null || text === "P" || text.endsWith("T")) return undefined;
  const [, weeks, days, hours, minutes, seconds] = parts.map((part) => Number(part ?? 0));
  return (
    ((((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 +
    (seconds ?? 0) * 1000
  );
}

function momentOf(text: string): number | undefined {
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
