/** A text property of a table holds 32,768 UTF-16 units; an entity a megabyte. Longer text stands in several properties. */
const MOST_IN_ONE = 30_000;

export interface LongText {
  readonly pieces: number;
  readonly [piece: `text${number}`]: string;
}

/** The text in as many properties as it needs. Limits: half a million characters, which the table refuses beyond. */
export function inPieces(text: string): LongText {
  const pieces = Math.max(1, Math.ceil(text.length / MOST_IN_ONE));
  const properties = Array.from({ length: pieces }, (_, index): [`text${number}`, string] => [
    `text${index}`,
    text.slice(index * MOST_IN_ONE, (index + 1) * MOST_IN_ONE),
  ]);
  return { pieces, ...Object.fromEntries(properties) };
}

export function joined(row: LongText): string {
  return Array.from({ length: row.pieces }, (_, index) => row[`text${index}`] ?? "").join("");
}
