import { Secret } from "../azure/secret.ts";
import type { Place } from "./rotation.ts";

/** Fields of a connection string that hold a credential. Quotes stay where they are. */
const FIELD =
  /(?:^|;|,|\s)(?:AccountKey|SharedAccessKey|SharedSecret|Secret|Password|Pwd)\s*=\s*(?:"((?:[^"]|"")+)"|'((?:[^']|'')+)'|([^;,\s]+))/gi;
const JSON_FIELD =
  /"(?:password|pwd|secret|client_?secret|account_?key|access_?key|connection_?password)"\s*:\s*"((?:[^"\\]|\\.)+)"/gi;
/** `scheme://user:password@host`, and a password among the query's parameters. */
const IN_URL = [/^\s*[a-z][\w+.-]*:\/\/[^:@/\s]*:([^@/\s]+)@/gi, /[?&](?:password|pwd)=([^&\s"']+)/gi];
/** Entra's generated secrets have this at the fourth place; secret scanners look for exactly that. */
const ENTRA_SECRET = /(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}(?![\w.~-])/g;

/**
 * Finds where in a value the credential stands: where a known one is, else in the one field that holds one, else the whole
 * value is the credential. Null for a value that is more than a credential and does not show which part of it is one: a
 * new credential must not be written over the rest.
 */
export function placeIn(value: Secret, known: readonly Secret[]): Place | null {
  const text = value.reveal();
  for (const credential of known) {
    const part = credential.reveal();
    for (const encoded of [false, true]) {
      const written = encoded ? encodeURIComponent(part) : part;
      const from = text.indexOf(written);
      if (from >= 0) return { from, to: from + written.length, encoded };
    }
  }
  if (looksLikeConnectionString(text)) return theOnly(text, [FIELD], false);
  if (/^\s*[[{]/.test(text)) return theOnly(text, [JSON_FIELD], false);
  if (/^\s*(?:jdbc:)?[a-z][\w+.-]*:\/\//i.test(text)) return theOnly(text, IN_URL, true);
  return /^\s*</.test(text) || text.trim().includes("\n") ? null : wholeOf(text);
}

/** Where in a value a client secret of Entra's stands; as `placeIn` where none is to be seen. */
export function placeOfEntraSecret(value: Secret): Place | null {
  return theOnly(value.reveal(), [ENTRA_SECRET], false) ?? placeIn(value, []);
}

function wholeOf(text: string): Place {
  return { from: 0, to: text.length, encoded: false };
}

/** The place of the one match there is; null for none, and for several, which nobody can choose between. */
function theOnly(text: string, patterns: readonly RegExp[], encoded: boolean): Place | null {
  const matches = patterns.flatMap((pattern) => [...text.matchAll(pattern)]);
  const [match] = matches;
  if (match === undefined || matches.length > 1) return null;
  const part = match.slice(1).find((it) => it !== undefined) ?? match[0];
  const from = match.index + match[0].lastIndexOf(part);
  return { from, to: from + part.length, encoded };
}

/** The value with another credential in the same place, everything else to the letter. */
export function refill(value: Secret, { from, to, encoded }: Place, credential: Secret): Secret {
  const text = value.reveal();
  const part = credential.reveal();
  return new Secret(`${text.slice(0, from)}${encoded ? encodeURIComponent(part) : part}${text.slice(to)}`);
}

/** What stands in a place of a value. */
export function standingAt(value: Secret, { from, to, encoded }: Place): Secret {
  const part = value.reveal().slice(from, to);
  return new Secret(encoded ? decoded(part) : part);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A percent sign that encodes nothing: it stands for itself.
    return part;
  }
}

/** Field, equals sign, and another field; or the Redis form, host and port with options behind a comma. */
function looksLikeConnectionString(text: string): boolean {
  return /^\s*[A-Za-z][\w ]*=[^;]+;.*=/s.test(text) || /^[\w.-]+:\d+,.*password=/i.test(text);
}
