import { Secret } from "../azure/secret.ts";
import { ENTRA_SECRET } from "./clues.ts";
import type { Place, Spot } from "./rotation.ts";
import { readSpot, spotsOf, writeSpots } from "./spots.ts";

/** Fields of a connection string that hold a credential. Quotes stay where they are. */
const FIELD =
  /(?:^|;|,|\s)(?:AccountKey|SharedAccessKey|SharedSecret|Secret|Password|Pwd)\s*=\s*(?:"((?:[^"]|"")+)"|'((?:[^']|'')+)'|([^;,\s]+))/gi;
const JSON_FIELD =
  /"(?:password|pwd|secret|client_?secret|account_?key|access_?key|connection_?password)"\s*:\s*"((?:[^"\\]|\\.)+)"/gi;
/** `scheme://user:password@host`, and a password among the query's parameters. */
const IN_URL = [/^\s*[a-z][\w+.-]*:\/\/[^:@/\s]*:([^@/\s]+)@/gi, /[?&](?:password|pwd)=([^&\s"']+)/gi];
/** JDBC's form for SQL Server, whose values may stand in braces. */
const IN_JDBC = /;\s*(?:password|pwd)\s*=\s*(?:\{([^}]+)\}|([^;{]+))/gi;

/**
 * Finds where in a value the credential stands: where a known one is, else in the one field that holds one, else the whole
 * value is the credential. Null for a value that is more than a credential and does not show which part of it is one: a
 * new credential must not be written over the rest.
 */
export function placeIn(value: Secret, known: readonly Secret[]): Place | null {
  const text = value.reveal();
  for (const credential of known) {
    const spots = spotsOf(text, credential.reveal());
    if (spots.length > 0) return spots;
  }
  if (looksLikeConnectionString(text)) return theOnly(text, [FIELD], "plain");
  if (/^\s*[[{]/.test(text)) return theOnly(text, [JSON_FIELD], "json");
  if (/^\s*jdbc:sqlserver:\/\//i.test(text)) return theOnly(text, [IN_JDBC], "plain");
  if (/^\s*(?:jdbc:)?[a-z][\w+.-]*:\/\//i.test(text)) return theOnly(text, IN_URL, "url");
  return /^\s*</.test(text) || text.trim().includes("\n") ? null : wholeOf(value);
}

/** Where in a value a client secret of Entra's stands; as `placeIn` where none is to be seen. */
export function placeOfEntraSecret(value: Secret): Place | null {
  return theOnly(value.reveal(), [ENTRA_SECRET], "plain") ?? placeIn(value, []);
}

/** The value is the credential. */
export function wholeOf(value: Secret): Place {
  return [{ from: 0, to: value.reveal().length, as: "plain" }];
}

/** The place of the one match there is; null for none, and for several, which nobody can choose between. */
function theOnly(text: string, patterns: readonly RegExp[], as: Spot["as"]): Place | null {
  const matches = patterns.flatMap((pattern) => [...text.matchAll(pattern)]);
  const [match] = matches;
  if (match === undefined || matches.length > 1) return null;
  const part = match.slice(1).find((it) => it !== undefined) ?? match[0];
  const from = match.index + match[0].lastIndexOf(part);
  return [{ from, to: from + part.length, as }];
}

/** The value with another credential in the same place, everything else to the letter. */
export function refill(value: Secret, place: Place, credential: Secret): Secret {
  return new Secret(writeSpots(value.reveal(), place, credential.reveal()));
}

/** What stands in a place of a value. */
export function standingAt(value: Secret, [spot]: Place): Secret {
  return new Secret(spot === undefined ? "" : readSpot(value.reveal(), spot));
}

/** Field, equals sign, and another field; fields behind blanks, as libpq has them; or Redis' host, port and options. */
function looksLikeConnectionString(text: string): boolean {
  return (
    /^\s*[A-Za-z][\w ]*=[^;]+;.*=/s.test(text) ||
    /(?:^|\s)host\s*=\s*\S+(?:\s|$)/i.test(text) ||
    /^[\w.-]+:\d+,.*password=/i.test(text)
  );
}
