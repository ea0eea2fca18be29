// Steps over canonical JSON in bytes, which must be valid UTF-8. Whatever is not surely canonical is not stepped over.

/** The answer where a step cannot be made; taken for a place, it gives itself again. */
export const NOT_SURE = -1;

export const QUOTE = 0x22;
const COMMA = 0x2c;
export const MINUS = 0x2d;
const ZERO = 0x30;
export const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const DEEPEST = 60;

// Bytes at which the inside of a string needs a look: controls, which must be escaped, the quote and the backslash.
const STOPS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);
// What may follow a backslash. \u is left to the judge: canonical JSON uses it for some controls only, and we rarely do.
const ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** The place after a text in ASCII. */
export function afterText(block: Uint8Array, at: number, text: string): number {
  if (at < 0) return NOT_SURE;
  for (let index = 0; index < text.length; index++) {
    if (block[at + index] !== text.charCodeAt(index)) return NOT_SURE;
  }
  return at + text.length;
}

function afterValue(block: Uint8Array, at: number, depth: number): number {
  switch (block[at]) {
    case QUOTE:
      return afterString(block, at);
    case OPEN_BRACE:
      return afterObject(block, at, depth);
    case OPEN_BRACKET:
      return afterArray(block, at, depth);
    case 0x74:
      return afterText(block, at, "true");
    case 0x66:
      return afterText(block, at, "false");
    case 0x6e:
      return afterText(block, at, "null");
    default:
      return afterInteger(block, at);
  }
}

/** The place after a string with its quotes. */
export function afterString(block: Uint8Array, start: number): number {
  if (start < 0 || block[start] !== QUOTE) return NOT_SURE;
  let at = start + 1;
  for (;;) {
    while (STOPS[block[at] ?? 0] === 0) at++;
    if (block[at] === QUOTE) return at + 1;
    if (block[at] !== BACKSLASH || ESCAPES[block[at + 1] ?? 0] === 0) return NOT_SURE;
    at += 2;
  }
}

/** Integers that every JSON reader holds exactly. Fractions and exponents, whose canonical form takes rules, are the judge's. */
function afterInteger(block: Uint8Array, start: number): number {
  const first = block[start] === MINUS ? start + 1 : start;
  let at = first;
  while (isDigit(block[at] ?? 0)) at++;
  const digits = at - first;
  if (digits === 0 || digits > 15) return NOT_SURE;
  if (block[first] === ZERO && (digits > 1 || first > start)) return NOT_SURE;
  return at;
}

function afterArray(block: Uint8Array, start: number, depth: number): number {
  if (depth === DEEPEST) return NOT_SURE;
  if (block[start + 1] === CLOSE_BRACKET) return start + 2;
  let at = start;
  do {
    at = afterValue(block, at + 1, depth + 1);
    if (at === NOT_SURE) return NOT_SURE;
  } while (block[at] === COMMA);
  return block[at] === CLOSE_BRACKET ? at + 1 : NOT_SURE;
}

/** The place after an object whose members stand in canonical order. */
export function afterObject(block: Uint8Array, start: number, depth: number): number {
  if (start < 0 || block[start] !== OPEN_BRACE || depth === DEEPEST) return NOT_SURE;
  if (block[start + 1] === CLOSE_BRACE) return start + 2;
  let at = start;
  let nameBefore = 0;
  let lengthBefore = -1;
  do {
    const name = at + 2;
    if (block[at + 1] !== QUOTE) return NOT_SURE;
    let nameEnd = name;
    while (isPlainAscii(block[nameEnd] ?? 0)) nameEnd++;
    if (block[nameEnd] !== QUOTE || block[nameEnd + 1] !== COLON) return NOT_SURE;
    const length = nameEnd - name;
    // In ASCII, byte order is RFC 8785's order; strictly rising also means that no name stands twice.
    if (lengthBefore >= 0 && !isBefore(block, nameBefore, lengthBefore, name, length)) return NOT_SURE;
    nameBefore = name;
    lengthBefore = length;
    at = afterValue(block, nameEnd + 2, depth + 1);
    if (at === NOT_SURE) return NOT_SURE;
  } while (block[at] === COMMA);
  return block[at] === CLOSE_BRACE ? at + 1 : NOT_SURE;
}

function isBefore(
  block: Uint8Array,
  left: number,
  leftLength: number,
  right: number,
  rightLength: number,
): boolean {
  const shared = Math.min(leftLength, rightLength);
  for (let index = 0; index < shared; index++) {
    const difference = (block[left + index] ?? 0) - (block[right + index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return leftLength < rightLength;
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isPlainAscii(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH;
}
