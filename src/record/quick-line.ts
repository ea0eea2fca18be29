import { hash } from "node:crypto";

// The quick path of the verifier. It accepts only lines that it has proved canonical, linked and hashed as they should
// be; whatever it is not sure of it leaves to `judge.ts`, which decides. So it may be blind, but must never be credulous.

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NOT_SURE = -1;
const DEEPEST = 60;

// Bytes at which the inside of a string needs a look: controls, which must be escaped, the quote and the backslash.
const STOPS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);
// What may follow a backslash. \u is left to the judge: canonical JSON uses it for some controls only, and we rarely do.
const ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** Where a walk along the chain stands. One object for a whole walk: a million small ones would cost more than the looking. */
export interface ChainWalk {
  readonly caseId: string;
  /** The entry just passed, and where in the block the hash stands that it states. */
  seq: number;
  hashAt: number;
  /** Where its line ended, after the newline. */
  at: number;
  readonly stated: StatedHashes;
}

/**
 * The hashes that lines state, to be made and compared in a loop of their own, which runs faster than in turns with the
 * reading.
 */
export class StatedHashes {
  readonly #block: Buffer;
  readonly #places: Int32Array;
  #count = 0;

  constructor(block: Buffer) {
    this.#block = block;
    // Two hashes and the members' names alone take more than this of every line.
    this.#places = new Int32Array(3 * Math.ceil(block.length / 200));
  }

  add(start: number, hashAt: number, end: number): void {
    this.#places[this.#count++] = start;
    this.#places[this.#count++] = hashAt;
    this.#places[this.#count++] = end;
  }

  /** Whether every line has the hash it states. Limits: overwrites the block. */
  areRight(): boolean {
    const block = this.#block;
    const places = this.#places;
    for (let n = 0; n < this.#count; n += 3) {
      const [start, hashAt, end] = [places[n] ?? 0, places[n + 1] ?? 0, places[n + 2] ?? 0];
      const stated = block.toString("latin1", hashAt, hashAt + 64);
      // The canonical JSON without `hash` is the line with `"hash":"…",` cut out, because members stand in a fixed order.
      block.copyWithin(hashAt - 8, hashAt + 66, end);
      if (hash("sha256", block.subarray(start, end - 74), "hex") !== stated) return false;
    }
    return true;
  }
}

/**
 * Steps over the line at `walk.at` if it is exactly the entry to follow, and canonical, and leaves its hash to be checked;
 * otherwise says no, which proves nothing, and stays. Limits: the block must be valid UTF-8 and end with a newline.
 */
export function stepQuickly(block: Buffer, walk: ChainWalk): boolean {
  const start = walk.at;
  let at = afterText(block, start, '{"actor":');
  at = afterObject(block, at, 0);
  at = afterText(block, at, ',"at":"');
  at = afterTimestamp(block, at);
  at = afterText(block, at, '","caseId":"');
  at = afterText(block, at, walk.caseId);
  at = afterText(block, at, '","data":');
  at = afterObject(block, at, 0);
  at = afterText(block, at, ',"hash":"');
  if (at === NOT_SURE) return false;
  const hashAt = at;
  at = afterText(block, hashAt + 64, '","id":');
  at = afterString(block, at);
  at = afterText(block, at, ',"prev":"');
  if (at === NOT_SURE) return false;
  for (let index = 0; index < 64; index++) {
    if (block[at + index] !== block[walk.hashAt + index]) return false;
  }
  at = afterText(block, at + 64, '","seq":');
  at = afterText(block, at, String(walk.seq + 1));
  at = afterText(block, at, ',"type":"');
  at = afterType(block, at);
  at = afterText(block, at, '"}\n');
  if (at === NOT_SURE) return false;

  walk.stated.add(start, hashAt, at - 1);
  walk.seq += 1;
  walk.hashAt = hashAt;
  walk.at = at;
  return true;
}

function afterText(block: Buffer, at: number, text: string): number {
  if (at < 0) return NOT_SURE;
  for (let index = 0; index < text.length; index++) {
    if (block[at + index] !== text.charCodeAt(index)) return NOT_SURE;
  }
  return at + text.length;
}

function afterTimestamp(block: Buffer, at: number): number {
  if (at < 0) return NOT_SURE;
  const form = "0000-00-00T00:00:00.000Z";
  for (let index = 0; index < form.length; index++) {
    const wanted = form.charCodeAt(index);
    const byte = block[at + index] ?? 0;
    if (wanted === ZERO ? !isDigit(byte) : byte !== wanted) return NOT_SURE;
  }
  return at + form.length;
}

function afterType(block: Buffer, start: number): number {
  if (start < 0) return NOT_SURE;
  let at = start;
  for (; ; at++) {
    const byte = block[at] ?? 0;
    const isLetter = byte >= 0x61 && byte <= 0x7a;
    const isInnerDash = byte === MINUS && at > start && block[at - 1] !== MINUS && block[at + 1] !== QUOTE;
    if (!isLetter && !isInnerDash) break;
  }
  return at === start ? NOT_SURE : at;
}

function afterValue(block: Buffer, at: number, depth: number): number {
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

function afterString(block: Buffer, start: number): number {
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
function afterInteger(block: Buffer, start: number): number {
  const first = block[start] === MINUS ? start + 1 : start;
  let at = first;
  while (isDigit(block[at] ?? 0)) at++;
  const digits = at - first;
  if (digits === 0 || digits > 15) return NOT_SURE;
  if (block[first] === ZERO && (digits > 1 || first > start)) return NOT_SURE;
  return at;
}

function afterArray(block: Buffer, start: number, depth: number): number {
  if (depth === DEEPEST) return NOT_SURE;
  if (block[start + 1] === CLOSE_BRACKET) return start + 2;
  let at = start;
  do {
    at = afterValue(block, at + 1, depth + 1);
    if (at === NOT_SURE) return NOT_SURE;
  } while (block[at] === COMMA);
  return block[at] === CLOSE_BRACKET ? at + 1 : NOT_SURE;
}

function afterObject(block: Buffer, start: number, depth: number): number {
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
  block: Buffer,
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

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isPlainAscii(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH;
}
