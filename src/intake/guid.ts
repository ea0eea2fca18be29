const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ZERO = "00000000-0000-0000-0000-000000000000";

/** A GUID in lower case, without braces; null for what is none, and for the zero GUID that sample alerts carry. */
export function guidOf(text: string | null): string | null {
  const bare = text
    ?.trim()
    .replace(/^\{(.*)\}$/, "$1")
    .toLowerCase();
  return bare !== undefined && GUID.test(bare) && bare !== ZERO ? bare : null;
}

/** An ARM id, or null. */
export function resourceIdOf(text: string | null): string | null {
  return text !== null && /^\/subscriptions\/[^/]+(\/|$)/i.test(text) ? text.replace(/\/+$/, "") : null;
}

/** A user principal name, or null. */
export function upnOf(text: string | null): string | null {
  return text !== null && /^[^\s@/\\]{1,113}@[^\s@/\\]{1,255}\.[^\s@/\\.]+$/.test(text) ? text : null;
}
