/** Ids go into paths, filters and queries: only what has the form of one ever does. */
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ZERO_GUID = "00000000-0000-0000-0000-000000000000";

/** Lower-case GUID, or null for anything else, the zero GUID of samples included. */
export function guidOf(text: string): string | null {
  const lower = text.trim().toLowerCase();
  return GUID.test(lower) && lower !== ZERO_GUID ? lower : null;
}

/** An ARM id in the characters ARM allows in one, without a closing slash; null for anything else. */
export function armIdOf(text: string): string | null {
  const id = text.trim().replace(/\/+$/, "");
  return /^\/subscriptions\/[0-9a-f-]{36}(?:\/[\w.()@ -]+)*$/i.test(id) && id.length <= 2048 ? id : null;
}

/** A text as an OData literal: quotes are doubled, and the whole is percent-encoded for the query string. */
export function odataText(text: string): string {
  return encodeURIComponent(`'${text.replaceAll("'", "''")}'`);
}

/** Whether a text may stand in a query: control characters have no business in an id, a name or an address. */
export function isQueryText(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- finding control characters is the point
  return !/[\u0000-\u001f\u007f\u2028\u2029]/.test(text);
}

/** A text as a KQL literal. Throws for one with control characters: whoever asks has checked, or it is a defect. */
export function kqlText(text: string): string {
  if (!isQueryText(text)) throw new TypeError("a control character in a value for a query");
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** A list of texts for `in~ ( … )`. KQL has no empty list, so there is always one value, which nothing equals. */
export function kqlList(texts: readonly string[]): string {
  return `(${(texts.length === 0 ? ["-"] : texts).map(kqlText).join(", ")})`;
}

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
