import { z } from "zod";

const EntryLine = z.object({
  seq: z.number(),
  at: z.string(),
  id: z.string().optional(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});

/** A line of a record, as far as campaigns judge by it. */
export type Entry = z.infer<typeof EntryLine>;

export function entriesOf(text: string): readonly Entry[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => EntryLine.parse(JSON.parse(line)));
}

/** The types of the entries in a write to a record's blob; none for a write to anything else. */
export function typesAppended(url: string, body: Uint8Array): readonly string[] {
  if (!url.includes("comp=appendblock")) return [];
  return entriesOf(Buffer.from(body).toString("utf8")).map(({ type }) => type);
}
