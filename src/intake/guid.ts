const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ZERO = "00000000-0000-0000-0000-000000000000";
/** Longer than any ARM id. */
const LONGEST = 2_000;

/** A GUID in lower case, without braces; null for what is none, and for the zero GUID that sample alerts carry. */
export function guidOf(text: string | null): string | null {
  if (text === null || text.length > 100) return null;
  const bare = text
    .trim()
    .replace(/^\{(.*)\}$/, "$1")
    .toLowerCase();
  return GUID.test(bare) && bare !== ZERO ? bare : null;
}

/** An ARM id, or null. One with a dot segment, a query or an escape is none: it may be put into a URL. */
export function resourceIdOf(text: string | null): string | null {
  if (text === null || text.length > LONGEST) return null;
  const id = text.trim().replace(/\/+$/, "");
  return /^\/subscriptions\/[^/]+(\/|$)/i.test(id) && !/[?#%\\\n\r\t]|\/\.{0,2}(\/|$)/.test(id) ? id : null;
}

/** A user principal name, or null. Only what Entra allows in one: nothing that quotes, ends or escapes. */
export function upnOf(text: string | null): string | null {
  if (text === null || text.length > 320) return null;
  return /^[\p{L}\p{N}'._!#^~-]{1,113}@[\p{L}\p{N}.-]{1,200}\.[\p{L}\p{N}-]{1,63}$/u.test(text) ? text : null;
}
