import { Secret } from "../azure/secret.ts";
import type { Place } from "./rotation.ts";

const FIELD =
  /(?:^|;|,|\s)(?:AccountKey|SharedAccessKey|SharedSecret|Secret|Password|Pwd)\s*=\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;,\s]+)/i;

/**
 * Finds where in a value the credential stands: where a known one is, else in the field of a connection string that holds
 * one, else the whole value is the credential. Quotes of a field stay where they are.
 */
export function placeIn(value: Secret, known: readonly Secret[]): Place {
  const text = value.reveal();
  for (const credential of known) {
    const part = credential.reveal();
    const from = text.indexOf(part);
    if (from >= 0) return { from, to: from + part.length };
  }
  const found = looksLikeConnectionString(text) ? FIELD.exec(text) : null;
  const field = found?.[1];
  if (found === null || field === undefined) return { from: 0, to: text.length };
  const end = found.index + found[0].length;
  const quotes = /^["']/.test(field) ? 1 : 0;
  return { from: end - field.length + quotes, to: end - quotes };
}

/** The value with another credential in the same place, everything else to the letter. */
export function refill(value: Secret, { from, to }: Place, credential: Secret): Secret {
  const text = value.reveal();
  return new Secret(`${text.slice(0, from)}${credential.reveal()}${text.slice(to)}`);
}

/** What stands in a place of a value. */
export function standingAt(value: Secret, { from, to }: Place): Secret {
  return new Secret(value.reveal().slice(from, to));
}

/** Field, equals sign, and another field; or the Redis form, host and port with options behind a comma. */
function looksLikeConnectionString(text: string): boolean {
  return /^\s*[A-Za-z][\w ]*=[^;]+;.*=/s.test(text) || /^[\w.-]+:\d+,.*password=/i.test(text);
}
