import { afterObject, afterString, afterText, isDigit, MINUS, NOT_SURE, QUOTE } from "./canonical-bytes.ts";
import { type LinePlaces, LineShape } from "./line-shape.ts";
import { StatedHashes } from "./stated-hashes.ts";

// The quick path of the verifier. It accepts only lines that it has proved canonical, linked and hashed as they should
// be; whatever it is not sure of it leaves to `judge.ts`, which decides. So it may be blind, but must never be credulous.

const ZERO = 0x30;
const HASH_LENGTH = 64;
const TIMESTAMP = "0000-00-00T00:00:00.000Z";
// A wave has a few shapes of lines; more than this would cost more time to try than they save.
const SHAPES_KEPT = 8;
// Where lines are all different, shapes are not worth learning.
const SHAPES_LEARNED = 48;

/** Where a walk along the chain stands, in a block of lines that is valid UTF-8 and ends with a newline. */
export class ChainWalk {
  readonly block: Buffer;
  readonly caseId: string;
  /** The entry just passed, and where in the block the hash stands that it states. */
  seq: number;
  hashAt: number;
  /** Where its line ended, after the newline. */
  at: number;
  /** Of the lines passed quickly: whether they are right is asked at the end, because it overwrites the block. */
  readonly stated: StatedHashes;
  readonly #view: DataView;
  readonly #shapes: LineShape[] = [];
  #learned = 0;

  constructor(
    block: Buffer,
    after: { readonly caseId: string; readonly seq: number; readonly hashAt: number; readonly at: number },
  ) {
    this.block = block;
    this.caseId = after.caseId;
    this.seq = after.seq;
    this.hashAt = after.hashAt;
    this.at = after.at;
    this.stated = new StatedHashes(block);
    this.#view = new DataView(block.buffer, block.byteOffset, block.length);
  }

  /**
   * Steps over the next line if it is exactly the entry to follow, and canonical, and leaves its hash to be checked;
   * otherwise says no, which proves nothing, and stays.
   */
  stepQuickly(): boolean {
    const shape = this.#shapeOfNext();
    if (shape !== undefined) {
      this.#pass(shape.places.hash, shape.length);
      return true;
    }
    const places = placesIn(this.block, this.at, this.caseId);
    if (places === undefined || !this.#isNext(places)) return false;
    const start = this.at;
    this.#pass(places.hash, places.end);
    if (this.#learned < SHAPES_LEARNED) this.#learn(start, places);
    return true;
  }

  /** The shape, of a line passed before, that the next line has, if it is also the entry to follow. */
  #shapeOfNext(): LineShape | undefined {
    const shapes = this.#shapes;
    for (let n = 0; n < shapes.length; n++) {
      const shape = shapes[n];
      if (shape?.fits(this.#view, this.at) === true && this.#isNext(shape.places)) return shape;
    }
    return undefined;
  }

  /** What no shape can say. */
  #isNext(places: LinePlaces): boolean {
    const { block, at: start, seq } = this;
    if (afterTimestamp(block, start + places.at) === NOT_SURE) return false;
    if (afterText(block, start + places.seq, String(seq + 1)) !== start + places.seqEnd) return false;
    const view = this.#view;
    const prevAt = start + places.prev;
    for (let n = 0; n < 64; n += 4) {
      if (view.getInt32(prevAt + n, true) !== view.getInt32(this.hashAt + n, true)) return false;
    }
    return true;
  }

  #pass(hash: number, end: number): void {
    const start = this.at;
    this.stated.add(start, start + hash, start + end - 1);
    this.seq += 1;
    this.hashAt = start + hash;
    this.at = start + end;
  }

  #learn(start: number, places: WalkedPlaces): void {
    const { buffer, byteOffset } = this.block;
    const shape = LineShape.of(new DataView(buffer, byteOffset + start, places.end), places);
    if (shape !== undefined) this.#shapes[this.#learned++ % SHAPES_KEPT] = shape;
  }
}

interface WalkedPlaces extends LinePlaces {
  /** After the newline. */
  readonly end: number;
}

/** Walks a line byte by byte: undefined unless it is surely canonical, its time, prev and seq aside, and of the case. */
function placesIn(block: Uint8Array, start: number, caseId: string): WalkedPlaces | undefined {
  const actorEnd = afterObject(block, afterText(block, start, '{"actor":'), 0);
  const at = afterText(block, actorEnd, ',"at":"');
  if (at === NOT_SURE) return undefined;
  const caseIdAt = afterText(block, at + TIMESTAMP.length, '","caseId":"');
  const data = afterText(block, afterText(block, caseIdAt, caseId), '","data":');
  const hash = afterText(block, afterObject(block, data, 0), ',"hash":"');
  if (hash === NOT_SURE) return undefined;
  const id = afterText(block, hash + HASH_LENGTH, '","id":');
  // An id of no characters is none.
  if (id === NOT_SURE || block[id + 1] === QUOTE) return undefined;
  const prev = afterText(block, afterString(block, id), ',"prev":"');
  if (prev === NOT_SURE) return undefined;
  const seq = afterText(block, prev + HASH_LENGTH, '","seq":');
  if (seq === NOT_SURE) return undefined;
  const seqEnd = afterDigits(block, seq);
  const type = afterText(block, seqEnd, ',"type":"');
  const end = afterText(block, afterType(block, type), '"}\n');
  if (end === NOT_SURE) return undefined;
  return {
    at: at - start,
    caseId: caseIdAt - start,
    hash: hash - start,
    prev: prev - start,
    seq: seq - start,
    seqEnd: seqEnd - start,
    type: type - start,
    end: end - start,
  };
}

function afterTimestamp(block: Uint8Array, at: number): number {
  if (at < 0) return NOT_SURE;
  for (let index = 0; index < TIMESTAMP.length; index++) {
    const wanted = TIMESTAMP.charCodeAt(index);
    const byte = block[at + index] ?? 0;
    if (wanted === ZERO ? !isDigit(byte) : byte !== wanted) return NOT_SURE;
  }
  return at + TIMESTAMP.length;
}

function afterType(block: Uint8Array, start: number): number {
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

function afterDigits(block: Uint8Array, start: number): number {
  let at = start;
  while (isDigit(block[at] ?? 0)) at++;
  return at;
}
