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

/** What a connection string says of the resource it is for, without its credential. */
export type Pointed =
  | { readonly kind: "storage"; readonly name: string }
  | { readonly kind: "cosmos"; readonly name: string }
  | {
      readonly kind: "messaging";
      readonly name: string;
      readonly rule: string;
      readonly entity: string | null;
    }
  | { readonly kind: "redis"; readonly name: string }
  | { readonly kind: "app-configuration"; readonly name: string }
  | { readonly kind: "server"; readonly name: string; readonly host: string };

/** Reads which resource a connection string leads to; null for anything else. */
export function pointedAt(value: Secret): Pointed | null {
  const text = value.reveal();
  const field = (name: string) =>
    new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;]+)`, "i").exec(text)?.[1]?.trim() ?? null;
  const redis = /^([\w-]+)\.redis\.cache\.windows\.net:\d+,/i.exec(text)?.[1];
  if (redis !== undefined) return { kind: "redis", name: redis };
  const account = field("AccountName");
  if (account !== null && field("AccountKey") !== null) return { kind: "storage", name: account };
  const cosmos = /(?:^|;)\s*AccountEndpoint\s*=\s*https:\/\/([\w-]+)\.documents\.azure\.com/i.exec(text)?.[1];
  if (cosmos !== undefined) return { kind: "cosmos", name: cosmos };
  const bus = /(?:^|;)\s*Endpoint\s*=\s*sb:\/\/([\w-]+)\.servicebus\.windows\.net/i.exec(text)?.[1];
  const rule = field("SharedAccessKeyName");
  if (bus !== undefined && rule !== null)
    return { kind: "messaging", name: bus, rule, entity: field("EntityPath") };
  const store = /(?:^|;)\s*Endpoint\s*=\s*https:\/\/([\w-]+)\.azconfig\.io/i.exec(text)?.[1];
  if (store !== undefined) return { kind: "app-configuration", name: store };
  const server =
    /(?:^|;)\s*(?:Server|Data Source|Host)\s*=\s*(?:tcp:)?([\w-]+)\.((?:database\.windows\.net|postgres\.database\.azure\.com|mysql\.database\.azure\.com))/i.exec(
      text,
    );
  if (server?.[1] !== undefined && server[2] !== undefined)
    return { kind: "server", name: server[1], host: server[2] };
  return null;
}
