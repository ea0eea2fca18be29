/**
 * Text as a person may see it: names are chosen by attackers too, so control, direction and invisible characters are
 * replaced by a mark. Limits: says nothing about markup; each form of the report escapes for itself.
 */
export function shown(text: string): string {
  return text.replaceAll(/[\t\n\r]+/g, " ").replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, "�");
}

/** At most so many characters, the last one an ellipsis where something was left out. */
export function shortened(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** An ARM id's last segments, which is what people know the thing by; other ids as they are. */
export function shortId(id: string): string {
  const segments = id.split("/").filter((it) => it !== "");
  return segments.length < 5 ? id : segments.slice(-2).join("/");
}

const ARM_ID = /\/subscriptions\/[^\s,;:'"()]{24,}/gi;

/** A sentence with its ARM ids cut to what people know the things by. Limits: not for finding them; show the whole too. */
export function withShortIds(text: string): string {
  return text.replaceAll(ARM_ID, (id) => {
    const short = shortId(id);
    return short === id ? id : `…/${short}`;
  });
}

/** `2026-03-01T02:03:04.005Z` as `2026-03-01 02:03:04 UTC`; anything else as it is. */
export function shownTime(at: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(at) ? `${at.slice(0, 10)} ${at.slice(11, 19)} UTC` : at;
}

/** `1 step`, `2 steps`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const SPANS = [
  { inMs: 86_400_000, name: "day" },
  { inMs: 3_600_000, name: "hour" },
  { inMs: 60_000, name: "minute" },
  { inMs: 1_000, name: "second" },
] as const;

/** How long from one time to another, in the largest unit that fits twice; below that in seconds. */
export function shownSpan(from: string, to: string): string {
  const inMs = Math.max(0, Date.parse(to) - Date.parse(from));
  if (!Number.isFinite(inMs)) return "an unknown time";
  if (inMs < 2_000) return `${(inMs / 1_000).toFixed(2)} seconds`;
  const span = SPANS.find((it) => inMs >= 2 * it.inMs);
  return span === undefined ? "0 seconds" : counted(Math.round(inMs / span.inMs), span.name);
}
